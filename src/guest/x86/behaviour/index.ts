/** Behaviour tests of x86, by the ids of their rows in `arch/x86/tables/behaviours.ts`. */
import { APIC_TESTS } from './apic.ts';
import { CPU_TESTS } from './cpu.ts';
import { nestedSvmSharedPat } from './nested.ts';
import { QUIRK_TESTS } from './quirks.ts';
import type { BehaviourTest } from './test.ts';

export { capabilityNumber, openBench } from './bench.ts';
export { PLAIN } from './test.ts';
export type { Bench, BenchHost, CpuidEntry, Needs, Selection } from './bench.ts';
export type { BehaviourTest, Came } from './test.ts';

/** Those of a plain machine first: they may share one. */
export const BEHAVIOUR_TESTS: readonly BehaviourTest[] = [
  ...QUIRK_TESTS,
  ...CPU_TESTS,
  ...APIC_TESTS,
  nestedSvmSharedPat,
];
