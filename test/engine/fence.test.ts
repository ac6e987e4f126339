import fc from 'fast-check';
import { expect, test } from 'vitest';
import { check, checkReturn, fence, holds, pin } from '../../src/engine/index.ts';
import type { FencePair } from '../../src/engine/index.ts';
import type { Contract, MeasuredSurface, VmmProfile, VmmRow } from '../../src/model/index.ts';
import { toy, toySurface } from './toy.ts';

function pinned(surface: MeasuredSurface): Contract {
  const result = pin(toy, [surface], { name: 'toy', hosts: [] });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const ROW: VmmRow = {
  words: ['*'],
  selects: { how: 'itself', text: '' },
  saves: 'yes',
  lacking: 'tolerates',
  refused: 'fails',
  source: 'toy',
};

function vmm(family: string, row: Partial<VmmRow> = {}): VmmProfile {
  const rows = [{ ...ROW, ...row }];
  return {
    name: `${family}:1`,
    family,
    age: 0,
    read: 'toy',
    rollback: null,
    rows: { x86_64: rows, arm64: rows },
    defaults: { x86_64: [], arm64: [] },
  };
}

const upgrade = fc.array(toySurface, { minLength: 1, maxLength: 4 });

function pairs(surfaces: readonly MeasuredSurface[], vmms: readonly (VmmProfile | null)[]): FencePair[] {
  return surfaces.flatMap((surface, kernel) =>
    vmms.map((each, generation) => ({ surface, vmm: each, kernel, generation })),
  );
}

test('the fence is where the contract can first be selected: not before it, and on each pair that it names', () => {
  let found = 0;
  fc.assert(
    fc.property(toySurface, upgrade, (home, surfaces) => {
      const contract = pinned(home);
      const all = pairs(surfaces, [null]);
      const { steps, fence: first } = fence(toy, contract, all);
      const selectable = surfaces.map((surface) => holds(check(toy, contract, surface).level));
      expect(first).toEqual(selectable.includes(true) ? [selectable.indexOf(true)] : []);
      expect(steps.map(({ there }) => holds(there.level))).toEqual(selectable);
      if (first.length > 0) found++;
    }),
  );
  expect(found).toBeGreaterThan(0);
});

test('a step has a way back where every earlier one on which the contract can be has one', () => {
  fc.assert(
    fc.property(toySurface, upgrade, (home, surfaces) => {
      const contract = pinned(home);
      const { wayBack } = fence(toy, contract, pairs(surfaces, [null]));
      const can = surfaces.map((surface) => holds(check(toy, contract, surface).level));
      const expected = surfaces.flatMap((surface, index) => {
        const earlier = surfaces.slice(0, index).filter((_, at) => can[at]);
        const all = earlier.every((before) => holds(checkReturn(toy, contract, surface, before).level));
        return can[index] === true && all ? [index] : [];
      });
      expect(wayBack).toEqual(expected);
    }),
  );
});

test('a pair comes before another where neither its kernel nor its VMM is newer', () => {
  fc.assert(
    fc.property(toySurface, upgrade, (home, surfaces) => {
      const { steps } = fence(toy, pinned(home), pairs(surfaces, [vmm('toy'), vmm('toy')]));
      for (const { pair, back } of steps) {
        for (const { to } of back) {
          const earlier = steps[to]?.pair;
          expect(earlier !== undefined && earlier.kernel <= pair.kernel && earlier.generation <= pair.generation).toBe(
            true,
          );
        }
        expect(back).toHaveLength((pair.kernel + 1) * (pair.generation + 1) - 1);
      }
    }),
  );
});

test("another family's saved state is refused, a newer version's is judged", () => {
  fc.assert(
    fc.property(toySurface, (surface) => {
      const steps = (other: string): ReturnType<typeof fence>['steps'] =>
        fence(toy, pinned(surface), pairs([surface], [vmm('toy'), vmm(other)])).steps;
      expect(steps('other')[1]?.back[0]?.verdict.level).toBe('refused');
      expect(steps('toy')[1]?.back[0]?.verdict.level).toBe('same');
    }),
  );
});

test('state that a VMM never saves moves no fence, and is still told of each step', () => {
  let told = 0;
  fc.assert(
    fc.property(toySurface, (surface) => {
      // Values that mean "not used" are known of all, so that losing them is a question and no loss yet.
      const contract = {
        ...pinned(surface),
        fresh: Object.fromEntries(pinned(surface).carries.map((word) => [word, 0n])),
      };
      const { steps, fence: first } = fence(toy, contract, pairs([surface], [vmm('toy', { saves: 'no' })]));
      expect(first).toEqual([0]);
      if (steps[0]?.there.level === 'unknown') told++;
    }),
  );
  expect(told).toBeGreaterThan(0);
});

test('a VMM that selects nothing has its fence no earlier than KVM', () => {
  fc.assert(
    fc.property(toySurface, upgrade, (home, surfaces) => {
      const contract = pinned(home);
      const [kvm] = fence(toy, contract, pairs(surfaces, [null])).fence;
      const [own] = fence(toy, contract, pairs(surfaces, [vmm('toy', { selects: { how: 'never' } })])).fence;
      if (own !== undefined) expect(kvm !== undefined && kvm <= own).toBe(true);
    }),
  );
});
