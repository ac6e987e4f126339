/** The words of the project as types and pure functions. No I/O, no architecture knowledge, no dependency. */
export * from './catalogue.ts';
export * from './comparison-text.ts';
export * from './contract.ts';
export * from './element.ts';
export * from './hex.ts';
export * as latitude from './latitude.ts';
export type { Latitude } from './latitude.ts';
export * from './measured.ts';
export * from './operation.ts';
export * from './plan.ts';
export * from './preference.ts';
export * from './result.ts';
export * from './saved-state.ts';
export * from './surface.ts';
export * from './verdict.ts';
export * from './verification.ts';
export * from './vmm.ts';
