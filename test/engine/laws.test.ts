/** The laws that verdicts obey, on a small architecture whose hosts are made up at random. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, checkReturn, diff, pin } from '../../src/engine/index.ts';
import { jointLatitude } from '../../src/engine/promise.ts';
import { LEVELS, atMost, extract, latitude } from '../../src/model/index.ts';
import type { Contract, Level, MeasuredSurface, MeasuredWord, Registry } from '../../src/model/index.ts';
import { RUNS, enough } from '../runs.ts';
import { shrunk, toy, toyPool, toySurface, toyWithSwitches } from './toy.ts';

const notWorse = (level: Level, bound: Level): boolean => LEVELS.indexOf(level) <= LEVELS.indexOf(bound);

function poolOf(registry: Registry, ...surfaces: readonly MeasuredSurface[]): Contract | null {
  const result = pin(registry, surfaces, { name: 'toy', hosts: [] });
  return result.ok ? result.value : null;
}

function pinned(registry: Registry, surface: MeasuredSurface): Contract {
  const contract = poolOf(registry, surface);
  if (contract === null) throw new Error('one surface always has a contract');
  return contract;
}

/** Runs a law on three hosts; `holds` gives true where the case says something, and enough of them must. */
function law(
  share: number,
  holds: (a: MeasuredSurface, b: MeasuredSurface, c: MeasuredSurface) => boolean,
  hosts: typeof toyPool = fc.tuple(toySurface, toySurface, toySurface),
): void {
  let nonTrivial = 0;
  fc.assert(
    fc.property(hosts, ([a, b, c]) => {
      if (holds(a, b, c)) nonTrivial++;
    }),
    { numRuns: RUNS },
  );
  expect(enough(nonTrivial, share), `${nonTrivial} of ${RUNS} cases`).toBe(true);
}

