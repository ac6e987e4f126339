/** The words of the project as types and pure functions. No I/O, no architecture knowledge, no dependency. */
export * from './contract.ts';
export * from './element.ts';
export * from './hex.ts';
export * from './measured.ts';
export * from './result.ts';
export * from './surface.ts';
export * from './verdict.ts';
