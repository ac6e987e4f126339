/**
 * The engine for many contracts on many surfaces at once. It gives what `check` gives, from tables in which each distinct
 * unit of a contract is judged once in each distinct situation.
 */
export { CompiledEngine } from './engine.ts';
export type { CompiledContract, CompiledSurface } from './compiled.ts';
