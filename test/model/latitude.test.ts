import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latitude } from '../../src/model/index.ts';
import type { Latitude } from '../../src/model/index.ts';
import { RUNS, enough } from '../runs.ts';

/** Small enough to enumerate, so that every law is checked against sets of numbers. */
const WIDTH = 5;
const ALL = Array.from({ length: 1 << WIDTH }, (_, value) => BigInt(value));
const value = fc.bigInt({ min: 0n, max: 31n });

const any: fc.Arbitrary<Latitude> = fc.oneof(
  fc.constant(latitude.free(WIDTH)),
  value.map((v) => latitude.fixed(WIDTH, v)),
  fc.tuple(value, value).map(([mask, required]) => latitude.subset(WIDTH, mask | required, required)),
  // Contradictions are latitudes too: nothing can be shown.
  fc.tuple(value, value).map(([mask, required]) => latitude.subset(WIDTH, mask, required)),
  fc.tuple(value, value).map(([a, b]) => latitude.range(WIDTH, a < b ? a : b, a < b ? b : a)),
  fc.array(value, { maxLength: 8 }).map((values) => latitude.enumerated(WIDTH, values)),
  // Every value that a form of bits or a range has, listed.
  fc.tuple(value, value).map(([mask, required]) =>
    latitude.enumerated(
      WIDTH,
      ALL.filter((v) => (required & ~v) === 0n && (v & ~(mask | required)) === 0n),
    ),
  ),
);
const joined: fc.Arbitrary<Latitude> = fc.oneof(
  any,
  fc.tuple(any, any).map(([a, b]) => latitude.intersection(a, b)),
);

const members = (l: Latitude): bigint[] => ALL.filter((v) => latitude.contains(l, v));
const isSubset = (a: readonly bigint[], b: readonly bigint[]): boolean => a.every((v) => b.includes(v));

/** Runs a law, and insists that it was tried where it says something: `holds` is true for those cases. */
function law(share: number, holds: (a: Latitude, b: Latitude, c: Latitude) => boolean): void {
  let nonTrivial = 0;
  fc.assert(
    fc.property(joined, joined, joined, (a, b, c) => {
      if (holds(a, b, c)) nonTrivial++;
    }),
    { numRuns: RUNS },
  );
  expect(enough(nonTrivial, share), `${nonTrivial} of ${RUNS} cases`).toBe(true);
}

describe('intersection', () => {
  test('holds exactly the values that both hold', () => {
    law(0.15, (a, b) => {
      const both = members(a).filter((v) => latitude.contains(b, v));
      expect(members(latitude.intersection(a, b))).toEqual(both);
      return both.length > 0;
    });
  });

  test('is commutative', () => {
    law(0.5, (a, b) => {
      const { canonical, intersection } = latitude;
      expect(canonical(intersection(a, b))).toEqual(canonical(intersection(b, a)));
      return !latitude.equals(a, b);
    });
  });

  test('is associative', () => {
    law(0.04, (a, b, c) => {
      const { canonical, intersection } = latitude;
      const left = canonical(intersection(a, intersection(b, c)));
      expect(left).toEqual(canonical(intersection(intersection(a, b), c)));
      return !latitude.isEmpty(left);
    });
  });

  test('is idempotent', () => {
    law(0.5, (a) => {
      expect(latitude.canonical(latitude.intersection(a, a))).toEqual(latitude.canonical(a));
      return !latitude.isEmpty(a);
    });
  });

  test('is monotone: what is within a latitude stays within it together with another', () => {
    law(0.1, (a, b, c) => {
      const less = latitude.intersection(a, b);
      expect(latitude.within(less, a)).toBe(true);
      expect(latitude.within(latitude.intersection(less, c), latitude.intersection(a, c))).toBe(true);
      return !latitude.isEmpty(less);
    });
  });
});

describe('the canonical form', () => {
  test('is equal exactly for equal sets', () => {
    let equal = 0;
    law(0.3, (a, b) => {
      const same = isSubset(members(a), members(b)) && isSubset(members(b), members(a));
      expect(latitude.equals(a, b)).toBe(same);
      if (same) equal++;
      return !same;
    });
    expect(enough(equal, 0.01), `${equal} equal pairs`).toBe(true);
  });

  test('has the same members, and is its own canonical form', () => {
    law(0.5, (a) => {
      const form = latitude.canonical(a);
      expect(members(form)).toEqual(members(a));
      expect(latitude.canonical(form)).toEqual(form);
      return !latitude.isEmpty(a);
    });
  });

  test('tells what lies within what', () => {
    law(0.01, (a, b) => {
      const within = isSubset(members(a), members(b));
      expect(latitude.within(a, b)).toBe(within);
      return within && members(a).length > 0;
    });
  });
});

describe('members', () => {
  test('largest and smallest are the ends, and null exactly where there is none; size counts', () => {
    law(0.3, (a) => {
      expect(latitude.largest(a)).toBe(members(a).at(-1) ?? null);
      expect(latitude.smallest(a)).toBe(members(a)[0] ?? null);
      expect(latitude.isEmpty(a)).toBe(members(a).length === 0);
      expect(latitude.size(a)).toBe(BigInt(members(a).length));
      return members(a).length > 1;
    });
  });

  test('of 512 bits, as the vector lengths of SVE have, are counted and not listed', () => {
    const mask = (1n << 512n) - 1n;
    const wide = latitude.intersection(latitude.subset(512, mask, 1n), latitude.range(512, 0n, mask >> 1n));
    expect(latitude.size(wide)).toBe(1n << 510n);
    expect(latitude.canonical(wide)).toEqual({
      mask: mask >> 1n,
      required: 1n,
      min: 1n,
      max: mask >> 1n,
      values: null,
    });
  });
});
