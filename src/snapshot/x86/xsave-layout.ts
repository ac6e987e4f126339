/** An XSAVE area laid out for another host: the standard form, whose components lie where leaf 0xD says. */

/** By the number of the xfeature, from 2 on; the legacy region (x87 and SSE) and the header lie at the same place always. */
export type Layout = ReadonlyMap<number, { readonly offset: number; readonly size: number }>;

/** Where the header ends. */
const EXTENDED = 576;
const XSTATE_BV = 512;
/** x87 and SSE have no place of their own. */
const FIRST = 2;

/** Xfeatures that XSTATE_BV says are not in their initial state, from 2 on. */
function componentsInUse(area: Uint8Array): number[] {
  const bits = new DataView(area.buffer, area.byteOffset, area.byteLength).getBigUint64(XSTATE_BV, true);
  return Array.from({ length: 62 - FIRST }, (_, at) => at + FIRST).filter((bit) => ((bits >> BigInt(bit)) & 1n) === 1n);
}

export interface Relocated {
  readonly area: Uint8Array;
  /** Xfeatures in use that have no place in `to`, another size there, or end behind `size`. */
  readonly lost: readonly number[];
}

/**
 * `size` bytes: what `area` holds by `from`, put where `to` has it. XSTATE_BV stays as it is. Between hosts of one layout
 * nothing is moved, also of what neither tells of.
 */
export function relocate(area: Uint8Array, from: Layout, to: Layout, size: number): Relocated {
  const result = new Uint8Array(size);
  const same = isSame(from, to);
  result.set(area.subarray(0, same ? size : EXTENDED));
  const placed = new Set<number>();
  for (const [xfeature, source] of from) {
    const target = to.get(xfeature);
    if (target === undefined || target.size !== source.size || target.offset + target.size > size) continue;
    placed.add(xfeature);
    if (!same) result.set(area.subarray(source.offset, source.offset + source.size), target.offset);
  }
  // With one layout, a component that it does not tell of went with the rest.
  const lost = componentsInUse(area).filter((xfeature) => !placed.has(xfeature) && !(same && !from.has(xfeature)));
  return { area: result, lost };
}

function isSame(a: Layout, b: Layout): boolean {
  const equal = [...a].every(([xfeature, { offset, size }]) => {
    const other = b.get(xfeature);
    return other?.offset === offset && other.size === size;
  });
  return equal && a.size === b.size;
}
