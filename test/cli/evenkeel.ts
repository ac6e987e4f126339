/** Runs the program as a user does: a process of its own, its exit code and its two streams apart. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

/** Colour variables of the machine that runs the tests are left out: each test says which it wants. */
function environment(extra: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { NO_COLOR: _no, FORCE_COLOR: _force, COLUMNS: _columns, ...inherited } = process.env;
  return { ...inherited, ...extra };
}

export function evenkeel(words: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  const child = spawn(process.execPath, [MAIN, ...words], { env: environment(options.env ?? {}) });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.on('error', reject);
  child.on('close', (status) => resolve({ status, stdout, stderr }));
  child.stdin.end(options.input ?? '');
  return promise;
}

/** What no expected failure may print. */
export const STACK_TRACE: RegExp = /^\s+at |node:internal|\.ts:\d+/m;
