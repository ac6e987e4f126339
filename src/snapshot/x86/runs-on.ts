/**
 * What may read otherwise than it was saved, because it counts or follows from something that does, or because the
 * kernel gives it a value of its own: one row a word, with the reason. What is not here and differs is a finding.
 */
import { msrWord } from '../../arch/x86/msr-names.ts';
import type { WordPath } from '../../model/index.ts';
import type { RunsOn } from '../unit.ts';

interface Row {
  /** A word of a unit of registers, or `part/field` of a struct without the vCPU before it. */
  readonly word: string | RegExp;
  readonly bits?: bigint;
  readonly because: string;
}

const ALL = 0xffff_ffff_ffff_ffffn;

const msr = (index: number, because: string): Row => ({ word: msrWord(index), because });

const ROWS: readonly Row[] = [
  msr(0x10, 'the counter goes on from what was written'),
  msr(0x4000_0010, 'time that the vCPU has run, which the kernel counts'),
  msr(0x4000_0020, "the hypervisor's reference time, which follows the clock"),
  msr(0xe7, 'counts while the guest runs'),
  msr(0xe8, 'counts while the guest runs'),
  { word: 'vm/clock/clock', because: 'the clock goes on from what was written' },
  { word: 'vm/clock/realtime', because: "the host's time of day at the moment of reading" },
  { word: 'vm/clock/host_tsc', because: "the host's counter at the moment of reading" },
  { word: 'vm/clock/flags', because: 'says what this kernel filled, and whether its counters agree' },
  { word: 'lapic/TIMER_CURRENT', because: 'the timer goes on from the count that was written' },
  {
    word: /^vm\/pit\/channels\[\d\]\.count_load_time$/,
    because: "the host's time at which the counter was loaded anew",
  },
  {
    word: 'xsave/software bytes',
    because: 'no CPU looks at them; later kernels write there which components they give',
  },
  { word: 'xsave/mxcsr_mask', because: 'says which bits of MXCSR the host has, and is not written' },
];

export const X86_RUNS_ON: RunsOn = (word: WordPath) => {
  const part = word.replace(/^vcpu\/\d+\//, '');
  const row = ROWS.find((each) => (typeof each.word === 'string' ? each.word === part : each.word.test(part)));
  return row === undefined ? null : { bits: row.bits ?? ALL, because: row.because };
};
