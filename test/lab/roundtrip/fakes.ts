/** Recorded kernels with made-up outcomes: what a lab would say, without one. */
import { join } from 'node:path';
import { readDocument } from '../../../src/format/index.ts';
import { roundTripGroup } from '../../../src/lab/index.ts';
import type { Perform, RoundTripGroup } from '../../../src/lab/index.ts';
import { keyOf } from '../../../src/snapshot/values.ts';
import { fromHex, hex, ok } from '../../../src/model/index.ts';
import type { Architecture, Hex, Plan, SavedState, WordPath } from '../../../src/model/index.ts';
import type { JobDone, RoundTripRequest } from '../../../src/worker/index.ts';

const SURFACES = join(import.meta.dirname, '../../../surfaces');

export async function recordedGroup(
  architecture: Architecture,
  cpu: string,
  kernels: readonly string[],
): Promise<RoundTripGroup> {
  const recorded = await Promise.all(
    kernels.map(async (kernel) => {
      const read = await readDocument(join(SURFACES, architecture, cpu, `debian-${kernel}.json`));
      if (!read.ok || read.value.kind !== 'surface') throw new Error(`${kernel} was not recorded`);
      return { kernel: `debian:${kernel}`, surface: read.value.surface };
    }),
  );
  return roundTripGroup(architecture, cpu, recorded);
}

/** State of one vCPU that holds these words. */
export function stateOf(architecture: Architecture, held: Readonly<Record<WordPath, Hex>>): SavedState {
  const call = architecture === 'x86_64' ? 'KVM_SET_MSRS' : 'KVM_SET_ONE_REG';
  const registers = Object.entries(held).map(([word, value]) => {
    const key = keyOf(architecture, word);
    if (key === null) throw new Error(`no call restores ${word}`);
    return { id: hex(BigInt(key.slice(key.indexOf(' ') + 1))), value };
  });
  const units = [{ name: 'vcpu/0/registers', rule: 'rule', call, data: { kind: 'registers', registers } } as const];
  return { architecture, units };
}

/** A kernel that takes whatever a plan says and shows it. */
export function obliging(plan: Plan): JobDone['execution'] {
  return {
    steps: plan.steps.map(() => ({ outcome: 'done' })),
    reads: plan.words.map(({ value }) => ({ value, supported: value })),
  };
}

const TOOK = { plan: 1, restore: 1, run: 1, save: 1 };
const MEMORY = { regions: [], extents: [] };

export function done(plan: Plan, state: SavedState, more: Partial<JobDone> = {}): JobDone {
  return {
    execution: obliging(plan),
    report: {
      units: state.units.map(({ name, rule, call }) => ({ unit: name, rule, call, result: { outcome: 'done' } })),
      compared: 1,
      differences: [],
      ranOn: [],
      unknown: [],
    },
    guest: { runsOn: true, text: 'goes on', changes: [], read: [] },
    snapshot: { state, memory: MEMORY },
    failure: null,
    milliseconds: TOOK,
    ...more,
  };
}

export interface FakeLab {
  readonly perform: Perform;
  /** `debian:6.1 save 2`: each call with the number of its jobs. */
  readonly calls: string[];
}

/** `answer`: what a kernel makes of a job, where it is not that everything is taken. */
export function fakeLab(
  state: SavedState,
  answer: (kernel: string, job: RoundTripRequest['jobs'][number], obliges: JobDone) => JobDone = (_, __, it) => it,
): FakeLab {
  const calls: string[] = [];
  const perform: Perform = (_, host, { plans, jobs }, events) => {
    calls.push(`${host.kernel} ${jobs[0]?.job ?? 'nothing'} ${jobs.length}`);
    events.onBoot(1);
    const outcomes = jobs.map((job, index) => {
      events.onJob(job.name, index, jobs.length);
      const plan = plans[job.plan];
      if (plan === undefined) throw new Error('a job names a plan of its request');
      const carried = job.job === 'save' ? state : job.snapshot.state;
      return [job.name, { how: 'done', done: answer(host.kernel, job, done(plan, carried)) }] as const;
    });
    return Promise.resolve(ok({ jobs: new Map(outcomes), remembered: 0 }));
  };
  return { perform, calls };
}

export function flipped(value: Hex, bit: number): Hex {
  return hex(fromHex(value) ^ (1n << BigInt(bit)));
}
