/**
 * x86_64: what every word and element of a surface is, what a surface's sections say of it, and what of them varies
 * from run to run.
 */
export { measure } from './measure/index.ts';
export { OBSERVATION_RULES, observations } from './observed.ts';
export { operation } from './operations.ts';
export { registry } from './registry.ts';
export { canonicalSections } from './volatile.ts';
