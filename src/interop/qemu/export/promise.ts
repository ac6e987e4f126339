/** What a contract promises, by word: how exporters look it up. */
import type { Contract, Promised, WordPath } from '../../../model/index.ts';

export type Promises = ReadonlyMap<WordPath, Promised>;

export function promisesOf(contract: Contract): Promises {
  return new Map(contract.promises.map((promised) => [promised.word, promised]));
}

/** The promised value of a field; null where not all of its bits are promised. */
export function promisedField(
  promises: Promises,
  { word, shift, width }: { readonly word: WordPath; readonly shift: number; readonly width: number },
): bigint | null {
  const promised = promises.get(word);
  if (promised === undefined) return null;
  const bits = (1n << BigInt(width)) - 1n;
  if (((promised.mask >> BigInt(shift)) & bits) !== bits) return null;
  return (promised.value >> BigInt(shift)) & bits;
}
