import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, fingerprint } from '../../src/format/index.ts';
import { canonicalSections } from '../../src/arch/index.ts';
import type { Architecture, Json, Section } from '../../src/model/index.ts';
import { RUNS, enough } from '../runs.ts';

function shuffled(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => shuffled(item));
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, member]) => [key, shuffled(member)]),
  );
}

describe('canonicalJson', () => {
  test('does not depend on the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(shuffled(value as Json))).toBe(canonicalJson(value as Json));
      }),
    );
  });

  test('says the same value, so that what differs is told apart', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('follows the example of RFC 8785, section 3.2.3, in the order of keys', () => {
    const sorted = ['\r', '1', '\u0080', 'ö', '€', '\ud83d\ude00', '\ufb33'];
    const value = Object.fromEntries(sorted.toReversed().map((key) => [key, 0]));
    const order = [...canonicalJson(value).matchAll(/"((?:[^"\\]|\\.)*)":/g)].map((match) =>
      String(JSON.parse(`"${match[1]}"`)),
    );
    expect(order).toEqual(sorted);
  });
});

describe('fingerprint', () => {
  const section = (data: Json): Section => ({ outcome: 'measured', data });
  const withoutTimes = (_: string, sections: Readonly<Record<string, Section>>): Json =>
    Object.keys(sections)
      .filter((name) => name !== 'times')
      .toSorted();

  test('covers the architecture and what the architecture calls canonical, and nothing else', () => {
    const base = { architecture: 'x86_64', sections: { a: section(1), times: section(7) } } as const;
    const print = fingerprint(base, withoutTimes);
    expect(print).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(fingerprint({ ...base, sections: { a: section(1), times: section(8) } }, withoutTimes)).toBe(print);
    expect(fingerprint({ ...base, sections: { b: section(1) } }, withoutTimes)).not.toBe(print);
    expect(fingerprint({ ...base, architecture: 'arm64' }, withoutTimes)).not.toBe(print);
  });
});

/** Sections as a probe writes them, with lists whose entries hold what varies from run to run. */
const hexText = fc.integer({ min: 0, max: 3 }).map((value) => `0x${value.toString(16)}`);
const msrRow = fc.record({ index: fc.constantFrom('0x10', '0x174', '0xda0'), value: hexText });
const cpuidRow = fc.record({ leaf: fc.constantFrom('0x1', '0x7'), ebx: fc.constantFrom('0x0', '0x1000000', '0x1') });
const data = fc.record(
  {
    msr: fc.record({ list: fc.array(msrRow, { maxLength: 2 }) }),
    cpuid: fc.record({ supported: fc.array(cpuidRow, { maxLength: 2 }) }),
    tsc: fc.record({ khz: fc.nat(2), control: fc.nat(1) }),
  },
  { requiredKeys: [] },
);
interface Host {
  readonly architecture: Architecture;
  readonly sections: Readonly<Record<string, Section>>;
}

const surface: fc.Arbitrary<Host> = fc
  .tuple(fc.constantFrom<Architecture>('x86_64', 'arm64'), data)
  .map(([architecture, steps]) => ({
    architecture,
    sections: Object.fromEntries(
      Object.entries(steps).map(([name, json]): [string, Section] => [name, { outcome: 'measured', data: json }]),
    ),
  }));

/** The same host another time, or one that differs in a value: by each number, what it then is. */
function again({ architecture, sections }: Host, numbers: readonly number[]): Host {
  let at = 0;
  const text = JSON.stringify(shuffled({ sections }), (key, value: unknown) => {
    if (key === 'khz') return numbers[at++ % numbers.length];
    return key === 'value' || key === 'ebx' ? `0x${(numbers[at++ % numbers.length] ?? 0).toString(16)}` : value;
  });
  return { architecture, sections: (JSON.parse(text) as Host).sections };
}

test('fingerprints agree exactly when canonical forms do', () => {
  let [equal, hidden] = [0, 0];
  const pair = surface.chain((a) =>
    fc.tuple(
      fc.constant(a),
      fc.oneof(
        surface,
        fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }).map((numbers) => again(a, numbers)),
      ),
    ),
  );
  fc.assert(
    fc.property(pair, ([a, b]) => {
      const form = ({ architecture, sections }: Host): string =>
        canonicalJson({ architecture, sections: canonicalSections(architecture, sections) });
      const same = form(a) === form(b);
      expect(fingerprint(a, canonicalSections) === fingerprint(b, canonicalSections)).toBe(same);
      if (same) equal++;
      // Only what varies from run to run differs.
      if (same && canonicalJson({ ...a }) !== canonicalJson({ ...b })) hidden++;
    }),
    { numRuns: RUNS },
  );
  expect(enough(equal, 0.05), `${equal} equal`).toBe(true);
  expect(enough(hidden, 0.01), `${hidden} equal but for what varies`).toBe(true);
});
