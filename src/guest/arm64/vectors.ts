/**
 * The exception vectors of a table's program. Whatever arrives ends the operation that is being made: the handler writes
 * it to the operation's slot (x28) and goes on behind the operation (x29), at EL1 with interrupts masked, whatever the
 * operation had done to PSTATE.
 */
import { b, ERET, label, mov, movz, mrs, msr, str } from './assembler/index.ts';
import type { Item } from './assembler/index.ts';
import { SLOT, STATE } from './mailbox.ts';
import { encodingOf } from './system-register.ts';

/** Registers that a program keeps for itself: the slot, where to go on, and two to work with. */
export const SLOT_REGISTER = 28;
export const NEXT_REGISTER = 29;
const WORK = 27;
const VECTOR = 26;

/** PSTATE of SPSR_EL1: EL1 with its own stack pointer; D, A, I and F masked (D19.2.138). */
export const EL1H_MASKED = 0x3c5n;

/** Bytes of one vector, D1.3.1.4. */
const STRIDE = 0x80;

/** The 16 vectors, aligned as VBAR_EL1 needs it, each of which says its number and goes to `handler`. */
export function vectorTable(handler: string): Item[] {
  return [
    { align: 2048 },
    label('vectors'),
    ...Array.from({ length: 16 }, (_, vector): Item[] => [movz(VECTOR, vector), b(handler), { align: STRIDE }]).flat(),
  ];
}

/** `record`: the handler that the vectors of a table go to. */
export const RECORD: readonly Item[] = [
  label('record'),
  str(64, VECTOR, SLOT_REGISTER, SLOT.vector),
  ...(
    [
      [encodingOf('ESR_EL1'), SLOT.esr],
      [encodingOf('FAR_EL1'), SLOT.far],
      [encodingOf('ELR_EL1'), SLOT.elr],
    ] as const
  ).flatMap(([encoding, offset]) => [mrs(WORK, encoding), str(64, WORK, SLOT_REGISTER, offset)]),
  movz(WORK, STATE.fault),
  str(64, WORK, SLOT_REGISTER, SLOT.state),
  msr(encodingOf('ELR_EL1'), NEXT_REGISTER),
  ...mov(WORK, EL1H_MASKED),
  msr(encodingOf('SPSR_EL1'), WORK),
  ERET,
];
