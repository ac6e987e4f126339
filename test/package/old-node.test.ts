import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const BIN = join(import.meta.dirname, '../../bin/evenkeel.js');

/** This Node, saying of itself that it is another. */
function startUnder(version: string): ReturnType<typeof spawnSync> & { readonly stderr: string } {
  const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`;
  const preload = `data:text/javascript,${encodeURIComponent(pretend)}`;
  return spawnSync(process.execPath, ['--import', preload, BIN, '--version'], { encoding: 'utf8' });
}

test('under an old Node the program says which one it needs, and nothing else', () => {
  const old = startUnder('20.20.2');
  expect(old.stderr).toMatch(/^evenkeel needs Node 24 or newer, and this is Node 20\.20\.2/);
  expect(old.stderr).not.toMatch(/^\s+at /m);
  expect(old).toMatchObject({ status: 2, stdout: '' });
});

test('under a later Node it starts', () => {
  expect(startUnder('26.10.0')).toMatchObject({ status: 0, stderr: '' });
});
