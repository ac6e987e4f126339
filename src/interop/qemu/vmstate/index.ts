/** What QEMUs save, from their `-dump-vmstate` files, and whether one loads what the other has saved. */
export { caveatsOf, compare, sharedMachine } from './compare.ts';
export type { CompareOptions } from './compare.ts';
export { DumpLoader } from './load.ts';
export type { Comparison, Description, Field, Finding, Rule, VmstateDump, VmstateSection } from './model.ts';
export { readDump } from './read.ts';
export type { DumpFault } from './read.ts';
