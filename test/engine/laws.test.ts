import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, checkReturn, diff, pin } from '../../src/engine/index.ts';
import { LEVELS, extract } from '../../src/model/index.ts';
import type { Contract, MeasuredSurface, MeasuredWord, Registry } from '../../src/model/index.ts';
import { toy, toySurface } from './toy.ts';

const atMost = (level: (typeof LEVELS)[number], bound: (typeof LEVELS)[number]): boolean =>
  LEVELS.indexOf(level) <= LEVELS.indexOf(bound);

function pinned(...surfaces: MeasuredSurface[]): Contract {
  const result = pin(toy, surfaces, { name: 'toy', hosts: [] });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

describe('pin and check', () => {
  test('a host keeps the promises that it makes by default', () => {
    fc.assert(
      fc.property(toySurface, (surface) => {
        const verdict = check(toy, pinned(surface), surface);
        expect(verdict.level).toBe('same');
        expect(verdict.reasons).toEqual([]);
      }),
    );
  });

  test('the machine common to two hosts is at worst selectable on each of them', () => {
    let found = 0;
    fc.assert(
      fc.property(toySurface, toySurface, (a, b) => {
        const contract = pin(toy, [a, b], { name: 'pool', hosts: [] });
        if (!contract.ok) return;
        found++;
        for (const host of [a, b]) {
          const verdict = check(toy, contract.value, host);
          expect(atMost(verdict.level, 'selectable'), JSON.stringify(verdict.reasons.map((r) => r.text))).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
    expect(found).toBeGreaterThan(100);
  });

  test('a host added to a pool never adds a feature bit or raises a limit', () => {
    fc.assert(
      fc.property(toySurface, toySurface, (a, b) => {
        const pool = pin(toy, [a, b], { name: 'pool', hosts: [] });
        if (!pool.ok) return;
        for (const promised of pool.value.promises) {
          const alone = pinned(a).promises.find(({ word }) => word === promised.word);
          // What the first host does not have reads as zero there, or is promised only as its neutral value.
          const before = alone?.value ?? 0n;
          for (const element of toy.elements(promised.word, promised.width)) {
            const [now, then] = [extract(element, promised.value), extract(element, before)];
            if (element.comparison === 'subset') expect(now & ~then).toBe(0n);
            else expect(now <= then).toBe(true);
          }
        }
      }),
    );
  });

  test('a verdict never improves when the destination loses latitude', () => {
    fc.assert(
      fc.property(toySurface, toySurface, (a, b) => {
        const contract = pinned(a);
        const rigid: MeasuredSurface = {
          ...b,
          words: new Map(
            [...b.words].map(([path, word]): [string, MeasuredWord] => [
              path,
              { ...word, latitude: { kind: 'fixed', otherwise: { how: 'ignored', call: 'SET' } } },
            ]),
          ),
        };
        const before = check(toy, contract, b).level;
        expect(atMost(before, check(toy, contract, rigid).level)).toBe(true);
      }),
    );
  });

  test('an area that the destination did not measure is unknown, never safe', () => {
    fc.assert(
      fc.property(toySurface, (surface) => {
        const areas = new Map(surface.areas).set('reg', { name: 'reg', measured: false, evidence: 'not captured' });
        const verdict = check(toy, pinned(surface), { ...surface, areas });
        expect(verdict.level).toBe('unknown');
        const unknowing = pin(toy, [{ ...surface, areas }], { name: '', hosts: [] });
        expect(unknowing.ok && check(toy, unknowing.value, surface).level).toBe('unknown');
      }),
    );
  });

  test('a register with its neutral value may be missing on the destination, with another it is refused', () => {
    const surface = (words: [string, bigint][]): MeasuredSurface => ({
      architecture: 'x86_64',
      fingerprint: 'sha256:0',
      areas: new Map([['reg', { name: 'reg', measured: true, evidence: '/sections/reg' }]]),
      caveats: [],
      words: new Map(
        words.map(([path, value]) => [
          path,
          { path, width: 8, value, latitude: { kind: 'free' }, mechanism: null, evidence: '' },
        ]),
      ),
    });
    expect(check(toy, pinned(surface([['reg/0', 0n]])), surface([])).level).toBe('same');
    const refused = check(toy, pinned(surface([['reg/0', 1n]])), surface([]));
    expect(refused.level).toBe('refused');
    expect(refused.reasons[0]?.rule).toBe('register-missing');
  });
});

describe('a register that only the destination has', () => {
  const offering: Registry = {
    ...toy,
    elements: (word, width) =>
      toy.elements(word, width).map((element) => (word === 'reg/0' ? { ...element, kind: 'paravirtual' } : element)),
  };
  const destination = (path: string, value: bigint): MeasuredSurface => ({
    architecture: 'x86_64',
    fingerprint: 'sha256:0',
    areas: new Map([['reg', { name: 'reg', measured: true, evidence: '/sections/reg' }]]),
    caveats: [],
    words: new Map([[path, { path, width: 8, value, latitude: { kind: 'free' }, mechanism: null, evidence: '' }]]),
  });
  const bare: MeasuredSurface = { ...destination('reg/0', 0n), words: new Map() };
  const contract = pinned(bare);

  test('is harmless where it is no service of a hypervisor', () => {
    expect(check(toy, contract, destination('reg/0', 3n)).level).toBe('same');
    expect(check(offering, contract, destination('reg/1', 3n)).level).toBe('same');
  });

  test('is unknown where it offers one by default, for nobody knows whether the guest had it', () => {
    const verdict = check(offering, contract, destination('reg/0', 3n));
    expect(verdict.level).toBe('unknown');
    expect(verdict.reasons.map(({ element, rule }) => [element, rule])).toEqual([['reg/0', 'destination-only']]);
  });

  test('is harmless where it offers nothing', () => {
    expect(check(offering, contract, destination('reg/0', 0n)).level).toBe('same');
  });
});

describe('diff', () => {
  test('a surface does not differ from itself, and differences are seen from both sides', () => {
    fc.assert(
      fc.property(toySurface, toySurface, (a, b) => {
        expect(diff(toy, a, a)).toEqual([]);
        const forth = diff(toy, a, b).map(({ element }) => element);
        const back = diff(toy, b, a).map(({ element }) => element);
        expect(new Set(forth)).toEqual(new Set(back));
      }),
    );
  });
});

describe('the way back', () => {
  const measuredWith = (words: readonly (readonly [string, bigint])[]): MeasuredSurface => ({
    architecture: 'x86_64',
    fingerprint: `sha256:${words.map(([path, value]) => `${path}=${value}`).join()}`,
    areas: new Map(['leaf', 'reg'].map((name) => [name, { name, measured: true, evidence: `/sections/${name}` }])),
    caveats: [],
    words: new Map(
      words.map(([path, value]) => [
        path,
        { path, width: 8, value, latitude: { kind: 'free' }, mechanism: null, evidence: '' },
      ]),
    ),
  });
  const home = measuredWith([['leaf/0', 3n]]);

  test('is as good as staying where the host away adds nothing', () => {
    fc.assert(
      fc.property(toySurface, (surface) => {
        expect(checkReturn(toy, pinned(surface), surface, surface).level).toBe('same');
      }),
    );
  });

  test('is refused by a register that only the host away has', () => {
    const away = measuredWith([
      ['leaf/0', 3n],
      ['reg/1', 0n],
    ]);
    expect(check(toy, pinned(home), away).level).toBe('same');
    const back = checkReturn(toy, pinned(home), away, home);
    expect(back.level).toBe('refused');
    expect(back.reasons.map(({ element, rule }) => [element, rule])).toEqual([['reg/1', 'register-missing']]);
  });

  test('is free where that register has its neutral value, and for a leaf that the guest was not given', () => {
    const away = measuredWith([
      ['leaf/0', 3n],
      ['leaf/1', 255n],
      ['reg/0', 0n],
    ]);
    expect(checkReturn(toy, pinned(home), away, home).level).toBe('same');
  });
});

test('another vendor is one reason and not a comparison', () => {
  const foreign: Registry = { ...toy, incomparable: () => 'another vendor' };
  fc.assert(
    fc.property(toySurface, toySurface, (a, b) => {
      const verdict = check(foreign, pinned(a), b);
      expect(verdict.level).toBe('refused');
      expect(verdict.reasons.map(({ rule }) => rule)).toEqual(['incomparable']);
      // Nor is there a way back for a guest that could not get there.
      const back = checkReturn(foreign, pinned(a), b, a);
      expect(back.reasons.map(({ rule }) => rule)).toEqual(['incomparable']);
    }),
  );
});
