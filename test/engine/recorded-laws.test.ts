/** The laws of pin and check with the real registries, over every recorded surface and every group of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../src/arch/index.ts';
import { recordedNames } from '../../src/cli/recorded.ts';
import { check, checkReturn, pin } from '../../src/engine/index.ts';
import { readDocument } from '../../src/format/index.ts';
import { LEVELS, atMost, extract } from '../../src/model/index.ts';
import type { Contract, MeasuredSurface, MeasuredWord, Registry } from '../../src/model/index.ts';

interface Host {
  readonly name: string;
  readonly registry: Registry;
  readonly surface: MeasuredSurface;
}

const hosts: readonly Host[] = await Promise.all(
  recordedNames().map(async ({ name, path }) => {
    const read = await readDocument(path);
    if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
    const { surface } = read.value;
    return { name, registry: registryFor(surface.architecture), surface: measure(surface) };
  }),
);
/** Hosts that can be pinned together: of one architecture. */
const groups = [...Map.groupBy(hosts, ({ surface }) => surface.architecture)];

function pool(registry: Registry, surfaces: readonly MeasuredSurface[]): Contract | null {
  const result = pin(registry, surfaces, { name: 'recorded', hosts: [] });
  return result.ok ? result.value : null;
}

const notWorse = (level: (typeof LEVELS)[number], bound: (typeof LEVELS)[number]): boolean =>
  LEVELS.indexOf(level) <= LEVELS.indexOf(bound);

function keptBy(registry: Registry, contract: Contract, surface: MeasuredSurface, bound: 'same' | 'selectable'): void {
  const { level, reasons } = check(registry, contract, surface);
  const said = reasons.map(({ element, text }) => `${element}: ${text}`).join('\n');
  expect(notWorse(level, bound), said).toBe(true);
}

/** No element is promised more than in the smaller pool; gives how many are promised less. */
function lessThan(registry: Registry, small: Contract, large: Contract): number {
  let less = 0;
  const before = new Map(small.promises.map((promised) => [promised.word, promised]));
  for (const promised of large.promises) {
    const then = before.get(promised.word);
    if (then === undefined) continue;
    for (const element of registry.elements(promised.word, promised.width)) {
      if (element.comparison === 'exact' || element.comparison === 'none') continue;
      const [now, was] = [extract(element, promised.value), extract(element, then.value)];
      expect(atMost(element, now, was), `${element.path}: ${was} became ${now}`).toBe(true);
      if (now !== was) less++;
    }
  }
  return less;
}

test('there are recorded surfaces of both architectures', () => {
  expect(groups.map(([architecture]) => architecture).toSorted()).toEqual(['arm64', 'x86_64']);
});

describe.each(groups)('%s', (_, members) => {
  test('a contract of a host is kept there, and coming back to it from itself', () => {
    for (const { registry, surface } of members) {
      const contract = pool(registry, [surface]);
      if (contract === null) throw new Error('one surface always has a contract');
      keptBy(registry, contract, surface, 'same');
      expect(checkReturn(registry, contract, surface, surface).level).toBe('same');
    }
  });

  test('of every two hosts, a common machine is at worst selectable on each', () => {
    let [pools, selectable] = [0, 0];
    for (const { registry, surface: a } of members) {
      for (const { surface: b } of members) {
        const contract = pool(registry, [a, b]);
        if (contract === null) continue;
        pools++;
        for (const surface of [a, b]) {
          keptBy(registry, contract, surface, 'selectable');
          if (check(registry, contract, surface).level === 'selectable') selectable++;
        }
        lessThan(registry, pool(registry, [a]) ?? contract, contract);
      }
    }
    // Each host with itself, and others.
    expect(pools).toBeGreaterThan(members.length);
    expect(selectable).toBeGreaterThan(0);
  });

  test('a host that is added to a pool never adds a value', () => {
    let [pools, less] = [0, 0];
    for (const [at, { registry, surface: a }] of members.entries()) {
      for (const { surface: b } of members.slice(at + 1)) {
        const small = pool(registry, [a, b]);
        if (small === null) continue;
        for (const { surface: c } of members) {
          const large = c === a || c === b ? null : pool(registry, [a, b, c]);
          if (large === null) continue;
          pools++;
          for (const surface of [a, b, c]) keptBy(registry, large, surface, 'selectable');
          less += lessThan(registry, small, large);
        }
      }
    }
    // Few on arm64, where what a guest reads of PMCEID0 and SMIDR sets kernels apart.
    expect(pools).toBeGreaterThan(2);
    expect(less).toBeGreaterThan(0);
  });

  test('a host made of the words of several keeps its own contract and those of its pools', () => {
    let mixed = 0;
    // Words of one host in another: hosts that nobody has recorded, with real words and latitudes.
    const crossed = fc
      .tuple(fc.constantFrom(...members), fc.constantFrom(...members), fc.infiniteStream(fc.boolean()))
      .map(([first, second, coins]): Host => {
        const words = new Map<string, MeasuredWord>(first.surface.words);
        for (const [path, word] of second.surface.words) if (coins.next().value === true) words.set(path, word);
        return { ...first, surface: { ...first.surface, words, fingerprint: `sha256:${mixed++}` } };
      });
    fc.assert(
      fc.property(crossed, crossed, ({ registry, surface: a }, { surface: b }) => {
        const own = pool(registry, [a]);
        if (own === null || registry.incomparable(a, b) !== null) return;
        keptBy(registry, own, a, 'same');
        const contract = pool(registry, [a, b]);
        if (contract === null) return;
        for (const surface of [a, b]) keptBy(registry, contract, surface, 'selectable');
      }),
      { numRuns: 60 },
    );
    expect(mixed).toBeGreaterThan(60);
  });

  test('a contract from before switches were promised is unknown in them at home, and in nothing else', () => {
    for (const { registry, surface } of members) {
      const contract = pool(registry, [surface]);
      const switches = new Set(registry.switches?.().map(({ path }) => path));
      if (contract === null || switches.size === 0) throw new Error('there are switches');
      const promises = contract.promises.filter(({ word }) => !switches.has(word));
      const { fresh: _, ...before } = contract;
      const { level, reasons } = check(registry, { ...before, promises }, surface);
      expect(level).toBe('unknown');
      expect(new Set(reasons.map(({ rule }) => rule))).toEqual(new Set(['not-readable']));
      expect(reasons.length).toBe(contract.promises.length - promises.length);
    }
  });
});
