/** What the witness reads in each round: every promised word that code in a guest can read by itself, and what it was made to use. Pure. */
import type { Contract, WordPath } from '../../model/index.ts';
import type { Variant } from './variants.ts';

/**
 * Words, not instructions: which instruction reads a word, or none, is the witness's to know. What it cannot read (switches,
 * capabilities) it leaves out.
 */
export function readsOf({ promises }: Contract, { does = [] }: Variant): readonly WordPath[] {
  const used = does.flatMap((deed) => (deed.do === 'write' ? [deed.word] : []));
  return [...new Set([...promises.map(({ word }) => word), ...used])];
}
