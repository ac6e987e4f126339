import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, fingerprint } from '../../src/format/index.ts';
import type { Json, Section } from '../../src/model/index.ts';

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
