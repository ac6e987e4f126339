/** Pin, check, diff: contracts and verdicts over measured surfaces. Pure functions, no I/O, no architecture knowledge. */
export { check } from './check.ts';
export type { CheckOptions } from './check.ts';
export * from './conform/index.ts';
export { diff } from './diff.ts';
export type { Difference } from './diff.ts';
export { group } from './group.ts';
export type { Group } from './group.ts';
export type { Rule } from './finding.ts';
export { pin } from './pin.ts';
export { checkReturn } from './return.ts';
export type { PinError, PinOptions } from './pin.ts';
export type { Conflict, HostSays } from './promise.ts';
