/** The mailbox: a slot of 128 bytes for each operation, that the guest fills as it goes. */
import { SLOTS } from './layout.ts';

export const SLOT_BYTES = 128;
/** Values that a slot holds, of 64 bits each. */
export const MAXIMUM_VALUES = 15;

/** The first word of a slot. */
export const STATE = { notReached: 0, begun: 1, values: 2, fault: 3 } as const;

/** Offsets of a fault's parts in its slot. */
export const FAULT = { vector: 8, error: 16, address: 24, cr2: 32, dr6: 40, cs: 48 } as const;

export function slotAddress(index: number): number {
  return SLOTS + index * SLOT_BYTES;
}

/** Of a slot's value. */
export function valueAddress(slot: number, value: number): number {
  if (value >= MAXIMUM_VALUES) throw new RangeError(`a slot holds ${MAXIMUM_VALUES} values`);
  return slot + 8 + 8 * value;
}

export type SlotContent =
  | { readonly state: 'not-reached' }
  | { readonly state: 'begun' }
  | { readonly state: 'values'; readonly values: readonly bigint[] }
  | {
      readonly state: 'fault';
      readonly vector: number;
      readonly errorCode: bigint;
      /** Of the instruction that faulted, or behind it where the exception is a trap. */
      readonly address: bigint;
      readonly cr2: bigint;
      /** Of vector 1 only; else 0. */
      readonly dr6: bigint;
      readonly cs: bigint;
    };

/** Reads a slot; `count`: how many values its operation stores. */
export function readSlot(memory: DataView, slot: number, count: number): SlotContent {
  const word = (offset: number): bigint => memory.getBigUint64(slot + offset, true);
  switch (memory.getUint32(slot, true)) {
    case STATE.begun:
      return { state: 'begun' };
    case STATE.values:
      return { state: 'values', values: Array.from({ length: count }, (_, value) => word(8 + 8 * value)) };
    case STATE.fault:
      return {
        state: 'fault',
        vector: Number(word(FAULT.vector)),
        errorCode: word(FAULT.error),
        address: word(FAULT.address),
        cr2: word(FAULT.cr2),
        dr6: word(FAULT.dr6),
        cs: word(FAULT.cs),
      };
    default:
      return { state: 'not-reached' };
  }
}
