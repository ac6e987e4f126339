/** What must hold of the surfaces that come with Evenkeel, whichever kernels they are of. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../src/arch/index.ts';
import type { NamedSurface } from '../../src/cli/input.ts';
import { departure, move } from '../../src/cli/move.ts';
import { pinSurfaces } from '../../src/cli/pin.ts';
import { recordedNames } from '../../src/cli/recorded.ts';
import { contractText, parseJson, readDocument, toDocument } from '../../src/format/index.ts';
import { LEVELS, extract } from '../../src/model/index.ts';
import type { Contract, Element, Json, Reason } from '../../src/model/index.ts';
import { resolve } from './pointer.ts';

interface Recorded extends NamedSurface {
  /** `x86_64/max`: kernels are compared on the same CPU. */
  readonly cpu: string;
  readonly json: Json;
}

const recorded: readonly Recorded[] = await Promise.all(
  recordedNames().map(async ({ name, path, architecture, cpu }) => {
    const read = await readDocument(path);
    if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
    const { surface } = read.value;
    const json = JSON.parse(readFileSync(path, 'utf8')) as Json;
    return { kind: 'surface', name, surface, cpu: `${architecture}/${cpu}`, json };
  }),
);
const cpus: readonly (readonly [cpu: string, members: readonly Recorded[]])[] = [
  ...Map.groupBy(recorded, ({ cpu }) => cpu),
];

/** Every element of a surface by its path. */
function elementsOf({ surface }: NamedSurface): ReadonlyMap<string, Element> {
  const registry = registryFor(surface.architecture);
  const words = [...measure(surface).words.values()];
  const elements = words.flatMap((word) => registry.elements(word.path, word.width));
  return new Map(elements.map((element) => [element.path, element]));
}

function contractOf(surfaces: readonly NamedSurface[]): Contract | null {
  const pinned = pinSurfaces(surfaces);
  return pinned.ok ? pinned.value : null;
}

test('there are recorded surfaces', () => {
  expect(cpus.length).toBeGreaterThanOrEqual(4);
});

describe.each(cpus)('%s', (_, members) => {
  test('the contract of each kernel can be written and read again, and holds at home', () => {
    for (const member of members) {
      const contract = contractOf([member]);
      if (contract === null) throw new Error(`${member.name} has no contract`);
      const parsed = parseJson('contract', Buffer.from(contractText(contract)));
      const read = parsed.ok ? toDocument('contract', parsed.value) : parsed;
      expect(read, member.name).toEqual({ ok: true, value: { kind: 'contract', contract } });
      const home = move({ name: 'contract', contract, from: null }, member, null);
      expect(home.ok && home.value.there.level, member.name).toBe('same');
    }
  });

  test('the evidence of each reason, there and back, is in the surface that it names and holds what the reason says', () => {
    const values: string[] = [];
    for (const from of members) {
      for (const to of members) {
        const leaves = departure(from, undefined);
        if (!leaves.ok) throw new Error(leaves.error.message);
        const moved = move(leaves.value, to, from);
        if (!moved.ok) throw new Error(moved.error.message);
        const ways = [
          { destination: to, reasons: moved.value.there.reasons },
          { destination: from, reasons: moved.value.back?.reasons ?? [] },
        ];
        for (const { destination, reasons } of ways) {
          const elements = elementsOf(destination);
          for (const reason of reasons) values.push(...valueAtEvidence(reason, destination, elements));
        }
      }
    }
    // Not only whole sections, where what the text says is that something is not there.
    expect(values.length).toBeGreaterThan(10);
  });

  test('a promise of which this Evenkeel knows nothing is never passed over', () => {
    const [member] = members;
    const contract = member === undefined ? null : contractOf([member]);
    if (member === undefined || contract === null) throw new Error('no contract');
    const later = { ...contract, carries: [...contract.carries, 'of-later/word'] };
    const moved = move({ name: 'later', contract: later, from: null }, member, null);
    expect(moved.ok && moved.value.there.reasons).toHaveLength(1);
    // An architecture may take it for a register, which the destination then does not have.
    expect(['unknown', 'refused']).toContain(moved.ok && moved.value.there.level);
  });

  test('what a pool can show, each of its hosts can be given; else what keeps them apart is named', () => {
    for (const first of members.keys()) {
      for (let size = 2; first + size <= members.length; size++) {
        const pool = members.slice(first, first + size);
        const pinned = pinSurfaces(pool);
        if (!pinned.ok) {
          for (const { name } of pool) expect(pinned.error.message).toContain(name);
          expect(pinned.error.advice).toMatch(/evenkeel/);
          continue;
        }
        for (const host of pool) {
          const moved = move({ name: 'pool', contract: pinned.value, from: null }, host, null);
          expect(LEVELS.slice(0, 2), host.name).toContain(moved.ok && moved.value.there.level);
        }
      }
    }
  });
});

/** Checks one reason; gives its element where a single value stands at its evidence, and that was compared. */
function valueAtEvidence(
  { element: path, shows, evidence, text }: Reason,
  { surface, json }: NamedSurface & { readonly json: Json },
  elements: ReadonlyMap<string, Element>,
): string[] {
  if (evidence === null) throw new Error(`${path}: ${text}: without evidence`);
  expect(evidence.surface, path).toBe(surface.fingerprint);
  const value = resolve(json, evidence.pointer);
  expect(value, `${path}: ${evidence.pointer}`).toBeDefined();
  const element = elements.get(path);
  if (typeof value !== 'string' || shows === null || element === undefined) return [];
  expect(extract(element, BigInt(value)), `${path}: ${evidence.pointer} is ${value}`).toBe(shows);
  return [path];
}
