/**
 * A small A64 assembler: one function an instruction, which gives its word; a program is a list of words, references,
 * labels and data. Only the instructions that the guests of this folder need.
 */
export { addressOf, assemble, label } from './item.ts';
export type { Assembled, Item, Reference } from './item.ts';
export { LR, SP, XZR } from './field.ts';
export type { Register } from './field.ts';
export * from './branch.ts';
export * from './integer.ts';
export * from './memory.ts';
export * from './system.ts';
export * from './vector.ts';
