/**
 * A QEMU that runs for the time of some questions: QMP over its standard streams, no guest (`-S`), no file and no network. It
 * ends with Evenkeel, whatever happens to Evenkeel.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';
import { err, ok } from '../../../model/index.ts';
import type { Accelerator, Result } from '../../../model/index.ts';
import { connectQmp } from '../qmp/index.ts';
import type { Qmp } from '../qmp/index.ts';
import { probeError } from './error.ts';
import type { QemuProbeError } from './error.ts';

/** A program with the arguments that come before QEMU's own, as the lab starts it through a linker of its own. */
export interface QemuProgram {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface ProcessOptions {
  /** For the start, for each question, for each run to its end. */
  readonly milliseconds: number;
  readonly signal?: AbortSignal | undefined;
}

export interface RunningQemu {
  readonly qmp: Qmp;
  /** Ends it; resolves when its process is gone. */
  readonly end: () => Promise<void>;
}

const KEPT_LINES = 12;
/** Asks the kernel to kill a child with its parent (PR_SET_PDEATHSIG), which QEMU itself can only since 10.2. */
const SETPRIV = '/usr/bin/setpriv';

/** The program as a file, found in PATH where it is named without a folder; null where there is none to execute. */
export function findProgram(name: string): string | null {
  const folders = name.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

/** Starts it with a machine that is never run. */
export async function startQemu(
  qemu: QemuProgram,
  machine: string,
  accelerator: Accelerator,
  options: ProcessOptions,
): Promise<Result<RunningQemu, QemuProbeError>> {
  const own = ['-machine', machine, '-accel', accelerator, '-S', '-nodefaults', '-display', 'none', '-qmp', 'stdio'];
  const child = start(qemu, own);
  const { stdin, stdout } = child.process;
  if (stdin === null || stdout === null) throw new Error('a child with pipes has them');
  const abort = (): void => child.kill();
  options.signal?.addEventListener('abort', abort);
  const end = async (): Promise<void> => {
    options.signal?.removeEventListener('abort', abort);
    child.kill();
    await child.gone;
  };
  const qmp = await connectQmp({ readable: stdout, writable: stdin }, { milliseconds: options.milliseconds });
  if (qmp.ok && options.signal?.aborted !== true) return ok({ qmp: qmp.value, end });
  // A process that ends by itself is given the time to: how it ended is the better message.
  if (!qmp.ok && qmp.error.code === 'closed') await Promise.race([child.gone, delay(1000)]);
  await end();
  if (options.signal?.aborted === true) return err(probeError('interrupted', 'interrupted; QEMU was ended'));
  const how = child.ending();
  const words = child.words();
  const said = words.at(-1);
  if (qmp.ok) throw new Error('unreachable: neither failed nor aborted');
  switch (qmp.error.code) {
    case 'closed': {
      const last = said === undefined ? '' : `: ${said}`;
      return err(probeError('no-qemu', `${qemu.program}: it ended without a greeting (${how})${last}`, words));
    }
    case 'protocol':
      return err(probeError('no-qemu', `${qemu.program}: this does not speak QMP: ${qmp.error.message}`, words));
    case 'deadline':
    case 'unreachable':
    case 'command':
      return err(probeError('failed', `${qemu.program}: ${qmp.error.message}`, words));
  }
}

/** Runs it to its end; its output goes nowhere. Null where it ended with 0. */
export async function runQemu(
  qemu: QemuProgram,
  parameters: readonly string[],
  options: ProcessOptions,
): Promise<QemuProbeError | null> {
  const child = start(qemu, parameters);
  child.process.stdin?.end();
  child.process.stdout?.resume();
  const abort = (): void => child.kill();
  options.signal?.addEventListener('abort', abort);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill();
  }, options.milliseconds);
  await child.gone;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', abort);
  if (options.signal?.aborted === true) return probeError('interrupted', 'interrupted; QEMU was ended');
  if (late) return probeError('deadline', `it did not end within ${options.milliseconds / 1000} s`, child.words());
  if (child.process.exitCode === 0) return null;
  return probeError('failed', `${child.ending()}: ${child.words().at(-1) ?? 'without a word'}`, child.words());
}

interface Child {
  readonly process: ChildProcess;
  readonly gone: Promise<void>;
  readonly kill: () => void;
  /** `exit code 1`, `SIGABRT`. */
  readonly ending: () => string;
  /** The last lines of standard error. */
  readonly words: () => readonly string[];
}

function start(qemu: QemuProgram, parameters: readonly string[]): Child {
  const all = [qemu.program, ...qemu.parameters, ...parameters];
  const [program = '', ...rest] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...all] : all;
  const child = spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', ...qemu.environment },
  });
  const gone = Promise.withResolvers<void>();
  let failed = '';
  child.on('error', (error) => {
    failed = error.message;
    gone.resolve();
  });
  child.on('close', () => gone.resolve());
  const words = lastLines(child.stderr);
  return {
    process: child,
    gone: gone.promise,
    kill: () => void child.kill('SIGKILL'),
    ending: () => (failed === '' ? (child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`) : failed),
    words,
  };
}

function lastLines(stream: Readable): () => readonly string[] {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-8192);
  });
  return () =>
    text
      .split(/\r*\n/)
      .filter((line) => line.trim() !== '')
      .slice(-KEPT_LINES);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function delay(milliseconds: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  setTimeout(resolve, milliseconds).unref();
  return promise;
}
