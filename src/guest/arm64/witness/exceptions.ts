/** What the witness does with exceptions: faults are results, interrupts are counted and answered. */
import {
  addImmediate,
  add,
  b,
  bCond,
  cbnz,
  cmpImmediate,
  ERET,
  ISB,
  label,
  ldp,
  ldr,
  lsrImmediate,
  movz,
  mrs,
  msr,
  SP,
  stp,
  str,
  XZR,
} from '../assembler/index.ts';
import type { Item } from '../assembler/index.ts';
import { SLOT, STATE } from '../mailbox.ts';
import { encodingOf } from '../system-register.ts';
import { AREA } from './layout.ts';
import { AREA_REGISTER, CURRENT, NEXT, VECTOR, WORK } from './registers.ts';

/** Interrupt ids: two SGIs, and the virtual timer's PPI (Arm BSA, table of PPIs; KVM's default). */
export const REQUEST_SGI = 1;
export const ANSWER_SGI = 2;
export const TIMER_PPI = 27;
/** LPIs begin at 2 to this. */
const LPI_SHIFT = 13;
/** From here on they say that there is none (GIC architecture, IHI 0069, 2.2.1). */
const FIRST_SPECIAL = 1020;

/** Bytes of one vector, Arm ARM D1.3.1.4. */
const STRIDE = 0x80;
/** The vector of an IRQ from EL1 with its own stack pointer. */
const IRQ = 5;

export const VECTORS: readonly Item[] = [
  { align: 2048 },
  label('vectors'),
  ...Array.from({ length: 16 }, (_, vector): Item[] =>
    vector === IRQ ? [b('interrupt'), { align: STRIDE }] : [movz(VECTOR, vector), b('fault'), { align: STRIDE }],
  ).flat(),
];

/**
 * `fault`: what arrived becomes the current slot, and the vCPU goes on behind what it was doing. Words beyond are zeros,
 * so that a fault is the same fault each time. FAR_EL1 counts for data aborts only and is left out, ELR_EL1 is kept aside.
 * `words`: those of the largest slot.
 */
export function faultHandler(words: number): Item[] {
  return [
    label('fault'),
    str(64, VECTOR, CURRENT, SLOT.vector),
    mrs(WORK, encodingOf('ESR_EL1')),
    str(64, WORK, CURRENT, SLOT.esr),
    ...Array.from({ length: words - 3 }, (_, index) => str(64, XZR, CURRENT, 8 * (3 + index))),
    mrs(WORK, encodingOf('ELR_EL1')),
    str(64, WORK, AREA_REGISTER, AREA.faultElr),
    movz(WORK, STATE.fault),
    str(64, WORK, CURRENT, SLOT.state),
    msr(encodingOf('ELR_EL1'), NEXT),
    ERET,
  ];
}

const count = (offset: number): Item[] => [
  ldr(64, 1, AREA_REGISTER, offset),
  addImmediate(1, 1, 1),
  str(64, 1, AREA_REGISTER, offset),
];

/**
 * `interrupt`: an SGI that asks is answered, one that answers is counted, a tick sets the timer anew. Leaves every
 * register but the system's exception registers as it was.
 */
export const INTERRUPT: readonly Item[] = [
  label('interrupt'),
  stp(0, 1, SP, -32, 'pre'),
  str(64, 2, SP, 16),
  mrs(0, encodingOf('ICC_IAR1_EL1')),
  cmpImmediate(0, TIMER_PPI),
  bCond('eq', 'interrupt.timer'),
  cmpImmediate(0, REQUEST_SGI),
  bCond('eq', 'interrupt.request'),
  cmpImmediate(0, ANSWER_SGI),
  bCond('eq', 'interrupt.answer'),
  // LPIs are the ids with a bit at 13 or above.
  lsrImmediate(1, 0, LPI_SHIFT),
  cbnz(1, 'interrupt.message'),
  ...count(AREA.strays),
  cmpImmediate(0, FIRST_SPECIAL),
  bCond('cs', 'interrupt.return'),
  b('interrupt.end'),
  label('interrupt.timer'),
  ...count(AREA.ticks),
  mrs(1, encodingOf('CNTVCT_EL0')),
  ldr(64, 2, AREA_REGISTER, AREA.period),
  add(1, 1, 2),
  msr(encodingOf('CNTV_CVAL_EL0'), 1),
  ISB,
  b('interrupt.end'),
  label('interrupt.request'),
  ...count(AREA.requests),
  ldr(64, 1, AREA_REGISTER, AREA.answer),
  msr(encodingOf('ICC_SGI1R_EL1'), 1),
  b('interrupt.end'),
  label('interrupt.message'),
  ...count(AREA.messages),
  b('interrupt.end'),
  label('interrupt.answer'),
  ...count(AREA.answers),
  label('interrupt.end'),
  msr(encodingOf('ICC_EOIR1_EL1'), 0),
  ISB,
  label('interrupt.return'),
  ldr(64, 2, SP, 16),
  ldp(0, 1, SP, 32, 'post'),
  ERET,
];
