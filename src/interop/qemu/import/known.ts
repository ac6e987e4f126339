/** A word of a guest as far as its VMM tells. */
import type { WordPath } from '../../../model/index.ts';

export interface KnownWord {
  readonly word: WordPath;
  /** Bits. */
  readonly width: number;
  readonly value: bigint;
  /** The bits of `value` that were told; nothing is known of the others. */
  readonly known: bigint;
}
