/** Sets of bits of words: what libvirt's features and models stand for. */
import type { WordPath } from '../../model/index.ts';

/** By word a mask. */
export type Bits = ReadonlyMap<WordPath, bigint>;

export function union(...all: readonly Bits[]): Bits {
  const sum = new Map<WordPath, bigint>();
  for (const bits of all) for (const [word, mask] of bits) sum.set(word, (sum.get(word) ?? 0n) | mask);
  return sum;
}

/** `a` without the bits of `b`; no word is left with none. */
export function minus(a: Bits, b: Bits): Bits {
  return new Map(
    [...a].flatMap(([word, mask]): [WordPath, bigint][] => {
      const left = mask & ~(b.get(word) ?? 0n);
      return left === 0n ? [] : [[word, left]];
    }),
  );
}

export function common(a: Bits, b: Bits): Bits {
  return minus(a, minus(a, b));
}

/** True where every bit of `part` is in `whole`; false for an empty `part`, which says nothing. */
export function contains(whole: Bits, part: Bits): boolean {
  if (part.size === 0) return false;
  for (const [word, mask] of part) if ((mask & ~(whole.get(word) ?? 0n)) !== 0n) return false;
  return true;
}

/** What features of these names stand for; names that are not known stand for nothing. */
export function bitsOf(features: ReadonlyMap<string, { readonly bits: Bits }>, names: Iterable<string>): Bits {
  return union(...[...names].map((name) => features.get(name)?.bits ?? NO_BITS));
}

export const NO_BITS: Bits = new Map();
