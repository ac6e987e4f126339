/**
 * x86 guests: tables of operations, assembled into a program for long mode or real mode, run on a machine, and decoded
 * into an outcome for each operation.
 */
export { Assembler, at, dword, qword } from './assembler/index.ts';
export type { Label, Memory, Register64 } from './assembler/index.ts';
export { PAGE_TABLES, SCRATCH } from './layout.ts';
export type { Eoi } from './layout.ts';
export { describeGuestOperation, valueNames, whyNot } from './operation.ts';
export type { CodeContext, GuestOperation, Mode, Registers } from './operation.ts';
export { openGuest, runTable } from './run-table.ts';
export type { TableOptions, TableResult, X86Guest } from './run-table.ts';
export { INITIAL } from './start.ts';
export type { GuestOutcome } from './table.ts';
