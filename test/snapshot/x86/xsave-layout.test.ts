/** XSAVE areas between hosts whose components lie at other places. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { relocate } from '../../../src/snapshot/x86/xsave-layout.ts';
import type { Layout } from '../../../src/snapshot/x86/xsave-layout.ts';

const EXTENDED = 576;
const XSTATE_BV = 512;

/** Components of the same sizes in any order behind the header. */
const layouts: fc.Arbitrary<{ readonly a: Layout; readonly b: Layout; readonly end: number }> = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 2, max: 18 }), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 6,
    selector: ([xfeature]) => xfeature,
  })
  .chain((components) =>
    fc.shuffledSubarray(components, { minLength: components.length }).map((shuffled) => ({
      a: placed(components),
      b: placed(shuffled),
      end: EXTENDED + components.reduce((sum, [, size]) => sum + size, 0),
    })),
  );

function placed(components: readonly (readonly [xfeature: number, size: number])[]): Layout {
  let offset = EXTENDED;
  return new Map(
    components.map(([xfeature, size]) => {
      const place = { offset, size };
      offset += size;
      return [xfeature, place];
    }),
  );
}

const filled = (length: number, xfeatures: Iterable<number>): Uint8Array => {
  const area = Uint8Array.from({ length }, (_, at) => (at * 7 + 1) & 0xff);
  const bits = [...xfeatures].reduce((mask, xfeature) => mask | (1n << BigInt(xfeature)), 3n);
  new DataView(area.buffer).setBigUint64(XSTATE_BV, bits, true);
  return area;
};

describe('an area', () => {
  test('comes back as it was from a host with another layout', () => {
    fc.assert(
      fc.property(layouts, ({ a, b, end }) => {
        const area = filled(end, a.keys());
        const there = relocate(area, a, b, end);
        expect(there.lost).toEqual([]);
        for (const [xfeature, { offset, size }] of b) {
          const from = a.get(xfeature)?.offset ?? 0;
          expect(there.area.subarray(offset, offset + size)).toEqual(area.subarray(from, from + size));
        }
        expect(relocate(there.area, b, a, end).area).toEqual(area);
      }),
    );
  });

  test('loses what is in use and has no room, and says so', () => {
    const layout = placed([
      [2, 256],
      [9, 8],
    ]);
    expect(relocate(filled(840, [2, 9]), layout, layout, 836).lost).toEqual([9]);
    expect(relocate(filled(840, [2]), layout, layout, 836).lost).toEqual([]);
    expect(relocate(filled(840, [9]), layout, placed([[2, 256]]), 840).lost).toEqual([9]);
    expect(relocate(filled(840, [9]), layout, placed([[9, 16]]), 840).lost).toEqual([9]);
  });

  test('keeps what no layout tells of, where the layouts are the same', () => {
    const layout = placed([[2, 256]]);
    const area = filled(1088, [2, 5]);
    expect(relocate(area, layout, layout, 1088)).toEqual({ area, lost: [] });
    expect(relocate(area, layout, placed([[3, 64]]), 1088).lost).toEqual([2, 5]);
  });
});
