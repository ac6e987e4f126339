/** Words of which libvirt's XML states some bits. */
import type { WordPath } from '../../model/index.ts';
import { union } from './bits.ts';
import type { Bits } from './bits.ts';

export interface StatedWord {
  readonly word: WordPath;
  readonly value: bigint;
  /** The stated bits. */
  readonly mask: bigint;
}

export function ofBits(on: Bits, off: Bits): StatedWord[] {
  return [...union(on, off)].map(([word, mask]) => ({ word, mask, value: on.get(word) ?? 0n }));
}

/** Four characters a word, the first in the lowest byte; zeros behind a text's end. */
export function characterWords(words: readonly WordPath[], text: string): StatedWord[] {
  return words.map((word, at) => ({ word, mask: 0xffff_ffffn, value: fourCharacters(text, at * 4) }));
}

function fourCharacters(text: string, from: number): bigint {
  const codes = [...text.slice(from, from + 4)].map((character) => BigInt(character.charCodeAt(0)));
  return codes.reduce((sum, code, at) => sum | (code << BigInt(at * 8)), 0n);
}

/** Statements of one word joined; of two that contradict each other the later one counts. */
export function combined(...all: readonly (readonly StatedWord[])[]): StatedWord[] {
  const words = new Map<WordPath, StatedWord>();
  for (const { word, mask, value } of all.flat()) {
    const before = words.get(word) ?? { word, mask: 0n, value: 0n };
    words.set(word, { word, mask: before.mask | mask, value: (before.value & ~mask) | value });
  }
  return [...words.values()];
}
