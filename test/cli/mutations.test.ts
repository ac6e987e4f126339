/** Recorded surfaces, damaged at random: whatever is not refused with its place can be pinned, checked and compared. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../src/arch/index.ts';
import { departure, move } from '../../src/cli/move.ts';
import { recordedNames } from '../../src/cli/recorded.ts';
import { diff } from '../../src/engine/index.ts';
import { contractText, parseJson, surfaceText, toDocument } from '../../src/format/index.ts';
import type { Json, Surface } from '../../src/model/index.ts';

const VALUES: readonly Json[] = [
  ...[null, true, 0, -1, 1.5, 2 ** 53, '', 'zz', '0x', '0x0', '0x00', '0xffffffff', `0x${'f'.repeat(300)}`],
  ...['__proto__', 'constructor', [], {}, [[]], [null], { a: 1 }],
];

/** Where to descend (a fraction at each level), and what to put or to leave out there. */
const mutation = fc.record({
  steps: fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 9 }),
  put: fc.option(fc.constantFrom(...VALUES)),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(json: Json, { steps, put }: Mutation): Json {
  const [step, ...deeper] = steps;
  if (step === undefined || typeof json !== 'object' || json === null) return put;
  const keys = Object.keys(json);
  const chosen = keys[Math.floor(step * keys.length)];
  if (chosen === undefined) return put;
  const leaveOut = deeper.length === 0 && put === null;
  const entries = Object.entries(json).flatMap(([key, value]): [string, Json][] => {
    if (key !== chosen) return [[key, value]];
    return leaveOut ? [] : [[key, mutate(value, { steps: deeper, put })]];
  });
  return Array.isArray(json) ? entries.map(([, value]) => value) : Object.fromEntries(entries);
}

function read(json: Json): Surface | string {
  const parsed = parseJson('file', Buffer.from(JSON.stringify(json)));
  if (!parsed.ok) return 'no JSON';
  const document = toDocument('file', parsed.value);
  if (!document.ok) return document.error.place?.kind ?? 'nowhere';
  return document.value.kind === 'surface' ? document.value.surface : document.value.kind;
}

describe.each(recordedNames().filter(({ kernel }) => kernel.endsWith('7.2')))('$name', ({ name, path }) => {
  const json = JSON.parse(readFileSync(path, 'utf8')) as Json;
  const good = read(json);
  if (typeof good === 'string') throw new Error(`${name} is no surface`);
  const peer = { kind: 'surface', name, surface: good } as const;

  test('damaged, it is refused with the place, or stands every question', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 2 }), (mutations) => {
        const surface = read(mutations.reduce(mutate, json));
        if (typeof surface === 'string') {
          expect(['pointer', 'foreign']).toContain(surface);
          return;
        }
        expect(surfaceText(surface)).not.toBe('');
        const damaged = { kind: 'surface', name: 'damaged', surface } as const;
        const leaves = departure(damaged, undefined);
        if (leaves.ok) {
          expect(read(JSON.parse(contractText(leaves.value.contract)) as Json)).toBe('contract');
          move(leaves.value, peer, damaged);
        }
        const arrives = departure(peer, undefined);
        if (arrives.ok) move(arrives.value, damaged, peer);
        diff(registryFor(surface.architecture), measure(surface), measure(good));
      }),
      { numRuns: 150 },
    );
  });
});
