/** What the witness reads in each round: every promised word that code in a guest can read by itself. Pure. */
import type { Contract, WordPath } from '../../model/index.ts';
import type { RoundTripGroup } from './host.ts';

/**
 * Words, not instructions: which instruction reads a word, or none, is the witness's to know. A leaf of CPUID or a register
 * of which nothing is promised (derived, topology, state) is not compared.
 */
export function readsOf(_: RoundTripGroup, contract: Contract): readonly WordPath[] {
  return contract.promises.map(({ word }) => word);
}
