/** Jobs of a snapshot carried out in this process with one call failing, and what was left behind. */
import { readdirSync } from 'node:fs';
import { describeKvmError, openKvm, openLibc, openScratch } from '../../src/kvm/index.ts';
import type { Plan } from '../../src/model/index.ts';
import type { JobDone, MachineState, RestoreJob, SaveJob } from '../../src/worker/index.ts';
import { runJob } from '../../src/worker/snapshot-step.ts';
import { faultyLibc } from './faulty-libc.ts';
import type { Fault } from './faulty-libc.ts';

/** What one job came to. */
export interface Trial {
  readonly done: JobDone;
  /** Names of the calls, in order. */
  readonly calls: readonly string[];
  /** fds and mappings that were there before the job and are not given back after it; 0 and 0 where nothing leaks. */
  readonly leaked: { readonly fds: number; readonly mappings: number };
}

/** Rounds of the guest: enough that it is in mid-run, few enough for hundreds of trials. */
const ROUNDS = 3;

export const SAVE: SaveJob = {
  job: 'save',
  name: 'save',
  plan: 0,
  vcpus: 2,
  reads: [],
  deeds: [],
  rounds: ROUNDS,
  guest: 'counter',
};

export function restoreOf(snapshot: MachineState): RestoreJob {
  return {
    job: 'restore',
    name: 'restore',
    plan: 0,
    vcpus: SAVE.vcpus,
    snapshot,
    reads: [],
    rounds: ROUNDS,
    onRefusal: 'stop',
    guest: 'counter',
  };
}

/** /dev/kvm itself is opened and asked before the fault is armed: a host without it is another matter. */
export function attempt(plan: Plan, job: SaveJob | RestoreJob, fault: Fault | null): Trial {
  const faulty = faultyLibc(openLibc(), fault);
  const { libc } = faulty;
  const opened = openKvm(libc);
  if (!opened.ok) throw new Error(describeKvmError(opened.error));
  using kvm = opened.value;
  const scratch = openScratch(libc);
  if (!scratch.ok) throw new Error(describeKvmError(scratch.error));
  const before = openFds();
  faulty.arm();
  const done = runJob({ libc, kvm, scratch: scratch.value, note: () => undefined }, plan, job);
  const leaked = { fds: openFds() - before, mappings: faulty.mappings.size };
  libc.munmap(scratch.value.mapping);
  return { done, calls: faulty.calls, leaked };
}

function openFds(): number {
  return readdirSync('/proc/self/fd').length;
}
