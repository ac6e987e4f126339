/** Turns on the interrupts that the witness uses, on the vCPU that runs it. Registers: IHI 0069, chapters 12.9 to 12.11. */
import {
  add,
  addImmediate,
  cbnz,
  dsb,
  ISB,
  label,
  ldr,
  lslImmediate,
  lsrImmediate,
  mov,
  movz,
  mrs,
  msr,
  msrImmediate,
  str,
} from '../assembler/index.ts';
import type { Item } from '../assembler/index.ts';
import { encodingOf } from '../system-register.ts';
import { ANSWER_SGI, REQUEST_SGI, TIMER_PPI } from './exceptions.ts';
import { AREA } from './layout.ts';
import { AREA_REGISTER } from './registers.ts';

/** Where plans put the vGICv3 (src/engine/plan/arm64.ts), and the second frame of a redistributor. */
export const DISTRIBUTOR = 0x0800_0000;
export const REDISTRIBUTOR = 0x080a_0000;
const SGI_FRAME = 0x1_0000;
/** log2 of a redistributor's bytes; KVM puts one behind the other in the order of the vCPUs. */
export const REDISTRIBUTOR_SHIFT = 17n;

/** GICD_CTLR: ARE and EnableGrp1, with one security state. */
const GICD_CTLR_VALUE = 0x12;
/** In the second frame. */
const GICR_IGROUPR0 = 0x80;
const GICR_ISENABLER0 = 0x100;
const GICR_IPRIORITYR = 0x400;
/** In the first. */
export const GICR_CTLR = 0x0;
const GICR_WAKER = 0x14;

const USED = (1 << REQUEST_SGI) | (1 << ANSWER_SGI) | (1 << TIMER_PPI);
/** A priority above what PMR masks, for four interrupts. */
const PRIORITIES = 0xa0a0_a0a0;
const PRIORITY_MASK = 0xf0;

/** The timer's period is a 512th of a second. */
const PERIOD_SHIFT = 9;

/** Distributor, redistributor and CPU interface. vCPU 0 does what is there once. */
export const OPEN_GIC: readonly Item[] = [
  ldr(64, 0, AREA_REGISTER, AREA.index),
  cbnz(0, 'redistributor'),
  ...mov(1, DISTRIBUTOR),
  movz(2, GICD_CTLR_VALUE),
  str(32, 2, 1),
  label('redistributor'),
  ...mov(1, REDISTRIBUTOR),
  lslImmediate(2, 0, Number(REDISTRIBUTOR_SHIFT)),
  add(1, 1, 2),
  movz(2, 0),
  str(32, 2, 1, GICR_WAKER),
  ...mov(2, SGI_FRAME),
  add(1, 1, 2),
  ...mov(2, 0xffff_ffff),
  str(32, 2, 1, GICR_IGROUPR0),
  ...mov(2, PRIORITIES),
  ...Array.from({ length: 8 }, (_, word) => str(32, 2, 1, GICR_IPRIORITYR + 4 * word)),
  ...mov(2, USED),
  str(32, 2, 1, GICR_ISENABLER0),
  dsb(),
  movz(2, 7),
  msr(encodingOf('ICC_SRE_EL1'), 2),
  ISB,
  movz(2, PRIORITY_MASK),
  msr(encodingOf('ICC_PMR_EL1'), 2),
  movz(2, 1),
  msr(encodingOf('ICC_IGRPEN1_EL1'), 2),
  ISB,
];

/** The virtual timer, and interrupts at last. */
export const OPEN_TIMER: readonly Item[] = [
  mrs(1, encodingOf('CNTFRQ_EL0')),
  lsrImmediate(1, 1, PERIOD_SHIFT),
  // A host that declares no frequency has a timer all the same.
  addImmediate(1, 1, 1),
  str(64, 1, AREA_REGISTER, AREA.period),
  mrs(2, encodingOf('CNTVCT_EL0')),
  str(64, 2, AREA_REGISTER, AREA.counter),
  add(2, 2, 1),
  msr(encodingOf('CNTV_CVAL_EL0'), 2),
  movz(2, 1),
  msr(encodingOf('CNTV_CTL_EL0'), 2),
  ISB,
  msrImmediate('DAIFClr', 2),
];
