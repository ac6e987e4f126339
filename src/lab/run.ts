/** Runs a program of the system to its end, or until the signal; its failure is a value with its last words. */
import { spawn } from 'node:child_process';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { installHint } from './tools.ts';

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

const KEPT_LINES = 12;

/** Resolves to what the program wrote to stdout. It runs in the C locale, so that its messages can be recognised. */
export function run(
  program: string,
  parameters: readonly string[],
  options: RunOptions = {},
): Promise<Result<Buffer, LabError>> {
  const { promise, resolve } = Promise.withResolvers<Result<Buffer, LabError>>();
  if (options.signal?.aborted === true) return Promise.resolve(err(labError('interrupted', 'interrupted')));
  const output: Buffer[] = [];
  const complaints: Buffer[] = [];
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', ...options.environment },
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
    ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: 'SIGTERM' as const }),
  });
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  child.on('error', (error) => {
    if (error.name === 'AbortError') return; // 'close' follows
    const missing = 'code' in error && error.code === 'ENOENT';
    if (missing)
      resolve(err(labError('missing-tool', `${program} is not installed`, { hint: installHint([program]) })));
    else resolve(err(labError('tool', `${program}: ${error.message}`)));
  });
  child.on('close', (code, signal) => {
    if (options.signal?.aborted === true) return resolve(err(labError('interrupted', 'interrupted')));
    if (code === 0) return resolve(ok(Buffer.concat(output)));
    const text = Buffer.concat([...complaints, ...(complaints.length === 0 ? output : [])]).toString();
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const space = /No space left on device|not have enough free space/.test(text);
    const ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
    resolve(
      err(
        labError(space ? 'no-space' : 'tool', `${program} failed (${ending}): ${lines.at(-1) ?? 'without a message'}`, {
          console: lines.slice(-KEPT_LINES),
        }),
      ),
    );
  });
  return promise;
}