describe('a contract', () => {
  test('of a host is kept there: everything is the same', () => {
    for (const registry of [toy, toyWithSwitches]) {
      law(0.5, (a) => {
        const verdict = check(registry, pinned(registry, a), a);
        expect(verdict.reasons).toEqual([]);
        expect(verdict.level).toBe('same');
        return a.words.size > 1;
      });
    }
  });

  test('promises of one host what it shows by default, and every default is a member of its latitude', () => {
    law(0.5, (a) => {
      for (const { word, width, value } of pinned(toy, a).promises) {
        const shows = a.words.get(word)?.value ?? 0n;
        for (const element of toy.elements(word, width)) {
          expect(extract(element, value)).toBe(extract(element, shows));
          const own = a.words.get(word);
          if (own !== undefined)
            expect(latitude.contains(jointLatitude(element, [own]), extract(element, shows))).toBe(true);
        }
      }
      return a.words.size > 1;
    });
  });

  test('of a pool is at worst selectable on every member', () => {
    let common = 0;
    const kept = (a: MeasuredSurface, b: MeasuredSurface, c: MeasuredSurface): boolean => {
      const contract = poolOf(toyWithSwitches, a, b, c);
      if (contract === null) return false;
      common++;
      const levels = [a, b, c].map((host) => {
        const verdict = check(toyWithSwitches, contract, host);
        const said = verdict.reasons.map(({ element, text }) => `${element}: ${text}`).join('\n');
        expect(notWorse(verdict.level, 'selectable'), said).toBe(true);
        return verdict.level;
      });
      return levels.includes('selectable');
    };
    law(0.1, kept, toyPool);
    expect(enough(common, 0.15), `${common} pools`).toBe(true);
    // Hosts that have nothing in common seldom have a machine in common.
    law(0.002, kept);
  });

  test('of a larger pool has no value that a smaller one could not have, nor one that is more', () => {
    const grows = (a: MeasuredSurface, b: MeasuredSurface, c: MeasuredSurface): boolean => {
      const [small, large] = [poolOf(toy, a, b), poolOf(toy, a, b, c)];
      if (small === null || large === null) return false;
      let changed = false;
      for (const promised of large.promises) {
        const before = small.promises.find(({ word }) => word === promised.word);
        const words = [a, b, c].map(({ words: all }) => all.get(promised.word));
        const product = words.every((word) => word?.latitude.kind !== 'values');
        for (const element of toy.elements(promised.word, promised.width)) {
          const now = extract(element, promised.value);
          for (const word of words) {
            if (word === undefined) continue;
            expect(latitude.contains(jointLatitude(element, [word]), now) || !product).toBe(true);
            if (element.comparison !== 'exact')
              expect(atMost(element, now, extract(element, word.value ?? 0n))).toBe(true);
          }
          if (before === undefined || element.comparison === 'exact' || !product) continue;
          const then = extract(element, before.value);
          expect(atMost(element, now, then), `${element.path}: ${then} became ${now}`).toBe(true);
          if (now !== then) changed = true;
        }
      }
      return changed;
    };
    law(0.05, grows, toyPool);
    law(0, grows);
  });

  test('that a person chose values for promises those, and is kept by settings', () => {
    law(0.1, (a) => {
      const word = [...a.words.values()].find(({ path }) => !path.startsWith('state/'));
      const element = word === undefined ? undefined : toy.elements(word.path, word.width).at(-1);
      if (word === undefined || element === undefined || word.latitude.kind === 'unknown') return false;
      const other = latitude.smallest(jointLatitude(element, [word]));
      if (other === null) throw new Error('a default is always a member');
      const settings = new Map([[element.path, other]]);
      const chosen = pin(toy, [a], { name: 'toy', hosts: [], settings });
      // Whole words that were tried may not have this value beside the others; then it is said.
      if (!chosen.ok) throw new Error(chosen.error.message);
      const promised = chosen.value.promises.find((each) => each.word === word.path);
      expect(extract(element, promised?.value ?? -1n)).toBe(other);
      expect(notWorse(check(toy, chosen.value, a).level, 'selectable')).toBe(true);
      return other !== extract(element, word.value ?? 0n);
    });
  });

  test('with a value that the host cannot show is refused, and the message says what can be had', () => {
    law(0.1, (a) => {
      const word = [...a.words.values()].find(({ path }) => !path.startsWith('state/'));
      const element = word === undefined ? undefined : toy.elements(word.path, word.width).at(-1);
      if (word === undefined || element === undefined) return false;
      const can = jointLatitude(element, [word]);
      const cannot = [0n, 1n, 5n, 9n, 15n].find((value) => !latitude.contains(can, value));
      if (cannot === undefined) return false;
      const chosen = pin(toy, [a], {
        name: 'toy',
        hosts: [],
        names: ['node1'],
        settings: new Map([[element.path, cannot]]),
      });
      if (chosen.ok) throw new Error(`${element.path}=${cannot} was promised`);
      expect(chosen.error.code).toBe('not-selectable');
      expect(chosen.error.message).toContain(element.path);
      expect(chosen.error.message).toMatch(/node1: shows .*can show|node1: shows .*not known/);
      return true;
    });
  });
});

