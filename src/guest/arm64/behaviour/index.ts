/** Behaviour tests of arm64: what a guest does for each row of `arch/arm64/tables/behaviours.ts`, and how settings are made. */
export { FUNCTION } from './calls.ts';
export type { FunctionName } from './calls.ts';
export { FRAME } from './frames.ts';
export { GROUPS, testsOf } from './groups.ts';
export { faultName, valueOf } from './outcome.ts';
export { PROGRAMS } from './programs.ts';
export { describeEnd, runBehaviours } from './run.ts';
export type { Tested } from './run.ts';
export { applicationsOf, STOLEN_TIME } from './selections.ts';
export type { Application } from './selections.ts';
