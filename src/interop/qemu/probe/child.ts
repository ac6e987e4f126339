/** A program as a child process that can be ended for certain, and says how it ended. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Readable } from 'node:stream';

/** A program with the arguments that come before QEMU's own, as the lab starts it through a linker of its own. */
export interface QemuProgram {
  readonly program: string;
  readonly parameters: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const KEPT_LINES = 12;
const LINGER_MILLISECONDS = 500;
/** Asks the kernel to kill a child with its parent (PR_SET_PDEATHSIG), which QEMU itself can only since 10.2. */
const SETPRIV = '/usr/bin/setpriv';

/** The program as a file, found in PATH where it is named without a folder; null where there is none to execute. */
export function findProgram(name: string): string | null {
  const folders = name.includes('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find(isProgram) ?? null;
}

export interface Child {
  readonly process: ChildProcess;
  readonly gone: Promise<void>;
  readonly kill: () => void;
  /** `exit code 1`, `SIGABRT`. */
  readonly ending: () => string;
  /** The last lines of standard error. */
  readonly words: () => readonly string[];
  /** The first of them that is an error as QEMU writes it, `PROGRAM: …`; else the last; null where there is none. */
  readonly complaint: () => string | null;
}

export function start(qemu: QemuProgram, parameters: readonly string[]): Child {
  const all = [qemu.program, ...qemu.parameters, ...parameters];
  const [program = '', ...rest] = existsSync(SETPRIV) ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...all] : all;
  const child = spawn(program, rest, {
    // A process group of its own: the program may be a script that starts QEMU.
    detached: true,
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
  // 'close' waits for all that have the streams open; a process that left the group is not waited for.
  child.on('exit', () => setTimeout(gone.resolve, LINGER_MILLISECONDS).unref());
  const words = lastLines(child.stderr);
  return {
    process: child,
    gone: gone.promise,
    kill: () => killGroup(child.pid),
    ending: () => (failed === '' ? (child.signalCode ?? `exit code ${child.exitCode ?? 'unknown'}`) : failed),
    words,
    complaint: () => words().find((line) => /^\S+: (?!warning: )/.test(line)) ?? words().at(-1) ?? null,
  };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already; 'close' is on its way.
  }
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
