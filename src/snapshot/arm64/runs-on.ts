/** What reads otherwise than it was saved although nothing is wrong: it counts, or follows from what counts. */
import type { RunsOn } from '../unit.ts';
import { OWN_LINES } from './gic-units.ts';

const ALL = 0xffff_ffff_ffff_ffffn;
/** CNTx_CTL: the condition that the timer is waiting for is met (Arm ARM, CNTV_CTL_EL0.ISTATUS). */
const ISTATUS = 1n << 2n;
const TIMER = 'whether the timer has reached its compare value, which follows from the counter';
const COUNTER = 'it counts on between being set and being read';

const ROWS: readonly { readonly words: RegExp; readonly bits: bigint; readonly because: string }[] = [
  { words: /^reg\/(KVM_REG_ARM_TIMER_CNT|CNTPCT_EL0)$/, bits: ALL, because: COUNTER },
  { words: /^reg\/CNTH?[VP]_CTL_EL[02]$/, bits: ISTATUS, because: TIMER },
];

/**
 * `timerLines`: the interrupts of a vCPU's timers as bits. KVM drives these lines by itself whenever a vCPU is loaded, and
 * every call on a vCPU loads it (arch/arm64/kvm/arch_timer.c, kvm_timer_vcpu_load_gic).
 */
export function arm64RunsOn(timerLines: bigint): RunsOn {
  return (word) =>
    word === OWN_LINES
      ? { bits: timerLines, because: `the line of a timer: ${TIMER}` }
      : (ROWS.find(({ words }) => words.test(word)) ?? null);
}
