/**
 * One running QEMU: its console as lines, its channel as bytes, and an end that is certain. It is in a process group
 * of its own, so that Ctrl-C reaches Evenkeel alone, and the kernel kills it when Evenkeel dies (PR_SET_PDEATHSIG,
 * set by setpriv(1)).
 */
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import type { Readable } from 'node:stream';
import { CHANNEL_FD, machineArguments } from './machine.ts';
import type { Boot } from './machine.ts';
import type { Qemu } from './qemu.ts';

/**
 * glibc's malloc in huge pages: QEMU copies the initramfs through memory that it allocates, and taking that in small
 * pages cost up to 0.7 s of system time a boot (glibc manual, "Memory Allocation Tunables").
 */
const HUGE_PAGES = 'glibc.malloc.hugetlb=1';

export interface Vm {
  /** Kills the machine; resolves when its process is gone. */
  readonly kill: () => Promise<void>;
  readonly pid: number | undefined;
}

export interface VmEvents {
  readonly onConsole: (line: string) => void;
  readonly onChannel: (chunk: Buffer) => void;
  /** Once: how QEMU ended. */
  readonly onExit: (how: string) => void;
}

/**
 * Starts a machine. That QEMU cannot be started at all is an `onExit`, too. `input` is written to the channel; QEMU keeps it
 * until the guest has opened its end.
 */
export function startVm(qemu: Qemu, boot: Boot, events: VmEvents, input?: string): Vm {
  const parameters = ['--pdeathsig', 'KILL', '--', qemu.program, ...qemu.parameters, ...machineArguments(boot)];
  const child = spawn('setpriv', parameters, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, GLIBC_TUNABLES: HUGE_PAGES, ...qemu.environment },
  });
  const gone = Promise.withResolvers<void>();
  let ended = false;
  const end = (how: string): void => {
    if (ended) return;
    ended = true;
    gone.resolve();
    events.onExit(how);
  };
  lines(child.stdout, events.onConsole);
  lines(child.stderr, events.onConsole);
  const channel = child.stdio[CHANNEL_FD];
  channel?.on('data', (chunk: Buffer) => events.onChannel(chunk));
  // The peer's end is torn off when QEMU is killed.
  channel?.on('error', () => undefined);
  // Node makes a socket pair of a further pipe: both ends read and write.
  if (input !== undefined && channel instanceof Duplex) channel.write(input);
  child.on('error', (error) => end(`QEMU cannot be started: ${error.message}`));
  // 'close', not 'exit': by then all output has been delivered.
  child.on('close', (code, signal) =>
    end(signal === null ? `QEMU ended with exit code ${code}` : `QEMU was killed (${signal})`),
  );
  return {
    pid: child.pid,
    kill() {
      if (!ended && child.pid !== undefined) {
        try {
          process.kill(-child.pid, 'SIGKILL');
        } catch {
          // Gone already; 'close' is on its way.
        }
      }
      return gone.promise;
    },
  };
}

function lines(stream: Readable | null, onLine: (line: string) => void): void {
  let rest = '';
  if (stream === null) return;
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const parts = (rest + text).split(/\r*\n/);
    rest = parts.pop() ?? '';
    for (const line of parts) onLine(line);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}
