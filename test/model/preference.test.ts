import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agrees, atMost, best, latitude } from '../../src/model/index.ts';
import type { Comparison, Latitude, Preference } from '../../src/model/index.ts';
import { RUNS, enough } from '../runs.ts';

const WIDTH = 4;
const ALL = Array.from({ length: 1 << WIDTH }, (_, value) => BigInt(value));
const value = fc.bigInt({ min: 0n, max: 15n });

const given: fc.Arbitrary<Latitude> = fc.oneof(
  fc.constant(latitude.free(WIDTH)),
  fc.tuple(value, value).map(([mask, required]) => latitude.subset(WIDTH, mask | required, required)),
  fc.tuple(value, value).map(([a, b]) => latitude.range(WIDTH, a < b ? a : b, a < b ? b : a)),
  fc.array(value, { maxLength: 6 }).map((values) => latitude.enumerated(WIDTH, values)),
);
const COMPARISONS: readonly Comparison[] = ['subset', 'lower-safe', 'higher-safe', 'higher-or-zero', 'exact'];

describe.each(COMPARISONS)('the best value of an element compared as %s', (comparison) => {
  test('is a member that promises no host more than it shows, and there is no better one', () => {
    let nonTrivial = 0;
    fc.assert(
      fc.property(given, fc.array(value, { minLength: 1, maxLength: 3 }), fc.boolean(), (l, shown, sign) => {
        // Bit sets have no sign, and FTR_HIGHER_OR_ZERO_SAFE fields are unsigned.
        const signed = sign && (comparison === 'lower-safe' || comparison === 'higher-safe');
        const element: Preference = { comparison, signed, width: WIDTH };
        const safe = ALL.filter((v) => latitude.contains(l, v) && shown.every((limit) => atMost(element, v, limit)));
        const found = best(element, l, shown);
        if (comparison === 'exact') {
          // Only one of the defaults will do, and it may be another than some host shows.
          expect(found === null || (shown.includes(found) && latitude.contains(l, found))).toBe(true);
          expect(found === null).toBe(!shown.some((v) => latitude.contains(l, v)));
          if (found !== null) nonTrivial++;
          return;
        }
        expect(found === null).toBe(safe.length === 0);
        if (found === null) return;
        expect(safe).toContain(found);
        // Better: that a guest of the found one is safe with, and not the other way round.
        for (const other of safe) {
          const better = atMost(element, found, other) && !atMost(element, other, found);
          expect(better, `${other} is better than ${found}`).toBe(false);
        }
        if (safe.length > 1) nonTrivial++;
      }),
      { numRuns: RUNS },
    );
    expect(enough(nonTrivial, 0.1), `${nonTrivial} of ${RUNS} cases`).toBe(true);
  });
});

describe('tolerance', () => {
  test('is in parts per million of what the host shows, and none where the element has none', () => {
    expect(agrees({ tolerance: 250 }, 2_000_500n, 2_000_000n)).toBe(true);
    expect(agrees({ tolerance: 250 }, 2_000_501n, 2_000_000n)).toBe(false);
    expect(agrees({ tolerance: 250 }, 1_999_500n, 2_000_000n)).toBe(true);
    expect(agrees({}, 2_000_001n, 2_000_000n)).toBe(false);
  });
});
