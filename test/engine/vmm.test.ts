import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, checkReturn, contractUnder, pin, underVmm } from '../../src/engine/index.ts';
import { LEVELS } from '../../src/model/index.ts';
import type {
  Contract,
  Lacking,
  Level,
  MeasuredSurface,
  Refusal,
  Registry,
  Saving,
  Selection,
  Verdict,
  VmmProfile,
  VmmRow,
} from '../../src/model/index.ts';
import { toy, toySurface } from './toy.ts';
import { RUNS, enough } from '../runs.ts';

const IDEAL_ROW: VmmRow = {
  words: ['*'],
  selects: { how: 'itself', text: '' },
  saves: 'yes',
  lacking: 'tolerates',
  refused: 'fails',
  source: 'toy',
};

function profile(...rows: readonly VmmRow[]): VmmProfile {
  const both = { x86_64: rows, arm64: rows };
  const defaults = { x86_64: [], arm64: [] };
  return { name: 'toy:1', family: 'toy', age: 0, read: 'toy', rollback: null, rows: both, defaults };
}

const selects = fc.constantFrom<Selection>(
  { how: 'property', text: 'set=it' },
  { how: 'bits', names: { 0: 'zero', 2: 'two' }, option: 'NAME=VALUE' },
  { how: 'itself', text: 'always' },
  { how: 'never' },
  { how: 'insists', text: 'it compares' },
  { how: 'unknown' },
);
const saves = fc.constantFrom<Saving>('yes', 'configured', 'no', 'unknown');
const lacking = fc.constantFrom<Lacking>('insists', 'tolerates', 'drops', 'unknown');
const refused = fc.constantFrom<Refusal>('fails', 'ignores', 'unknown');

const anyProfile: fc.Arbitrary<VmmProfile> = fc
  .array(
    fc.record({
      words: fc.constantFrom(['leaf/*'], ['reg/0'], ['reg/*'], ['state/*'], ['switch/*']),
      selects,
      saves,
      lacking,
      refused,
    }),
    {
      maxLength: 3,
    },
  )
  .map((rows) => profile(...rows.map((row): VmmRow => ({ ...row, source: 'toy' })), IDEAL_ROW));

