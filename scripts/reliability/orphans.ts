/** The program ended from outside while a guest runs: what is left of its worker, its VM, and the file that was there. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Orphans {
  readonly tried: number;
  /** The worker and with it the VM were gone, and the previous snapshot was as before. */
  readonly clean: number;
  readonly wrong: readonly string[];
}

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
/** More than a guest does before its deadline. */
const ROUNDS = '1000000000';
/** Milliseconds: until the worker has its vCPUs, and until it is gone. */
const PATIENCE = { start: 60_000, end: 5000 };

/** `previous` is a snapshot, which is also where the new one would go. */
export async function endWhileRunning(signal: 'SIGKILL' | 'SIGINT', previous: string, times: number): Promise<Orphans> {
  const wrong: string[] = [];
  const before = readFileSync(previous);
  for (let count = 0; count < times; count++) {
    const words = ['snapshot', 'save', '--guest', 'counter', '--rounds', ROUNDS, '--write', previous];
    const child = spawn(process.execPath, [MAIN, ...words], { stdio: 'ignore' });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const worker = await workerOf(child);
    if (worker === null) {
      child.kill('SIGKILL');
      throw new Error('the guest did not begin to run');
    }
    child.kill(signal);
    const status = await ended;
    if (signal === 'SIGINT' && status !== 130) wrong.push(`it ended with ${status}`);
    if (!(await isGone(worker))) wrong.push(`its worker, ${worker}, goes on`);
    if (!readFileSync(previous).equals(before)) wrong.push('the previous snapshot is another');
  }
  return { tried: times, clean: times - wrong.length, wrong };
}

/** The child of the program that has a vCPU open and was asked for a guest; null where none comes to be. */
async function workerOf({ pid }: ChildProcess): Promise<number | null> {
  for (const end = performance.now() + PATIENCE.start; performance.now() < end; await sleep(20)) {
    const worker = processes().find(
      (each) => parentOf(each) === pid && commandOf(each).includes('--request') && hasVcpu(each),
    );
    if (worker !== undefined) return worker;
  }
  return null;
}

async function isGone(worker: number): Promise<boolean> {
  for (const end = performance.now() + PATIENCE.end; performance.now() < end; await sleep(20)) {
    if (!existsSync(`/proc/${worker}`)) return true;
  }
  return false;
}

function processes(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** proc_pid_stat(5): behind the name in parentheses, the state and then the parent. */
function parentOf(process: number): number | null {
  const stat = read(`/proc/${process}/stat`);
  const parent = stat.slice(stat.lastIndexOf(')') + 1).split(' ')[2];
  return parent === undefined ? null : Number(parent);
}

function commandOf(process: number): string[] {
  return read(`/proc/${process}/cmdline`).split('\0');
}

function hasVcpu(process: number): boolean {
  try {
    return readdirSync(`/proc/${process}/fd`).some((fd) =>
      readlinkSync(`/proc/${process}/fd/${fd}`).startsWith('anon_inode:kvm-vcpu'),
    );
  } catch {
    // It is gone, or has just closed one.
    return false;
  }
}

/** Empty for a process that is gone. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
