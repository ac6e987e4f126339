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

const COUNTERS: GuestOperation = code(4, (unique) => [
  a64.ISB,
  a64.mrs(0, VIRTUAL),
  a64.mrs(1, PHYSICAL),
  ...a64.mov(20, ROUNDS),
  a64.label(`${unique}again`),
  a64.subImmediate(20, 20, 1),
  a64.cbnz(20, `${unique}again`),
  a64.ISB,
  a64.mrs(2, VIRTUAL),
  a64.mrs(3, PHYSICAL),
]);

export const COUNTER_TABLE: readonly GuestOperation[] = [VECTOR_LENGTHS, COUNTERS];

/** Bit n is a length of n + 1 quadwords. */
export function vectorLengths(outcome: Outcome | undefined): Read {
  if (outcome?.kind !== 'values') return read(outcome);
  return hex(outcome.values.reduce((set, bytes) => set | (1n << (bytes / QUADWORD - 1n)), 0n));
}

export function counters(outcome: Outcome | undefined): ObservedSection['counters'] {
  if (outcome?.kind !== 'values') return { advance: read(outcome), rate: 'unknown' };
  const [virtual = 0n, physical = 0n, virtualLater = 0n, physicalLater = 0n] = outcome.values;
  const advanced = [virtualLater - virtual, physicalLater - physical].map((ticks) => BigInt.asUintN(64, ticks));
  const [ofVirtual = 0n, ofPhysical = 0n] = advanced;
  const advance =
    ofVirtual > 0n && ofPhysical > 0n ? 'both' : ofVirtual > 0n ? 'virtual' : ofPhysical > 0n ? 'physical' : 'none';
  return { advance, rate: advance === 'both' ? rate(ofPhysical, ofVirtual) : 'unknown' };
}

/** The four reads are not made at once, so that some percent are no difference. */
const TOLERANCE = 10n;

function rate(physical: bigint, virtual: bigint): string {
  const percent = (physical * 100n) / virtual;
  return percent >= 100n - TOLERANCE && percent <= 100n + TOLERANCE ? 'same' : `${percent} %`;
}
