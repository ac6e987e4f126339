/**
 * arm64 guests: tables of operations become programs, run on a machine, and give an outcome for each operation. The
 * guest runs at EL1 in memory from 0x4000_0000 on, with an identity map and, until its code says otherwise, interrupts
 * masked.
 */
export * as a64 from './assembler/index.ts';
export type { Item } from './assembler/index.ts';
export { MEMORY_BASE } from './address-space.ts';
export type { Fault, Outcome } from './mailbox.ts';
export type { CodeOperation, GuestOperation, PlainOperation, Place } from './operation.ts';
export { code, hvc, load, mrs, msr, store } from './operations.ts';
export { runTable, TABLE_MEMORY } from './run-table.ts';
export type { Ended, GuestHost, TableOptions, TableResult } from './run-table.ts';
export { encodingOf, genericName } from './system-register.ts';
