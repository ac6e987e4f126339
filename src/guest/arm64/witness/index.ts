/** The self-checking guest on arm64 (`src/guest/witness.ts` says what it is). */
export { canaries, defaultTable } from './canaries.ts';
export { disturb } from './disturb.ts';
export { loadWitness, witnessMemory } from './load.ts';
export { defaultReads, readOf } from './reads.ts';
export { readWitness } from './report.ts';
export { runWitness } from './run.ts';
