/**
 * `evenkeel migration check` of two recorded surfaces, from the shell, beside Node alone, in turns. The program as it is
 * published (`npm run build` first); the sources of a clone are slower, for Node strips their types.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROUNDS = 15;
const AIM = 1.5;
const PROGRAM = fileURLToPath(new URL('../dist/program/main.js', import.meta.url));
const surface = (name: string): string =>
  fileURLToPath(new URL(`../surfaces/x86_64/max/${name}.json`, import.meta.url));

export function run(): Promise<void> {
  if (!existsSync(PROGRAM)) {
    console.log('start-up: not measured: dist is missing (npm run build)');
    return Promise.resolve();
  }
  const check = [PROGRAM, 'migration', 'check', surface('debian-6.1'), '--to', surface('debian-7.2')];
  const [node = 0, program = 0] = fastest([['-e', '0'], check]);
  console.log(`start-up, fastest of ${ROUNDS} in turns: node -e 0: ${node.toFixed(0)} ms`);
  console.log(`  evenkeel migration check: ${program.toFixed(0)} ms, ${(program / node).toFixed(1)} x (aim: ${AIM})`);
  return Promise.resolve();
}

function fastest(commands: readonly (readonly string[])[]): number[] {
  const best = commands.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [at, command] of commands.entries()) {
      const begun = performance.now();
      const ran = spawnSync(process.execPath, command);
      if (ran.error !== undefined) throw ran.error;
      if (command[0] === PROGRAM && ran.stdout.length === 0) throw new Error(`no verdict: ${ran.stderr.toString()}`);
      best[at] = Math.min(best[at] ?? 0, performance.now() - begun);
    }
  }
  return best;
}

if (import.meta.main) await run();
