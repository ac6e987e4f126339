/** Guests that really travel between real kernels, and come back: what is predicted holds. */
import { describe, expect, it } from 'vitest';
import { campaign, itinerary, labContext, labPerform, proofOf, variantsOf } from '../../src/lab/index.ts';
import type { Prepared } from '../../src/lab/index.ts';
import { ok } from '../../src/model/index.ts';
import type { Architecture } from '../../src/model/index.ts';
import { recordedGroup } from './roundtrip/fakes.ts';
import { ready } from './ready.ts';

const MILLISECONDS = 600_000;

/** One pair each, neither of which is the other's equal, and what becomes of the guest on both ways. */
const CASES = [
  { architecture: 'x86_64', from: '6.1', to: '7.2', outcomes: ['identical', 'identical'] },
  { architecture: 'arm64', from: '7.2', to: '6.12', outcomes: ['refused', 'identical'] },
] as const satisfies readonly { architecture: Architecture; from: string; to: string; outcomes: readonly string[] }[];

describe('a guest that checks itself', () => {
  for (const { architecture, from, to, outcomes } of CASES) {
    it(
      `goes from ${from} to ${to} and back on ${architecture} as predicted`,
      { timeout: MILLISECONDS },
      async (test) => {
        const prepared = new Map<string, Prepared>();
        for (const kernel of [from, to]) {
          prepared.set(`debian:${kernel}`, await ready(test, architecture, `debian:${kernel}`));
        }
        const variants = variantsOf(architecture, ['default']);
        const group = await recordedGroup(architecture, 'max', [from, to]);
        const trips = itinerary(group, { variants, from: [`debian:${from}`], to: [`debian:${to}`] });
        const perform = labPerform(
          labContext(),
          (_, { kernel }) => {
            const machine = prepared.get(kernel);
            if (machine === undefined) throw new Error(`${kernel} is not part of this`);
            return Promise.resolve(ok(machine));
          },
          { again: true },
        );
        const done = await campaign([trips], perform, { parallel: 1 });
        if (!done.ok) throw new Error(done.error.message);
        expect(done.value.flatMap(({ failed }) => failed)).toEqual([]);
        const recorded = { at: '', by: '', command: '', seconds: 0, environment: {} };
        const [trip] = proofOf(done.value, variants, recorded).trips;
        const legs = [trip?.there, trip?.back];
        expect(legs.map((leg) => leg?.outcome)).toEqual(outcomes);
        expect(legs.flatMap((leg) => leg?.disagreements ?? [])).toEqual([]);
      },
    );
  }
});
