/** One QEMU in a lab machine, started from the disk that has it, with its own dynamic linker; QMP on its standard streams. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { connectQmp } from '../interop/qemu/qmp/index.ts';
import type { Qmp, QmpError } from '../interop/qemu/qmp/index.ts';
import { ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { QEMU_DISK } from './qemu-job.ts';

const PROGRAM: Readonly<Record<Architecture, string>> = {
  x86_64: 'qemu-system-x86_64',
  arm64: 'qemu-system-aarch64',
};

/** No device that nobody asked for, no screen, no configuration of a host's. */
const ALWAYS = ['-nodefaults', '-no-user-config', '-display', 'none', '-qmp', 'stdio'];

/** Under emulation, with other machines beside it. */
const GREETING_MILLISECONDS = 60_000;
const COMMAND_MILLISECONDS = 30_000;
/** Lines of standard error that are kept. */
const KEPT = 50;

export interface QemuProcess {
  readonly qmp: Result<Qmp, QmpError>;
  /** So far. */
  readonly said: () => readonly string[];
  /** `exit code 1`; null while it runs, and where it was killed from here. */
  readonly ended: () => string | null;
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  readonly kill: () => Promise<void>;
}

export async function startQemu(
  architecture: Architecture,
  version: string,
  parameters: readonly string[],
): Promise<QemuProcess> {
  const root = `${QEMU_DISK}/${version}`;
  const linker = readdirSync(`${root}/lib`).find((name) => name.startsWith('ld-linux-')) ?? 'ld-linux';
  const start = ['--library-path', `${root}/lib`, `${root}/bin/${PROGRAM[architecture]}`, '-L', `${root}/share`];
  const child = spawn(`${root}/lib/${linker}`, [...start, ...ALWAYS, ...parameters], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { QEMU_MODULE_DIR: `${root}/modules` },
  });
  let killed = false;
  let ended: string | null = null;
  let text = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (chunk: string) => (text += chunk));
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  child.on('error', (error) => {
    ended ??= `it could not be started: ${error.message}`;
    resolve();
  });
  // 'close': what it wrote has come.
  child.on('close', (code, signal) => {
    if (!killed) ended ??= signal === null ? `exit code ${code}` : signal;
    resolve();
  });
  const connected = await connectQmp(
    { readable: child.stdout, writable: child.stdin },
    { milliseconds: GREETING_MILLISECONDS },
  );
  return {
    qmp: connected.ok ? ok(connected.value) : connected,
    said: () =>
      text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .slice(-KEPT),
    ended: () => ended,
    gone,
    async kill() {
      if (ended === null) {
        killed = true;
        child.kill('SIGKILL');
      }
      await gone;
    },
  };
}

export { COMMAND_MILLISECONDS };
