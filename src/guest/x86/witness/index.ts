/** The self-checking guest on x86_64 (`src/guest/witness.ts` says what it is). */
export { canaries, defaultTable } from './canaries.ts';
export { useX2apic } from './interrupts.ts';
export { loadWitness, witnessMemory } from './load.ts';
export { defaultReads, readOf } from './reads.ts';
export { disturb } from './disturb.ts';
export { readWitness } from './report.ts';
export { runWitness } from './run.ts';
export { useXfeature } from './vectors.ts';
