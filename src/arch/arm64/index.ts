/**
 * The arm64 registry: which words and elements an arm64 guest has, how they compare, how they are selected, and how a
 * surface's sections become words. Tables are facts; nothing here does I/O.
 */
export { measure } from './measure.ts';
export { observations, OBSERVATION_RULES } from './observed.ts';
export type * from './observed-sections.ts';
export { operation } from './operations.ts';
export { DEFAULT_VCPU } from './read-sections.ts';
export { implementerName, registry } from './registry.ts';
export type * from './sections.ts';
export { canonicalSections } from './volatile.ts';
