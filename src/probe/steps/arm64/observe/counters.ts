/** SVE lengths as RDVL has them, and the two counters against each other. */
import type { ObservedSection, Read } from '../../../../arch/arm64/observed-sections.ts';
import { a64, code, encodingOf } from '../../../../guest/arm64/index.ts';
import type { GuestOperation, Outcome } from '../../../../guest/arm64/index.ts';
import { hex } from '../../../../model/index.ts';
import { read } from './registers.ts';

/** Every length that ZCR_EL1.LEN can ask for: quadwords, less one (Arm ARM D19.2.171). */
const LENGTHS = 16;
const ZCR = encodingOf('ZCR_EL1');
const QUADWORD = 16n;
const VIRTUAL = encodingOf('CNTVCT_EL0');
const PHYSICAL = encodingOf('CNTPCT_EL0');
/** Long enough for both counters to advance by hundreds. */
const ROUNDS = 50_000;

/** RDVL at each length in turn, the longest last. */
const VECTOR_LENGTHS: GuestOperation = code(LENGTHS, () =>
  Array.from({ length: LENGTHS }, (_, length) => [
    ...a64.mov(20, length),
    a64.msr(ZCR, 20),
    a64.ISB,
    a64.rdvl(length),
  ]).flat(),
);

/** Each time virtual, physical, virtual: however long the guest is kept waiting, one advance lies between two others. */
const COUNTERS: GuestOperation = code(6, (unique) => [
  a64.ISB,
  a64.mrs(0, VIRTUAL),
  a64.mrs(1, PHYSICAL),
  a64.mrs(2, VIRTUAL),
  ...a64.mov(20, ROUNDS),
  a64.label(`${unique}again`),
  a64.subImmediate(20, 20, 1),
  a64.cbnz(20, `${unique}again`),
  a64.ISB,
  a64.mrs(3, VIRTUAL),
  a64.mrs(4, PHYSICAL),
  a64.mrs(5, VIRTUAL),
]);

export const COUNTER_TABLE: readonly GuestOperation[] = [VECTOR_LENGTHS, COUNTERS];

/** Bit n is a length of n + 1 quadwords. */
export function vectorLengths(outcome: Outcome | undefined): Read {
  if (outcome?.kind !== 'values') return read(outcome);
  return hex(outcome.values.reduce((set, bytes) => set | (1n << (bytes / QUADWORD - 1n)), 0n));
}

export function counters(outcome: Outcome | undefined): ObservedSection['counters'] {
  if (outcome?.kind !== 'values') return { advance: read(outcome), rate: 'unknown' };
  const [v0 = 0n, p0 = 0n, v1 = 0n, v2 = 0n, p1 = 0n, v3 = 0n] = outcome.values;
  const [least, physical, most] = [v2 - v1, p1 - p0, v3 - v0].map((ticks) => BigInt.asIntN(64, ticks));
  if (least === undefined || physical === undefined || most === undefined) throw new RangeError('three differences');
  const advance = most > 0n ? (physical > 0n ? 'both' : 'virtual') : physical > 0n ? 'physical' : 'none';
  if (advance !== 'both') return { advance, rate: 'unknown' };
  // Out of order execution may read a counter a tick early.
  const same = physical >= least - 1n && physical <= most + 1n;
  return { advance, rate: same ? 'same' : `${(physical * 100n) / most} %` };
}
