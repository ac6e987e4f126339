/**
 * Where a guest leaves what came of its operations: a slot each, 64-bit words. The first is the state; behind it stand
 * the values, or what the exception handler found.
 */
import type { GuestMemory } from '../memory.ts';
import type { GuestOperation } from './operation.ts';
import { valuesOf } from './operation.ts';

/** Words of a slot's first state; 0 is what fresh memory holds. */
export const STATE = { notReached: 0, begun: 1, values: 2, fault: 3 } as const;

/** Bytes in a slot, in both uses. */
export const SLOT = { state: 0, values: 8, vector: 8, esr: 16, far: 24, elr: 32 } as const;
const FAULT_BYTES = 40;

/** Names of the 16 vectors by their place (Arm ARM, D1.3.1.4, table of vector offsets). */
const ORIGINS = ['current-sp0', 'current', 'lower-64', 'lower-32'] as const;
const KINDS = ['synchronous', 'irq', 'fiq', 'serror'] as const;

export interface Fault {
  readonly kind: 'fault';
  /** Which of the four exceptions, and where from. */
  readonly exception: (typeof KINDS)[number];
  readonly origin: (typeof ORIGINS)[number];
  /** ESR_EL1.EC (D19.2.40): 0 unknown (an undefined instruction or register), 0x18 a trapped register, 0x25 a data abort. */
  readonly exceptionClass: number;
  readonly esr: bigint;
  /** FAR_EL1; means something for aborts only. */
  readonly far: bigint;
  /** ELR_EL1: the instruction, or for an interrupt the one that would have come next. */
  readonly elr: bigint;
}

export type Outcome =
  | { readonly kind: 'not-reached' }
  /** The guest ended in it: see how. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'values'; readonly values: readonly bigint[] }
  | Fault;

/** Bytes of an operation's slot. */
export function slotBytes(operation: GuestOperation): number {
  return Math.max(FAULT_BYTES, 8 + 8 * valuesOf(operation));
}

/** What came of an operation; `address` is its slot's. */
export function readSlot({ view, base }: GuestMemory, address: number, operation: GuestOperation): Outcome {
  return decodeSlot(view, address - Number(base), valuesOf(operation));
}

/** A slot at `at` in a view of memory; `count` values where it holds values. */
export function decodeSlot(view: DataView, at: number, count: number): Outcome {
  const word = (offset: number): bigint => view.getBigUint64(at + offset, true);
  switch (Number(word(SLOT.state))) {
    case STATE.notReached:
      return { kind: 'not-reached' };
    case STATE.begun:
      return { kind: 'begun' };
    case STATE.values:
      return {
        kind: 'values',
        values: Array.from({ length: count }, (_, index) => word(SLOT.values + 8 * index)),
      };
    default:
      return faultOf(Number(word(SLOT.vector)), word(SLOT.esr), word(SLOT.far), word(SLOT.elr));
  }
}

function faultOf(vector: number, esr: bigint, far: bigint, elr: bigint): Fault {
  return {
    kind: 'fault',
    exception: KINDS[vector & 3] ?? 'synchronous',
    origin: ORIGINS[vector >> 2] ?? 'current',
    exceptionClass: Number((esr >> 26n) & 0x3fn),
    esr,
    far,
    elr,
  };
}