describe('a verdict', () => {
  test('never improves when the destination loses latitude', () => {
    let worse = 0;
    const pair = toySurface.chain((b) =>
      fc
        .tuple(
          ...[...b.words.values()].map((word) =>
            shrunk(word).map((less): MeasuredWord => ({ ...word, latitude: less })),
          ),
        )
        .map((words): [MeasuredSurface, MeasuredSurface] => [
          b,
          { ...b, words: new Map(words.map((word) => [word.path, word])) },
        ]),
    );
    fc.assert(
      fc.property(toySurface, pair, (a, [b, less]) => {
        const contract = pinned(toy, a);
        const [before, after] = [check(toy, contract, b), check(toy, contract, less)];
        expect(notWorse(before.level, after.level)).toBe(true);
        // Nor does any one element.
        for (const reason of before.reasons) {
          const then = after.reasons.find(({ element }) => element === reason.element)?.level ?? 'same';
          expect(notWorse(reason.level, then), reason.element).toBe(true);
        }
        if (before.counts.selectable > after.counts.selectable) worse++;
      }),
      { numRuns: RUNS },
    );
    expect(enough(worse, 0.1), `${worse} of ${RUNS} cases`).toBe(true);
  });

  test('is the worst of its reasons, which are in order and as many as counted', () => {
    law(0.5, (a, b) => {
      const { level, counts, reasons } = check(toy, pinned(toy, a), b);
      const ranks = reasons.map((reason) => LEVELS.indexOf(reason.level));
      expect(ranks).toEqual(ranks.toSorted((x, y) => y - x));
      expect(level).toBe(reasons[0]?.level ?? 'same');
      for (const each of LEVELS) {
        if (each !== 'same') expect(reasons.filter((reason) => reason.level === each).length).toBe(counts[each]);
      }
      return reasons.length > 1;
    });
  });

  test('does not depend on the order of the promises', () => {
    law(0.5, (a, b) => {
      const contract = pinned(toy, a);
      const turned = { ...contract, promises: contract.promises.toReversed(), carries: contract.carries.toReversed() };
      const [one, other] = [check(toy, contract, b), check(toy, turned, b)];
      expect(other.counts).toEqual(one.counts);
      expect(new Set(other.reasons)).toEqual(new Set(one.reasons));
      return one.reasons.length > 1;
    });
  });

  test('names a setting exactly where one helps, and the setting makes the host show what was promised', () => {
    law(0.1, (a, b) => {
      const contract = pinned(toy, a);
      const { reasons } = check(toy, contract, b);
      for (const { level, setting, word } of reasons) {
        expect(setting !== null).toBe(level === 'selectable');
        if (setting === null || word === undefined) continue;
        const promised = contract.promises.find((each) => each.word === word);
        expect((BigInt(setting.value) ^ (promised?.value ?? 0n)) & (promised?.mask ?? 0n)).toBe(0n);
      }
      return reasons.some(({ level }) => level === 'selectable');
    });
  });

  test('is better for a register with a harmless value than for one in use, and never for the reverse', () => {
    law(0.1, (a, b) => {
      const contract = pinned(toy, a);
      if (!contract.carries.includes('state/0') || b.words.has('state/0')) return false;
      const at = (value: bigint): Level | undefined =>
        check(toy, contract, b, { values: { 'state/0': value } }).reasons.find(({ element }) => element === 'state/0')
          ?.level;
      expect(at(0n)).toBeUndefined();
      expect(at(1n)).toBe('refused');
      return true;
    });
  });

  test('on an area that the destination did not measure is unknown, never safe', () => {
    law(0.5, (a) => {
      const areas = new Map(a.areas).set('reg', { name: 'reg', measured: false, evidence: 'not captured' });
      const verdict = check(toy, pinned(toy, a), { ...a, areas });
      expect(verdict.level).toBe('unknown');
      expect(check(toy, pinned(toy, { ...a, areas }), a).level).toBe('unknown');
      return a.words.has('reg/0') || a.words.has('reg/1');
    });
  });
});

describe('the way back', () => {
  test('is as good as staying where the host away adds nothing', () => {
    law(0.5, (a) => {
      expect(checkReturn(toy, pinned(toy, a), a, a).level).toBe('same');
      return a.words.size > 1;
    });
  });

  test('is never better than the contract alone at home', () => {
    law(0.05, (a, b) => {
      const contract = pinned(toy, a);
      const [alone, back] = [check(toy, contract, a), checkReturn(toy, contract, b, a)];
      expect(notWorse(alone.level, back.level)).toBe(true);
      return back.level !== alone.level;
    });
  });
});

describe('diff', () => {
  test('a surface does not differ from itself, and differences are seen from both sides', () => {
    law(0.5, (a, b) => {
      expect(diff(toy, a, a)).toEqual([]);
      const forth = diff(toy, a, b).map(({ element }) => element);
      const back = diff(toy, b, a).map(({ element }) => element);
      expect(new Set(forth)).toEqual(new Set(back));
      return forth.length > 0;
    });
  });
});
