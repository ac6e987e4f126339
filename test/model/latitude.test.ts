import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { latitude } from '../../src/model/index.ts';
import type { Latitude } from '../../src/model/index.ts';

/** Small enough to enumerate, so that every law is checked against sets of numbers. */
const WIDTH = 6;
const ALL = Array.from({ length: 1 << WIDTH }, (_, value) => BigInt(value));
const value = fc.bigInt({ min: 0n, max: 63n });

const any: fc.Arbitrary<Latitude> = fc.oneof(
  fc.constant(latitude.free(WIDTH)),
  value.map((v) => latitude.fixed(WIDTH, v)),
  fc.tuple(value, value).map(([mask, required]) => latitude.subset(WIDTH, mask, required)),
  fc.tuple(value, value).map(([a, b]) => latitude.range(WIDTH, a, b)),
  fc.array(value, { maxLength: 8 }).map((values) => latitude.enumerated(WIDTH, values)),
);
const joined: fc.Arbitrary<Latitude> = fc.oneof(
  any,
  fc.tuple(any, any).map(([a, b]) => latitude.intersection(a, b)),
);

const members = (l: Latitude): bigint[] => ALL.filter((v) => latitude.contains(l, v));

describe('latitude', () => {
  test('intersection holds exactly the values that both hold', () => {
    fc.assert(
      fc.property(joined, joined, (a, b) => {
        const both = members(a).filter((v) => latitude.contains(b, v));
        expect(members(latitude.intersection(a, b))).toEqual(both);
      }),
    );
  });

  test('intersection is commutative, associative and idempotent', () => {
    fc.assert(
      fc.property(joined, joined, joined, (a, b, c) => {
        const { intersection } = latitude;
        expect(members(intersection(a, b))).toEqual(members(intersection(b, a)));
        expect(members(intersection(a, intersection(b, c)))).toEqual(members(intersection(intersection(a, b), c)));
        expect(members(intersection(a, a))).toEqual(members(a));
      }),
    );
  });

  test('largest is the greatest member, and null exactly where there is none', () => {
    fc.assert(
      fc.property(joined, (l) => {
        expect(latitude.largest(l)).toBe(members(l).at(-1) ?? null);
        expect(latitude.isEmpty(l)).toBe(members(l).length === 0);
      }),
    );
  });
});
