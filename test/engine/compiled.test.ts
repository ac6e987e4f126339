/** The compiled engine gives what `check` gives: on every recorded surface, on mixtures of them, and on random hosts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../src/arch/index.ts';
import { recordedNames } from '../../src/cli/recorded.ts';
import { CompiledEngine, check, pin } from '../../src/engine/index.ts';
import type { CheckOptions } from '../../src/engine/index.ts';
import { readDocument } from '../../src/format/index.ts';
import { LEVELS } from '../../src/model/index.ts';
import type { Contract, Level, MeasuredSurface, MeasuredWord, Registry } from '../../src/model/index.ts';
import { RUNS, enough } from '../runs.ts';
import { surfaceOf, toy, toyPool, toySurface, toyWithSwitches } from './toy.ts';

const recorded: readonly MeasuredSurface[] = await Promise.all(
  recordedNames().map(async ({ name, path }) => {
    const read = await readDocument(path);
    if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
    return measure(read.value.surface);
  }),
);
const groups = [...Map.groupBy(recorded, ({ architecture }) => architecture)];

function pinned(registry: Registry, ...surfaces: readonly MeasuredSurface[]): Contract[] {
  const result = pin(registry, surfaces, { name: 'compiled', hosts: surfaces.map(() => '') });
  return result.ok ? [result.value] : [];
}

/** Compares, and gives the level; the level is asked for both before and after the reasons. */
function agrees(
  registry: Registry,
  engine: CompiledEngine,
  contract: Contract,
  surface: MeasuredSurface,
  options: CheckOptions = {},
): Level {
  const [left, right] = [engine.contract(contract, options), engine.surface(surface)];
  const expected = check(registry, contract, surface, options);
  expect(engine.level(left, right)).toBe(expected.level);
  expect(engine.check(left, right)).toStrictEqual(expected);
  expect(engine.level(left, right)).toBe(expected.level);
  return expected.level;
}

/** What a guest carries: of every word of the contract a value, harmless or not. */
function valuesOf(contract: Contract, value: bigint): Record<string, bigint> {
  return Object.fromEntries(contract.carries.map((word) => [word, value]));
}

