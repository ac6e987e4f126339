#!/usr/bin/env node
// Kept free of modern syntax, so that an old Node says what is wrong instead of a syntax error.
'use strict';

var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    'evenkeel needs Node 24 or newer, and this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\nRun it as: npx --package node@24 --package evenkeel evenkeel\n',
  );
  process.exitCode = 2;
} else {
  import('../dist/cli/main.js');
}
