/** Real kernels give back what was saved: a state in which everything holds something else, and a guest that goes on. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { pin, plan } from '../../../src/engine/index.ts';
import { readDocument } from '../../../src/format/index.ts';
import { ask } from '../../../src/lab/ask.ts';
import { labContext } from '../../../src/lab/index.ts';
import type { Plan } from '../../../src/model/index.ts';
import { isIdentical } from '../../../src/snapshot/index.ts';
import type { JobDone, MachineState, RoundTripJob } from '../../../src/worker/round-trip.ts';
import { ready } from '../../lab/ready.ts';
import { scrambled } from './scrambled.ts';

const SURFACES = join(import.meta.dirname, '../../../surfaces/x86_64/max');
const MILLISECONDS = 600_000;
const PATIENCE = 20;
/** The oldest, a long-term one and the newest; each takes two boots. */
const KERNELS = ['5.10', '6.12', '7.3'] as const;
const VCPUS = 2;

/** The machine that the kernel gives a guest by default. */
async function planOf(kernel: string): Promise<Plan> {
  const read = await readDocument(join(SURFACES, `debian-${kernel}.json`));
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`${kernel} was not recorded`);
  const registry = registryFor('x86_64');
  const measured = measure(read.value.surface);
  const pinned = pin(registry, [measured], { name: kernel, hosts: [kernel], choices: {} });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return plan(registry, pinned.value, measured);
}

async function done(test: TestContext, kernel: string, job: RoundTripJob): Promise<JobDone> {
  const prepared = await ready(test, 'x86_64', `debian:${kernel}`);
  const request = { kind: 'round-trip', plans: [await planOf(kernel)], jobs: [job] } as const;
  const asked = await ask(labContext(), prepared, { architecture: 'x86_64', cpu: 'max', request, patience: PATIENCE });
  if (!asked.ok) throw new Error(`${asked.error.message}\n${asked.error.console?.join('\n')}`);
  const section = asked.value.sections[job.name];
  if (section?.outcome !== 'measured') throw new Error(JSON.stringify(section));
  // The worker is this program: a step of a job writes a JobDone.
  return section.data as JobDone;
}

const common = { plan: 0, vcpus: VCPUS, reads: [] } as const;

async function saved(
  test: TestContext,
  kernel: string,
  guest: 'witness' | 'counter',
  rounds: number,
): Promise<MachineState> {
  const { snapshot, failure } = await done(test, kernel, {
    ...common,
    job: 'save',
    name: 'save',
    deeds: [],
    rounds,
    guest,
  });
  if (snapshot === null) throw new Error(failure ?? 'nothing was saved');
  return snapshot;
}

describe.each(KERNELS)('debian:%s', (kernel) => {
  it(
    'gives back a machine of two vCPUs in which everything holds something else',
    { timeout: MILLISECONDS },
    async (test) => {
      const { state, memory } = await saved(test, kernel, 'counter', 1);
      const snapshot = { state: scrambled(state, { smm: true }), memory };
      const restore = { ...common, job: 'restore', name: 'restore', guest: 'counter' } as const;
      const { report } = await done(test, kernel, { ...restore, snapshot, rounds: 0, onRefusal: 'stop' });
      expect(report?.units.filter(({ result }) => result.outcome !== 'done')).toEqual([]);
      expect(report?.differences).toEqual([]);
      expect(report !== null && isIdentical(report)).toBe(true);
    },
  );
});

describe('a guest in long mode with a timer, IPIs and vector registers', () => {
  it('goes on in another machine of the same kernel', { timeout: MILLISECONDS }, async (test) => {
    const snapshot = await saved(test, '6.12', 'witness', 20);
    const restore = { ...common, job: 'restore', name: 'restore', guest: 'witness' } as const;
    const moved = await done(test, '6.12', { ...restore, snapshot, rounds: 20, onRefusal: 'stop' });
    expect(moved.failure).toBeNull();
    expect(moved.guest?.text).toBeDefined();
    expect(moved.guest?.changes).toEqual([]);
    expect(moved.guest?.runsOn).toBe(true);
    expect(moved.report?.differences).toEqual([]);
  });
});