describe.each(groups)('%s, recorded', (architecture, surfaces) => {
  const registry = registryFor(architecture);

  test('every contract of a host and of a pool on every host, all compiled before the first check', () => {
    const engine = new CompiledEngine(registry);
    const contracts = surfaces.flatMap((a, at) => [
      ...pinned(registry, a),
      ...surfaces.slice(at + 1).flatMap((b) => pinned(registry, a, b)),
    ]);
    const compiled = contracts.map((contract) => engine.contract(contract));
    const hosts = surfaces.map((surface) => engine.surface(surface));
    const matrix = engine.matrix(compiled, hosts);
    const seen = new Set<Level>();
    for (const [row, contract] of contracts.entries()) {
      for (const [column, surface] of surfaces.entries()) {
        const [left, right] = [compiled[row], hosts[column]];
        if (left === undefined || right === undefined) throw new Error('one for each');
        const expected = check(registry, contract, surface);
        expect(LEVELS[matrix[row * surfaces.length + column] ?? -1]).toBe(expected.level);
        expect(engine.check(left, right)).toStrictEqual(expected);
        seen.add(expected.level);
      }
    }
    expect(contracts.length).toBeGreaterThan(surfaces.length);
    expect(seen.size).toBeGreaterThan(2);
  });

  test('compiled one after the other, with values and the host that is left', () => {
    const engine = new CompiledEngine(registry);
    const seen = new Set<Level>();
    for (const [at, from] of surfaces.entries()) {
      for (const [contract] of [pinned(registry, from), pinned(registry, from, ...surfaces.slice(at + 1, at + 2))]) {
        if (contract === undefined) continue;
        for (const surface of surfaces) {
          const other = surfaces[(at + 3) % surfaces.length];
          if (other === undefined) throw new Error('a remainder is an index');
          seen.add(agrees(registry, engine, contract, surface, { from: other }));
          seen.add(agrees(registry, engine, contract, surface, { values: valuesOf(contract, 0n) }));
          seen.add(agrees(registry, engine, contract, surface, { values: valuesOf(contract, 5n), from }));
        }
      }
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  test('hosts made of words and areas of several', () => {
    const engine = new CompiledEngine(registry);
    const one = fc.constantFrom(...surfaces);
    const crossed = fc.tuple(one, one, fc.infiniteStream(fc.nat(7))).map(([first, second, dice]): MeasuredSurface => {
      const throws = (): number => {
        const thrown = dice.next();
        return thrown.done === true ? 0 : thrown.value;
      };
      const words = new Map<string, MeasuredWord>(first.words);
      for (const [path, word] of second.words) if (throws() > 3) words.set(path, word);
      for (const path of [...words.keys()]) if (throws() === 0) words.delete(path);
      const areas = new Map([...first.areas].filter(() => throws() > 0));
      for (const [name, area] of areas) if (throws() === 0) areas.set(name, { ...area, measured: false });
      for (const [name, area] of areas) if (throws() === 0) areas.set(name, { ...area, partial: 'left out' });
      const { restores } = throws() > 3 ? first : second;
      return { ...first, words, areas, ...(restores === undefined ? {} : { restores }) };
    });
    const seen = new Map<Level, number>();
    fc.assert(
      fc.property(crossed, crossed, (a, b) => {
        for (const contract of pinned(registry, a)) {
          const level = agrees(registry, engine, contract, b);
          seen.set(level, (seen.get(level) ?? 0) + 1);
        }
      }),
      { numRuns: 100 },
    );
    expect(seen.size).toBeGreaterThan(1);
  });

  test('whether two compare depends on the named words and on nothing else', () => {
    const only = ({ words, ...rest }: MeasuredSurface): MeasuredSurface => ({
      ...rest,
      areas: new Map(),
      words: new Map([...words].filter(([path]) => registry.comparedBy?.includes(path))),
    });
    for (const a of surfaces) {
      expect(only(a).words.size).toBeGreaterThan(0);
      for (const b of surfaces) expect(registry.incomparable(a, b)).toBe(registry.incomparable(only(a), only(b)));
    }
  });
});

test.each([
  ['without switches', toy],
  ['with switches', toyWithSwitches],
  ['that says nothing of how it compares', { ...toy, incomparable: byHash }],
])('random hosts and pools of a small architecture %s', (_, registry) => {
  const seen = new Map<Level, number>();
  // One engine for all: what it remembers of one host must not be taken for what another does.
  let engine = new CompiledEngine(registry);
  let rounds = 0;
  const holds = ([a, b, c]: readonly [MeasuredSurface, MeasuredSurface, MeasuredSurface]): void => {
    if (rounds++ % 500 === 0) engine = new CompiledEngine(registry);
    const contracts = [...pinned(registry, a), ...pinned(registry, a, b)];
    for (const contract of contracts.flatMap((each) => [each, promisingHalf(each)])) {
      for (const options of [{}, { from: b }, { values: { 'state/0': 0n, 'state/1': 3n } }]) {
        const level = agrees(registry, engine, contract, c, options);
        seen.set(level, (seen.get(level) ?? 0) + 1);
      }
    }
  };
  fc.assert(fc.property(fc.tuple(toySurface, toySurface, toySurface), holds), { numRuns: Math.ceil(RUNS / 10) });
  fc.assert(fc.property(toyPool, holds), { numRuns: Math.ceil(RUNS / 10) });
  for (const level of LEVELS) {
    if (level !== 'lost') expect(enough(10 * (seen.get(level) ?? 0), 0.01), `${level}: ${seen.get(level)}`).toBe(true);
  }
});

/** Of every word only the upper half. */
function promisingHalf(contract: Contract): Contract {
  return { ...contract, promises: contract.promises.map((each) => ({ ...each, mask: each.mask & 0xf0n })) };
}

/** Some pairs do not compare, for no reason that a list of words could tell. */
function byHash(a: MeasuredSurface, b: MeasuredSurface): string | null {
  return (a.fingerprint.charCodeAt(9) + b.fingerprint.charCodeAt(9)) % 3 === 0 ? 'not of one make' : null;
}

test('a word that only a later host has is judged on it, and on a contract compiled before', () => {
  const engine = new CompiledEngine(toy);
  const [contract] = pinned(toy, surfaceOf([], 'a'));
  if (contract === undefined) throw new Error('one surface always has a contract');
  const compiled = engine.contract(contract);
  expect(engine.level(compiled, engine.surface(surfaceOf([], 'b')))).toBe('same');
  const word: MeasuredWord = {
    path: 'leaf/9',
    width: 8,
    value: 3n,
    latitude: { kind: 'unknown', why: 'nobody tried' },
    mechanism: null,
    evidence: '/sections/toy',
  };
  expect(engine.level(compiled, engine.surface(surfaceOf([word], 'c')))).toBe('unknown');
});