function pinned(surface: MeasuredSurface, registry: Registry = toy): Contract {
  const result = pin(registry, [surface], { name: 'toy', hosts: [] });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function layered(vmm: VmmProfile, contract: Contract, destination: MeasuredSurface): Verdict {
  return underVmm(
    { registry: toy, profile: vmm, contract, destination, away: null },
    check(toy, contract, destination),
  );
}

const levelOf = ({ reasons }: Verdict, element: string): Level =>
  reasons.find((reason) => reason.element === element)?.level ?? 'same';

const isGood = (level: Level): boolean => level === 'same' || level === 'selectable';

describe('the layer of the VMM', () => {
  test('an ideal VMM changes nothing, on the way there and on the way back', () => {
    fc.assert(
      fc.property(toySurface, toySurface, (a, b) => {
        const contract = pinned(a);
        const move = { registry: toy, profile: profile(IDEAL_ROW), contract, destination: b, away: null };
        for (const [verdict, layer] of [
          [check(toy, contract, b), move],
          [checkReturn(toy, contract, b, a), { ...move, destination: a, away: b }],
        ] as const) {
          const ideal = underVmm(layer, verdict);
          expect(ideal.level).toBe(verdict.level);
          expect(ideal.counts).toEqual(verdict.counts);
          expect(ideal.reasons.map(({ obstacle: _, ...reason }) => reason)).toEqual(verdict.reasons);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('what KVM cannot give no VMM gives: an element is never better than KVM had it', () => {
    let worse = 0;
    fc.assert(
      fc.property(toySurface, toySurface, anyProfile, (a, b, vmm) => {
        const contract = pinned(a);
        const kvm = check(toy, contract, b);
        const verdict = layered(vmm, contract, b);
        for (const { element, level } of kvm.reasons) {
          if (!isGood(level)) expect(isGood(levelOf(verdict, element)), element).toBe(false);
        }
        if (verdict.level !== kvm.level) worse++;
      }),
      { numRuns: RUNS },
    );
    expect(enough(worse, 0.05)).toBe(true);
  });

  test('counts and the level are those of the reasons, the worst first', () => {
    fc.assert(
      fc.property(toySurface, toySurface, anyProfile, (a, b, vmm) => {
        const verdict = layered(vmm, pinned(a), b);
        for (const level of LEVELS.slice(1)) {
          expect(verdict.counts[level]).toBe(verdict.reasons.filter((reason) => reason.level === level).length);
        }
        expect(verdict.level).toBe(verdict.reasons[0]?.level ?? 'same');
      }),
      { numRuns: RUNS },
    );
  });

  test('the VMM is the obstacle only where KVM alone had nothing against it, or did not know', () => {
    let obstacles = 0;
    fc.assert(
      fc.property(toySurface, toySurface, anyProfile, (a, b, vmm) => {
        const contract = pinned(a);
        const kvm = check(toy, contract, b);
        for (const { element, level, obstacle } of layered(vmm, contract, b).reasons) {
          const before = levelOf(kvm, element);
          if (isGood(level) || level === 'unknown') expect(obstacle).toBeNull();
          else expect(obstacle).toBe(isGood(before) || before === 'unknown' ? 'vmm' : 'kvm');
          if (obstacle === 'vmm') obstacles++;
        }
      }),
      { numRuns: RUNS },
    );
    expect(obstacles).toBeGreaterThan(0);
  });

  test('nothing is selectable under a VMM that selects nothing', () => {
    let selectable = 0;
    fc.assert(
      fc.property(toySurface, toySurface, (a, b) => {
        const contract = pinned(a);
        selectable += check(toy, contract, b).counts.selectable;
        expect(layered(profile({ ...IDEAL_ROW, selects: { how: 'never' } }), contract, b).counts.selectable).toBe(0);
      }),
    );
    expect(selectable).toBeGreaterThan(0);
  });
});

describe('a register that the destination lacks', () => {
  const surface = (words: readonly (readonly [string, bigint])[]): MeasuredSurface => ({
    architecture: 'x86_64',
    fingerprint: 'sha256:0',
    areas: new Map(['leaf', 'reg'].map((name) => [name, { name, measured: true, evidence: `/sections/${name}` }])),
    caveats: [],
    words: new Map(
      words.map(([path, value]) => [
        path,
        { path, width: 8, value, latitude: { kind: 'free' }, mechanism: null, evidence: '' },
      ]),
    ),
  });
  const bare = surface([['leaf/0', 3n]]);
  const idle = pinned(
    surface([
      ['leaf/0', 3n],
      ['reg/0', 0n],
    ]),
  );
  const used = pinned(
    surface([
      ['leaf/0', 3n],
      ['reg/0', 1n],
    ]),
  );
  const with_ = (given: Partial<VmmRow>): VmmProfile => profile({ ...IDEAL_ROW, ...given });

  test('fails under a VMM that insists on it even where its value means "not used"', () => {
    expect(check(toy, idle, bare).level).toBe('same');
    const verdict = layered(with_({ lacking: 'insists' }), idle, bare);
    expect(verdict.reasons.map(({ element, level, obstacle }) => [element, level, obstacle])).toEqual([
      ['reg/0', 'refused', 'vmm'],
    ]);
  });

  test('is lost in silence under a VMM that goes on after the failing call', () => {
    expect(layered(with_({ refused: 'ignores' }), used, bare).reasons.map(({ level, rule }) => [level, rule])).toEqual([
      ['lost', 'vmm-ignores-error'],
    ]);
  });

  test('does not fail a VMM that insists where the host was seen to take it back all the same', () => {
    const takes: MeasuredSurface = {
      ...bare,
      restores: new Map([['reg/0', { value: 0n, outcome: { how: 'taken' }, evidence: '/sections/reg' }]]),
    };
    expect(layered(with_({ lacking: 'insists' }), idle, takes).level).toBe('same');
  });

  test('is dropped in silence by a VMM that leaves out what the host does not have', () => {
    expect(check(toy, used, bare).level).toBe('refused');
    expect(layered(with_({ lacking: 'drops' }), used, bare).level).toBe('lost');
    expect(layered(with_({ lacking: 'drops' }), idle, bare).level).toBe('same');
  });

  test('is not missed while the feature that gives it a meaning is not promised', () => {
    const without = with_({ lacking: 'drops', idle: 'leaf/0/level' });
    expect(layered(without, used, bare).level).toBe('same');
    expect(layered(with_({ lacking: 'drops', idle: 'leaf/0/bit0' }), used, bare).level).toBe('lost');
  });
});

test("a contract under a VMM has no bit that it has no name for, and is that VMM's to keep", () => {
  const vmm = profile({
    ...IDEAL_ROW,
    words: ['leaf/*'],
    selects: { how: 'bits', names: { 1: 'one' }, option: 'NAME' },
  });
  fc.assert(
    fc.property(toySurface, (surface) => {
      const contract = pinned(surface);
      const own = contractUnder(toy, vmm, contract);
      for (const { word, value } of own.promises) if (word.startsWith('leaf/')) expect(value & 1n).toBe(0n);
      const known = own.promises.map(({ word }) => word);
      expect(known).toEqual(contract.promises.map(({ word }) => word));
      for (const { rule } of layered(vmm, own, surface).reasons) expect(rule).not.toBe('vmm-cannot-select');
    }),
  );
});

test("another vendor stays one reason, which is KVM's", () => {
  const foreign: Registry = { ...toy, incomparable: () => 'another vendor' };
  fc.assert(
    fc.property(toySurface, toySurface, anyProfile, (a, b, vmm) => {
      const contract = pinned(a, foreign);
      const move = { registry: foreign, profile: vmm, contract, destination: b, away: null };
      const { reasons } = underVmm(move, check(foreign, contract, b));
      expect(reasons.map(({ rule, obstacle }) => [rule, obstacle])).toEqual([['incomparable', 'kvm']]);
    }),
  );
});
