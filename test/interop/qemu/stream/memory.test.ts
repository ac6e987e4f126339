import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

interface Measured {
  readonly bytes: number;
  readonly normal: number;
  readonly sections: number;
  readonly kilobytes: number;
}

function read(megabytes: number): Measured {
  const program = fileURLToPath(new URL('./large.ts', import.meta.url));
  const ran = spawnSync(process.execPath, ['--max-old-space-size=48', program, `${megabytes}`], { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(ran.stderr);
  return JSON.parse(ran.stdout) as Measured;
}

test('a stream of 800 MB through a pipe takes no more memory than one of 8', { timeout: 120_000 }, () => {
  const small = read(8);
  const large = read(800);
  expect(large.bytes).toBeGreaterThan(800 * 1024 * 1024);
  expect(large.normal).toBe(800 * 256);
  expect(large.sections).toBe(2);
  expect(large.kilobytes - small.kilobytes).toBeLessThan(32 * 1024);
});
