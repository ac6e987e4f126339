#!/usr/bin/env node
// Starts the program: the compiled one in a package, the sources in a clone, which has both and means the latter.
// Free of modern syntax, so that an old Node says what is wrong.
import { existsSync } from 'node:fs';

var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    'evenkeel needs Node 24 or newer, and this is Node ' +
      process.versions.node +
      ' (' +
      process.execPath +
      ').\nIn a clone, npm brings it: npm ci. Elsewhere: npx --package node@24 --package evenkeel evenkeel\n',
  );
  process.exitCode = 2;
} else {
  var source = new URL('../src/cli/main.ts', import.meta.url);
  await import(existsSync(source) ? source : new URL('../dist/program/main.js', import.meta.url));
}
