/**
 * What may read otherwise than it was saved, because it counts or follows from something that does, or because the
 * kernel gives it a value of its own: one row a word, with the reason. What is not here and differs is a finding.
 */
import { msrWord } from '../../arch/x86/msr-names.ts';
import { fromHex } from '../../model/index.ts';
import type { WordPath } from '../../model/index.ts';
import type { StateDifference } from '../restore-report.ts';
import type { RunsOn } from '../unit.ts';

interface Row {
  /** A word of a unit of registers, or `part/field` of a struct without the vCPU before it. */
  readonly word: string | RegExp;
  readonly bits?: bigint;
  /** A counter: it is ahead of what was saved by no more than this. One that is not was not set. */
  readonly ahead?: bigint;
  readonly because: string;
}

/** The longest that a restore and reading it back may take, in ns and, of a counter as fast as any, in cycles. */
const AN_HOUR = 3_600_000_000_000n;
const FASTEST_GHZ = 8n;

const ALL = 0xffff_ffff_ffff_ffffn;

const msr = (index: number, because: string): Row => ({ word: msrWord(index), because });

const ROWS: readonly Row[] = [
  { word: msrWord(0x10), ahead: AN_HOUR * FASTEST_GHZ, because: 'the counter goes on from what was written' },
  msr(0x4000_0010, 'time that the vCPU has run, which the kernel counts'),
  msr(0x4000_0020, "the hypervisor's reference time, which follows the clock"),
  msr(0xe7, 'counts while the guest runs'),
  msr(0xe8, 'counts while the guest runs'),
  { word: 'vm/clock/clock', ahead: AN_HOUR, because: 'the clock goes on from what was written' },
  { word: 'vm/clock/realtime', because: "the host's time of day at the moment of reading" },
  { word: 'vm/clock/host_tsc', because: "the host's counter at the moment of reading" },
  { word: 'vm/clock/flags', because: 'says what this kernel filled, and whether its counters agree' },
  { word: 'lapic/TIMER_CURRENT', because: 'the timer goes on from the count that was written' },
  {
    word: /^vm\/pit\/channels\[\d\]\.count_load_time$/,
    because: "the host's time at which the counter was loaded anew",
  },
  {
    word: 'lapic/PPR',
    bits: 0xffn,
    because: 'computed from TPR and what is in service; KVM_SET_LAPIC does it with the count of before',
  },
  ...['vm/pic-master/irr', 'vm/pic-master/last_irr'].map((word): Row => ({
    word,
    bits: 0x1n,
    because: 'the interval timer, which was started anew, has fired',
  })),
  { word: 'vm/ioapic/irr', bits: 0x5n, because: 'the interval timer, which was started anew, has fired' },
  {
    word: 'xsave/software bytes',
    because: 'no CPU looks at them; later kernels write there which components they give',
  },
  { word: 'xsave/mxcsr_mask', because: 'says which bits of MXCSR the host has, and is not written' },
];

export const X86_RUNS_ON: RunsOn = (word: WordPath) => {
  const row = rowOf(word);
  return row === undefined ? null : { bits: row.bits ?? ALL, because: row.because };
};

/** False for a counter that is behind what was saved, or further ahead than it can have come. */
export function hasGoneOn({ word, saved, reads }: StateDifference, clock: 'still' | 'realtime'): boolean {
  const ahead = rowOf(word)?.ahead;
  if (ahead === undefined || reads === null) return true;
  const gone = fromHex(reads) - fromHex(saved);
  return gone >= 0n && (gone < ahead || (clock === 'realtime' && word === 'vm/clock/clock'));
}

function rowOf(word: WordPath): Row | undefined {
  const part = word.replace(/^vcpu\/\d+\//, '');
  return ROWS.find((each) => (typeof each.word === 'string' ? each.word === part : each.word.test(part)));
}
