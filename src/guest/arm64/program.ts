/** A table of operations becomes a program: straight code, one slot an operation, and a store that leaves the guest. */
import { assemble, b, label, mov, movLabel, movz, str, WFI } from './assembler/index.ts';
import type { Assembled, Item } from './assembler/index.ts';
import { DOORBELL, MEMORY_BASE } from './address-space.ts';
import { SLOT, slotBytes, STATE } from './mailbox.ts';
import type { GuestOperation } from './operation.ts';
import { valuesOf } from './operation.ts';
import { PREAMBLE } from './preamble.ts';
import { translate } from './translate.ts';
import { NEXT_REGISTER, RECORD, SLOT_REGISTER, vectorTable } from './vectors.ts';

const WORK = 27;

/**
 * The program of a table for vCPU 0, and `others`, the code of the other vCPUs (x0: the vCPU's number), behind which
 * they wait. Slots are labelled `slot0`, `slot1` …, operations `operation0` …, both in the table's order.
 */
export function tableProgram(operations: readonly GuestOperation[], others: readonly Item[] = []): Assembled {
  return assemble(MEMORY_BASE, [
    ...PREAMBLE,
    ...vectorTable('record'),
    ...RECORD,
    label('table'),
    ...operations.flatMap((operation, index) => oneOperation(operation, index)),
    label(`operation${operations.length}`),
    ...movLabel(SLOT_REGISTER, 'slot-outside'),
    ...mov(0, DOORBELL.end),
    str(64, 0, 0),
    label('end'),
    b('end'),
    label('others'),
    ...others,
    label('wait'),
    WFI,
    b('wait'),
    { align: 64 },
    label('code-end'),
    // What faults outside of any operation: the first instructions, or the other vCPUs.
    label('slot-outside'),
    { zeros: 64 },
    ...operations.flatMap((operation, index): Item[] => [label(`slot${index}`), { zeros: slotBytes(operation) }]),
    label('program-end'),
  ]);
}

function oneOperation(operation: GuestOperation, index: number): Item[] {
  const stored = Array.from({ length: valuesOf(operation) }, (_, value) =>
    str(64, value, SLOT_REGISTER, SLOT.values + 8 * value),
  );
  return [
    label(`operation${index}`),
    ...movLabel(SLOT_REGISTER, `slot${index}`),
    ...movLabel(NEXT_REGISTER, `operation${index + 1}`),
    movz(WORK, STATE.begun),
    str(64, WORK, SLOT_REGISTER, SLOT.state),
    ...translate(operation, `operation${index}.`),
    ...stored,
    movz(WORK, STATE.values),
    str(64, WORK, SLOT_REGISTER, SLOT.state),
  ];
}
