/**
 * `npm run build`: dist/ as it is published. Compiled JavaScript with types, and the program that runs inside the
 * lab's kernels as one file.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildGuestBundle } from '../src/lab/bundle.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
const compiled = spawnSync(join(root, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (compiled.status === 0) await buildGuestBundle(join(dist, 'lab/worker.cjs'));
process.exitCode = compiled.status ?? 1;
