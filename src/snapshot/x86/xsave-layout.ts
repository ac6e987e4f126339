/** An XSAVE area laid out for another host: the standard form, whose components lie where leaf 0xD says. */

/** By the number of the xfeature, from 2 on; the legacy region (x87 and SSE) and the header lie at the same place always. */
export type Layout = ReadonlyMap<number, { readonly offset: number; readonly size: number }>;

/** Where the header ends. */
const EXTENDED = 576;
const XSTATE_BV = 512;
/** x87 and SSE have no place of their own. */
const FIRST = 2;

/** Xfeatures that XSTATE_BV says are not in their initial state, from 2 on. */
export function componentsInUse(area: Uint8Array): number[] {
  const bits = new DataView(area.buffer, area.byteOffset, area.byteLength).getBigUint64(XSTATE_BV, true);
  return Array.from({ length: 62 - FIRST }, (_, at) => at + FIRST).filter((bit) => ((bits >> BigInt(bit)) & 1n) === 1n);
}

export interface Relocated {
  readonly area: Uint8Array;
  /** Xfeatures of `from` that `to` does not have, has in another size, or that end behind `size`. */
  readonly missing: readonly number[];
}

/** `size` bytes: what `area` holds by `from`, put where `to` has it. XSTATE_BV stays as it is. */
export function relocate(area: Uint8Array, from: Layout, to: Layout, size: number): Relocated {
  const result = new Uint8Array(size);
  result.set(area.subarray(0, EXTENDED));
  const missing: number[] = [];
  for (const [xfeature, source] of from) {
    const target = to.get(xfeature);
    if (target === undefined || target.size !== source.size || target.offset + target.size > size) {
      missing.push(xfeature);
      continue;
    }
    result.set(area.subarray(source.offset, source.offset + source.size), target.offset);
  }
  return { area: result, missing };
}
