/**
 * `node write-once.ts PARTS FILE SIZE…`: FILE lies in a file system of which the size can be changed (a tmpfs of this
 * process's own). For each SIZE, in KiB, a large snapshot is written over a small one; what came of it is one JSON line.
 * A SIZE of 0 leaves the file system as it is: for a limit on the file's size.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { openSnapshot, writeSnapshot } from '../../src/snapshot/file/index.ts';
import { large, partsOf } from './large.ts';

/** So that write(2) fails with EFBIG instead of the process with the signal. */
process.on('SIGXFSZ', () => undefined);

const [, , from = '', path = '', ...sizes] = process.argv;
const parts = await partsOf(from);

for (const size of sizes) {
  const before = readFileSync(path);
  if (size !== '0') remount(`${size}k`);
  const written = await writeSnapshot(path, large(parts, 'the new one', 2));
  const after = readFileSync(path);
  const others = readdirSync(dirname(path)).filter((name) => name !== basename(path));
  const opened = await openSnapshot(path);
  if (opened.ok) await opened.value.close();
  const outcome = {
    size,
    error: written.ok ? null : written.error.message,
    previous: after.equals(before),
    readable: opened.ok,
    others: others.length,
  };
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

function remount(size: string): void {
  const done = spawnSync('mount', ['-o', `remount,size=${size}`, dirname(path)]);
  if (done.status !== 0) throw new Error(`mount: ${done.stderr.toString()}`);
}
