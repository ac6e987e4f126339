/**
 * One job of a snapshot: a guest is loaded into a plan's machine, or restored onto it, runs on, and is saved. What came of
 * each part is in the answer, also where a later one failed; every fd and every mapping is gone when it returns.
 */
import { openMemory } from '../guest/memory.ts';
import type { GuestMemory } from '../guest/memory.ts';
import { openRuns } from '../guest/machine.ts';
import type { GuestMachine } from '../guest/machine.ts';
import type { WitnessReport } from '../guest/witness.ts';
import type { KvmError } from '../kvm/index.ts';
import { err, fromHex, ok } from '../model/index.ts';
import type { Execution, Json, Plan, Result, StepResult } from '../model/index.ts';
import { measured } from '../probe/index.ts';
import type { Step, StepContext } from '../probe/index.ts';
import { build } from '../settings/index.ts';
import type { Machine } from '../settings/index.ts';
import { readWords } from '../settings/reads.ts';
import { firstRefusal, restoreState, saveState } from '../snapshot/index.ts';
import type { RestoreReport } from '../snapshot/index.ts';
import { fillMemory, packMemory, savedExtents } from '../snapshot/memory.ts';
import { jobGuest } from './job-guest.ts';
import type { JobGuest } from './job-guest.ts';
import type {
  JobDone,
  JobMilliseconds,
  MachineState,
  RestoreJob,
  RoundTripJob,
  RoundTripRequest,
  Testimony,
} from './round-trip.ts';
import { endText, testimonyOf } from './testimony.ts';

/** For a host that is not emulated: a restore is a few thousand calls, and a round some hundred instructions. */
const SECONDS = 30;
/** Milliseconds of one run; below the step's deadline, so that a guest that hangs is told of as such. */
const RUN_DEADLINE = 15_000;

export function roundTripSteps({ plans, jobs }: RoundTripRequest): Step[] {
  return jobs.map((job) => {
    const plan = plans[job.plan];
    if (plan === undefined) throw new RangeError(`${job.name}: there is no plan ${job.plan}`);
    return jobStep(plan, job);
  });
}

export function jobStep(plan: Plan, job: RoundTripJob): Step {
  return { name: job.name, seconds: SECONDS, run: (context) => measured(jobJson(runJob(context, plan, job))) };
}

/** The parts are JSON already; that they are is not in the types of those that are interfaces. */
function jobJson(done: JobDone): Json {
  return JSON.parse(JSON.stringify(done)) as Json;
}

/** What has come of the job so far; `failure` ends it. */
interface Progress {
  execution: Execution;
  report: RestoreReport | null;
  witness: WitnessReport | null;
  testimony: Testimony | null;
  snapshot: MachineState | null;
  ran: string | null;
  readonly milliseconds: { -readonly [part in keyof JobMilliseconds]: JobMilliseconds[part] };
}

export function runJob(context: StepContext, plan: Plan, job: RoundTripJob): JobDone {
  const progress: Progress = {
    execution: { steps: [], reads: [] },
    report: null,
    witness: null,
    testimony: null,
    snapshot: null,
    ran: null,
    milliseconds: { plan: 0, restore: 0, run: 0, save: 0 },
  };
  const failure = parts(context, plan, job, progress);
  const { execution, report, testimony, witness, snapshot, ran, milliseconds } = progress;
  return {
    execution,
    report,
    guest: testimony,
    witness,
    snapshot,
    failure,
    ...(ran === null ? {} : { ran }),
    milliseconds,
  };
}

/** Null where the job went to its end, else what ended it. */
function parts(context: StepContext, plan: Plan, job: RoundTripJob, progress: Progress): string | null {
  const guest = jobGuest(plan.architecture, job);
  if (!guest.ok) return guest.error;
  // Undone in reverse: kvm_run, then the fds, then the memory.
  using mappings = new DisposableStack();
  using machines = new DisposableStack();
  using runs = new DisposableStack();
  const opened = timed(progress, 'plan', () =>
    open(context, plan, job, guest.value, progress, { mappings, machines, runs }),
  );
  if (!opened.ok) return opened.error;
  const { machine, memories } = opened.value;
  const [memory] = memories;
  if (memory === undefined) return 'the guest has no memory';
  const begun = timed(progress, 'restore', () =>
    job.job === 'save'
      ? load(context, guest.value, machine, memory)
      : restore(context, machine, memories, job, progress),
  );
  if (begun !== null) return begun;
  context.note('running the guest');
  const before = job.job === 'save' ? null : guest.value.read(memory);
  const { rounds } = job;
  const end = timed(progress, 'run', () =>
    guest.value.run(context, machine, memory, { rounds, deadline: RUN_DEADLINE }),
  );
  progress.ran = endText(end);
  progress.witness = guest.value.read(memory);
  if (progress.witness !== null) progress.testimony = testimonyOf(before, progress.witness, end);
  context.note('saving');
  return timed(progress, 'save', () => save(context, machine, memories, progress));
}

function timed<T>({ milliseconds }: Progress, part: keyof JobMilliseconds, work: () => T): T {
  const begun = performance.now();
  const result = work();
  milliseconds[part] = Math.round(performance.now() - begun);
  return result;
}

interface Opened {
  readonly machine: GuestMachine;
  readonly memories: readonly GuestMemory[];
}

