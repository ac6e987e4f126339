/** The example of a VMM, run as a reader of it would. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whyNoKvm } from '../arch/x86/surfaces.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/negotiate.ts');
/** KVM_RUN blocks: the example is killed where its guest does not halt. */
const MILLISECONDS = 30_000;

test('examples/negotiate.ts settles CPUID with KVM and runs its guest to the end', async (context) => {
  const why = process.arch === 'x64' ? whyNoKvm() : 'the example is of x86_64';
  if (why !== null) return context.skip(why);
  const child = spawn(process.execPath, [EXAMPLE], { timeout: MILLISECONDS, killSignal: 'SIGKILL' });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('close', resolve);
  expect(await promise, said.stderr).toBe(0);
  expect(said.stdout).toBe('settled\n');
  expect(said.stderr).toMatch(/^CPUID (reads back as written|keeps what was taken away)\n$/);
});
