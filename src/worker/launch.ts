/**
 * Starts the worker as a child process of this one: the same Node, the worker's file, messages on the child's
 * standard output. The worker asks the kernel to be killed when its parent dies, so that it outlives nobody.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Decoder } from './protocol.ts';
import type { Request } from './request.ts';
import type { Launch } from './supervise.ts';

export interface LaunchOptions {
  /** The device to open instead of /dev/kvm; for tests. */
  readonly device?: string;
  /** What the worker is to do; it probes where nothing is asked. */
  readonly request?: Request;
}

/** How much of what a dying worker wrote to standard error is kept, in characters. */
const STDERR_TAIL = 2000;

export function launchLocal(options: LaunchOptions = {}): Launch {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const script = fileURLToPath(new URL(`./worker.${extension}`, import.meta.url));
  const device = options.device === undefined ? [] : ['--device', options.device];
  const { request } = options;
  if (request === undefined) return launchScript(script, ['--fd', '1', ...device]);
  return launchScript(script, ['--fd', '1', ...device, '--request', '0'], JSON.stringify(request));
}

/** Runs a script that speaks the protocol on its standard output; `--skip` is added to its arguments, `input` is its stdin. */
export function launchScript(script: string, argumentsOfScript: readonly string[] = [], input?: string): Launch {
  return (skip, events) => {
    const child = spawn(process.execPath, [script, ...argumentsOfScript, '--skip', skip.join(',')], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    // A worker that died before it read has an exit to tell of it.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    const { promise: gone, resolve } = Promise.withResolvers<undefined>();
    const decoder = new Decoder();
    let stderr = '';
    const said = (text: string): void => {
      stderr = (stderr + text).slice(-STDERR_TAIL);
    };
    child.stdout?.on('data', (chunk: Buffer) => decoder.push(chunk, events.onMessage, (line) => said(`${line}\n`)));
    child.stderr?.on('data', (chunk: Buffer) => said(chunk.toString()));
    child.on('error', (error) => {
      events.onExit(error.message);
      resolve(undefined);
    });
    child.on('close', (code, signal) => {
      const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
      events.onExit(stderr === '' ? how : `${how}: ${stderr.trim()}`);
      resolve(undefined);
    });
    return {
      kill: () => {
        child.kill('SIGKILL');
        return gone;
      },
    };
  };
}