interface Cleanups {
  readonly mappings: DisposableStack;
  readonly machines: DisposableStack;
  readonly runs: DisposableStack;
}

function open(
  context: StepContext,
  plan: Plan,
  job: RoundTripJob,
  guest: JobGuest,
  progress: Progress,
  { mappings, machines, runs }: Cleanups,
): Result<Opened, string> {
  const { libc, kvm, note } = context;
  const { machine, steps, besides } = build(context, plan, { vcpus: job.vcpus, note });
  machines.use(machine);
  progress.execution = { steps, reads: readWords(machine, plan.words) };
  const refused = job.job === 'restore' && job.onRefusal === 'continue' ? null : firstFailure(plan, steps, besides);
  if (refused !== null) return err(refused);
  if (!isComplete(machine, job.vcpus)) return err(firstFailure(plan, steps, besides) ?? 'the plan makes no machine');
  const { vm } = machine;
  const memories: GuestMemory[] = [];
  for (const [slot, { base, length }] of regionsOf(job, guest).entries()) {
    const memory = openMemory(libc, vm, { base, length, slot }, mappings);
    if (!memory.ok) return err(inWords('guest memory', memory.error));
    memories.push(memory.value);
  }
  const runnable = openRuns(libc, kvm, machine, runs);
  return runnable.ok ? ok({ machine: runnable.value, memories }) : err(inWords('kvm_run', runnable.error));
}

function isComplete(machine: Machine, vcpus: number): machine is Machine & { vm: NonNullable<Machine['vm']> } {
  return machine.vm !== null && machine.vcpus.length === vcpus;
}

function firstFailure(plan: Plan, steps: readonly StepResult[], besides: readonly KvmError[]): string | null {
  const at = steps.findIndex(({ outcome }) => outcome !== 'done');
  const [step, planned] = [steps[at], plan.steps[at]];
  if (step !== undefined && planned !== undefined) return `${planned.rule}: ${stepText(planned.call.call, step)}`;
  const [beside] = besides;
  return beside === undefined ? null : inWords('the machine', beside);
}

function stepText(call: string, step: StepResult): string {
  switch (step.outcome) {
    case 'done':
      return call;
    case 'refused':
      return `${step.call}(${step.detail}): ${step.errno}`;
    case 'partly':
      return `${call} does not take ${step.refused.map((index) => `0x${index.toString(16)}`).join(', ')}`;
    case 'not-made':
      return `${call}: ${step.why}`;
  }
}

/** `vcpu/0/lapic: KVM_SET_LAPIC(…): EINVAL (what that means)` */
function inWords(unit: string, { call, detail, errnoName, meaning }: KvmError): string {
  return `${unit}: ${call}(${detail}): ${errnoName} (${meaning})`;
}

function regionsOf(job: RoundTripJob, guest: JobGuest): readonly JobGuest['memory'][] {
  if (job.job === 'save') return [guest.memory];
  return job.snapshot.memory.regions.map(({ base, length }) => ({ base: fromHex(base), length }));
}

function load(context: StepContext, guest: JobGuest, machine: GuestMachine, memory: GuestMemory): string | null {
  const loaded = guest.load(context, machine, memory);
  return loaded.ok ? null : inWords('loading the guest', loaded.error);
}

/** Memory first: tables of an arm64 ITS lie in it, and restoring the ITS reads them. */
function restore(
  context: StepContext,
  machine: GuestMachine,
  memories: readonly GuestMemory[],
  { snapshot, onRefusal, leaveOut = [] }: RestoreJob,
  progress: Progress,
): string | null {
  context.note('restoring memory');
  const filled = fillMemory(savedExtents(snapshot.memory), memories);
  if (!filled.ok) return `guest memory: ${filled.error}`;
  context.note('restoring state');
  const report = restoreState(context, machine, snapshot.state, { onRefusal, leaveOut });
  progress.report = report;
  if (onRefusal === 'continue') return null;
  return refusalOf(report);
}

/** In words what was refused first, or could not be set at all; null where everything was set. */
function refusalOf(report: RestoreReport): string | null {
  const unit = firstRefusal(report) ?? report.units.find(({ result }) => result.outcome === 'not-made') ?? null;
  if (unit === null) return null;
  const { result } = unit;
  switch (result.outcome) {
    case 'refused':
      return `${unit.unit}: ${unit.call}(${result.detail}): ${result.errno}`;
    case 'partly': {
      // KVM_SET_MSRS gives no errno; `call` is there where another call failed on the way.
      const refused = result.refused.map(({ word, errno, call }) => {
        const why = [call, errno].filter((part) => part !== undefined && part !== null).join(': ');
        return why === '' ? word : `${word} (${why})`;
      });
      return `${unit.unit}: ${unit.call} does not take ${refused.join(', ')}`;
    }
    case 'not-made':
      return `${unit.unit}: ${result.why}`;
    case 'done':
    case 'left-out':
      return null;
  }
}

/** State first: an arm64 guest's interrupt tables are written into its memory by that. */
function save(
  context: StepContext,
  machine: GuestMachine,
  memories: readonly GuestMemory[],
  progress: Progress,
): string | null {
  const state = saveState(context, machine);
  if (!state.ok) {
    const { unit, call, detail, errno, meaning } = state.error;
    return `${unit}: ${call}(${detail}): ${errno} (${meaning})`;
  }
  progress.snapshot = { state: state.value, memory: packMemory(memories) };
  return null;
}
