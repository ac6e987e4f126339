/**
 * What a guest is asked to do: a table of operations, made one after the other. Each has an outcome of its own; one that
 * faults is recorded, and the next is made. Everything but code is plain data and can stand in a file.
 */
import type { Hex } from '../../model/index.ts';
import type { Item, Width } from './assembler/index.ts';

/** A system register by name (`system-register.ts`), or bits at a guest-physical address: MMIO or memory. */
export type Place = { readonly register: string } | { readonly width: Width; readonly address: Hex };

export type PlainOperation =
  /** Values: what was read. */
  | { readonly kind: 'read'; readonly from: Place }
  /** No values: it was written, and nothing faulted. */
  | { readonly kind: 'write'; readonly to: Place; readonly value: Hex }
  /**
   * Reads, writes, and reads again. Values: before, after. Written is a value, or what was read with the bits of `flip`
   * turned over. Then what was read first is written back, unless `leave`.
   */
  | {
      readonly kind: 'try';
      readonly at: Place;
      readonly write: { readonly value: Hex } | { readonly flip: Hex };
      readonly leave?: boolean;
    }
  /**
   * A call by SMCCC: `parameters` in x0, x1 …, at most 18. Values: x0 to x3, or as many as `results` says. The registers
   * that no parameter is given for are 0.
   */
  | {
      readonly kind: 'call';
      readonly by: 'hvc' | 'smc';
      readonly parameters: readonly Hex[];
      readonly results?: number;
    }
  /** ISB: what was written to registers takes effect. No values. */
  | { readonly kind: 'isb' }
  /** Leaves the guest, so that the host can make a call in mid-table. No values. `tag` is handed to the host. */
  | { readonly kind: 'pause'; readonly tag: number };

/**
 * Code of one's own. It may change x0 to x25, x30, vector registers, and the stack below SP; its values are what it
 * leaves in x0, x1 …, `values` of them, at most 18. `unique` begins the names of its labels. Where an interrupt or a
 * fault ends it, interrupts are masked from then on. It may leave EL1: SVC at EL0 is a fault, from which the table goes
 * on at EL1.
 */
export interface CodeOperation {
  readonly kind: 'code';
  readonly values: number;
  readonly code: (unique: string) => readonly Item[];
}

export type GuestOperation = PlainOperation | CodeOperation;

/** x0 to x17 carry parameters and results of a call (SMC Calling Convention 1.2, section 2.6). */
export const MOST_VALUES = 18;

/** How many values an operation has where it does not fault. */
export function valuesOf(operation: GuestOperation): number {
  switch (operation.kind) {
    case 'read':
      return 1;
    case 'try':
      return 2;
    case 'call':
      return operation.results ?? 4;
    case 'code':
      return operation.values;
    case 'write':
    case 'isb':
    case 'pause':
      return 0;
  }
}
