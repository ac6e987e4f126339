/** Every call of a job made to fail once in its place, and what a person is then told. */
import { verify } from '../../src/engine/index.ts';
import { registryFor } from '../../src/arch/index.ts';
import type { Plan } from '../../src/model/index.ts';
import type { JobDone, RestoreJob, SaveJob } from '../../src/worker/index.ts';
import { attempt } from './jobs.ts';
import type { Trial } from './jobs.ts';

/**
 * `call`: an error that names the call that failed. `unit`: an error that names what could not be saved or restored, and
 * another call. `difference`: it was read back after the restore, and what could not be read is listed. `contract`: it was
 * asked whether the machine is what the contract says, and that is no longer so or no longer known. `nothing`: what came
 * out is the same as without the fault. `silent`: something is missing, and nobody is told: a defect.
 */
export const TELLINGS = ['call', 'unit', 'difference', 'contract', 'nothing', 'silent'] as const;
export type Telling = (typeof TELLINGS)[number];

export interface CallResult {
  readonly call: string;
  /** Its place among the calls of the job. */
  readonly at: number;
  readonly telling: Telling;
  /** What the job said; empty where it said nothing. */
  readonly text: string;
  readonly leaked: Trial['leaked'];
}

/** `choose` picks the calls that are made to fail; default: all, one after the other. */
export function everyCallFails(
  plan: Plan,
  job: SaveJob | RestoreJob,
  errno: number,
  choose: (calls: readonly string[]) => readonly number[] = (calls) => [...calls.keys()],
): CallResult[] {
  const sound = attempt(plan, job, null);
  if (sound.done.failure !== null) throw new Error(`without a fault: ${sound.done.failure}`);
  return choose(sound.calls).flatMap((at): CallResult[] => {
    const { done, calls, leaked } = attempt(plan, job, { at, errno });
    // How often KVM_RUN is called depends on how far the guest came: the last may not come to be.
    const call = calls[at];
    if (call === undefined) return [];
    const text = textOf(done);
    return [{ call, at, telling: tellingOf(plan, sound.done, done, call, text), text, leaked }];
  });
}

/** The first of each name. */
export function oneOfEach(calls: readonly string[]): number[] {
  return [...new Set(calls)].map((name) => calls.indexOf(name));
}

/** Those that fail where memory is short. */
export function thoseThatAllocate(calls: readonly string[]): number[] {
  return [...calls.keys()].filter((at) => ALLOCATE.has(calls[at] ?? ''));
}

/** ENOMEM is among the errors of all of them (api.rst, mmap(2)). */
const ALLOCATE: ReadonlySet<string> = new Set([
  'mmap',
  'KVM_CREATE_VM',
  'KVM_CREATE_VCPU',
  'KVM_CREATE_IRQCHIP',
  'KVM_CREATE_PIT2',
  'KVM_CREATE_DEVICE',
  'KVM_SET_CPUID2',
  'KVM_SET_USER_MEMORY_REGION',
]);

function textOf({ failure, guest }: JobDone): string {
  return failure ?? (guest !== null && !guest.runsOn ? guest.text : '');
}

function tellingOf(plan: Plan, sound: JobDone, done: JobDone, call: string, text: string): Telling {
  if (text !== '') return text.includes(call) ? 'call' : 'unit';
  if ((done.report?.differences.length ?? 0) > 0) return 'difference';
  const before = contractText(plan, sound);
  if (contractText(plan, done) !== before) return 'contract';
  return shapeOf(done) === shapeOf(sound) ? 'nothing' : 'silent';
}

/** What `contract verify` would say of the machine. */
function contractText(plan: Plan, { execution }: JobDone): string {
  const { honoured, counts } = verify(registryFor(plan.architecture), plan, execution);
  return JSON.stringify({ honoured, counts });
}

/** What was saved, without the values: those of a guest in mid-run are never the same twice. */
function shapeOf({ snapshot, report }: JobDone): string {
  return JSON.stringify({
    saved: snapshot?.state.units.map(({ name, call, data }) => [
      name,
      call,
      data.kind === 'registers' ? data.registers.map(({ id }) => id) : data.kind,
    ]),
    compared: report?.compared,
    restored: report?.units.map(({ unit, result }) => [unit, result.outcome]),
  });
}
