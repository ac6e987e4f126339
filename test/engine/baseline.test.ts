import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { baseline, pin } from '../../src/engine/index.ts';
import type { Baseline, PoolGroup } from '../../src/engine/index.ts';
import { atMost, extract } from '../../src/model/index.ts';
import type { Element, MeasuredSurface } from '../../src/model/index.ts';
import { RUNS, enough } from '../runs.ts';
import { toy, toySurface } from './toy.ts';

type Common = Extract<Baseline, { common: true }>;

function groups(surfaces: readonly MeasuredSurface[]): PoolGroup[] {
  return surfaces.map((surface, index) => ({ names: [`host${index}`], hosts: [`host ${index}`], surface }));
}

function pool(surfaces: readonly MeasuredSurface[]): Baseline {
  return baseline(toy, groups(surfaces), { name: 'pool' });
}

const anyPool = fc.array(toySurface, { minLength: 2, maxLength: 4 });

function elementOf(path: string): Element {
  const word = path.split('/').slice(0, 2).join('/');
  const element = toy.elements(word, 8).find((each) => each.path === path);
  if (element === undefined) throw new Error(`no such element: ${path}`);
  return element;
}

describe('a pool with a common machine', () => {
  test('each of its hosts loses only what is better alone, and gains come only from leaving out a host that limits', () => {
    let gained = 0;
    fc.assert(
      fc.property(anyPool, (surfaces) => {
        const found = pool(surfaces);
        if (!found.common) return;
        for (const { costs, limits, gains } of found.groups) {
          for (const { element, before, after } of costs) {
            expect(after !== null && before !== null && atMost(elementOf(element), before, after)).toBe(false);
          }
          if (limits.length === 0) expect(gains ?? []).toEqual([]);
          if ((gains ?? []).length > 0) gained++;
        }
      }),
      { numRuns: RUNS },
    );
    expect(enough(gained, 0.01)).toBe(true);
  });

  test('leaving out a host never loses a feature or lowers a limit', () => {
    fc.assert(
      fc.property(anyPool, (surfaces) => {
        const found = pool(surfaces);
        if (!found.common) return;
        for (const index of surfaces.keys()) {
          const others = surfaces.filter((_, other) => other !== index);
          const without = pin(toy, others, { name: '', hosts: [] });
          if (!without.ok) continue;
          for (const { word, width, value } of found.contract.promises) {
            const then = without.value.promises.find((promised) => promised.word === word);
            if (then === undefined) continue;
            for (const element of toy.elements(word, width)) {
              // Of identities any one will do; they are no more and no less.
              if (element.comparison === 'exact') continue;
              expect(atMost(element, extract(element, value), extract(element, then.value)), element.path).toBe(true);
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('a second host that shows the same changes the names and nothing else', () => {
    fc.assert(
      fc.property(anyPool, (surfaces) => {
        const own = groups(surfaces);
        const twice = own.map((each) => ({ ...each, names: [...each.names, 'twin'], hosts: [...each.hosts, 'twin'] }));
        const [one, two] = [own, twice].map((each) => baseline(toy, each, { name: 'pool' }));
        expect(two?.common).toBe(one?.common);
        if (one?.common !== true || two?.common !== true) return;
        const bare = ({ groups: all }: Common): unknown => all.map(({ names: _, ...rest }) => rest);
        expect(bare(two)).toEqual(bare(one));
        expect(two.contract.promises).toEqual(one.contract.promises);
      }),
    );
  });
});

describe('a pool without one', () => {
  test('has one once the named hosts are left out, and no smaller set will do', () => {
    let conflicts = 0;
    fc.assert(
      fc.property(anyPool, (surfaces) => {
        const found = pool(surfaces);
        if (found.common) return;
        conflicts++;
        const { names, smallest } = found.exclusion;
        expect(smallest).toBe(true);
        const goes = (out: ReadonlySet<number>): boolean =>
          pin(
            toy,
            surfaces.filter((_, index) => !out.has(index)),
            { name: '', hosts: [] },
          ).ok;
        expect(goes(new Set(names.map((name) => Number(name.replace('host', '')))))).toBe(true);
        for (let bits = 0; bits < 1 << surfaces.length; bits++) {
          const out = new Set([...surfaces.keys()].filter((index) => ((bits >> index) & 1) === 1));
          if (out.size < names.length) expect(goes(out), [...out].join()).toBe(false);
        }
      }),
      { numRuns: RUNS },
    );
    expect(enough(conflicts, 0.05)).toBe(true);
  });
});
