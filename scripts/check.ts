/**
 * `npm run check`: every static check, all of them even when one fails, each named with its outcome. A check that could
 * not run counts as failed.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Check {
  readonly name: string;
  /** What it holds. */
  readonly holds: string;
  readonly command: readonly [program: string, ...words: string[]];
}

const CHECKS: readonly Check[] = [
  { name: 'types', holds: 'the TypeScript compiler finds no error', command: ['tsc', '--noEmit'] },
  { name: 'lint', holds: 'no floating promise, open switch, any, cycle', command: ['oxlint', '--type-aware'] },
  {
    name: 'format',
    holds: 'every file is as prettier writes it',
    command: ['prettier', '--check', '--log-level', 'warn', '.'],
  },
  { name: 'imports', holds: 'no folder imports from a later one', command: ['node', 'scripts/imports.ts'] },
  {
    name: 'registry',
    holds: 'no linter finds a fault in the tables',
    command: ['node', 'scripts/lint/registry.ts'],
  },
  { name: 'unused', holds: 'no file, export or dependency is unused', command: ['knip', '--no-progress'] },
];

const root = join(import.meta.dirname, '..');
const programs = join(root, 'node_modules/.bin');
const failed: string[] = [];

for (const { name, holds, command } of CHECKS) {
  const [program, ...words] = command;
  const begun = performance.now();
  const run = spawnSync(join(programs, program), words, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${programs}:${process.env['PATH'] ?? ''}` },
  });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const outcome = run.error === undefined ? (run.status === 0 ? 'passed' : 'failed') : 'could not run';
  console.log(`${name.padEnd(8)} ${outcome} in ${seconds} s  (${holds})`);
  if (outcome === 'passed') continue;
  failed.push(name);
  console.log(run.error === undefined ? run.stdout + run.stderr : run.error.message);
}

console.log(`${CHECKS.length} checks ran: ${CHECKS.length - failed.length} passed, ${failed.length} failed`);
if (failed.length > 0) {
  console.log(`failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
