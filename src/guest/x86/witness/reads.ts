/** What the witness reads, by the words of surfaces and contracts, and by names of its own for what no surface has. */
import { parseMsrWord, msrWord } from '../../../arch/x86/msr-names.ts';
import { CPUID_REGISTERS, cpuidWord, parseCpuidWord } from '../../../arch/x86/paths.ts';
import { VOLATILE_MSRS } from '../../../arch/x86/volatile.ts';
import type { Hex, WordPath } from '../../../model/index.ts';
import type { WitnessRead } from '../../witness.ts';
import type { GuestOperation } from '../operation.ts';

type Read = WitnessRead<GuestOperation>;

/**
 * MSRs that count or run down by themselves, besides those that no surface keeps: IA32_MPERF and IA32_APERF, the
 * performance counters (general, fixed, AMD's), TSC_DEADLINE, and the x2APIC's registers, which include the timer's count.
 */
const RUNNING: readonly (readonly [first: number, last: number])[] = [
  [0xc1, 0xd2],
  [0xe7, 0xe8],
  [0x309, 0x30c],
  [0x4c1, 0x4d2],
  [0x6e0, 0x6e0],
  [0x800, 0x8ff],
  [0xc000_00e7, 0xc000_00e8],
  [0xc001_0004, 0xc001_0007],
];

/** AMD's extended counters: the odd ones of 0xc0010200 to 0xc001020b (APM volume 2, appendix A). */
const EXTENDED_COUNTERS = [0xc001_0201, 0xc001_0203, 0xc001_0205, 0xc001_0207, 0xc001_0209, 0xc001_020b];

function runs(index: number): boolean {
  if (VOLATILE_MSRS.has(index) || EXTENDED_COUNTERS.includes(index)) return true;
  return RUNNING.some(([first, last]) => index >= first && index <= last);
}

/** How a guest reads a word, or null where it is nothing that a guest can read, or runs by itself. */
export function readOf(path: WordPath): Read | null {
  const cpuid = parseCpuidWord(path);
  if (cpuid !== null) {
    const { leaf, subleaf, register } = cpuid;
    const masks = CPUID_REGISTERS.map((name): Hex => (name === register ? '0xffffffff' : '0x0'));
    return { path, operation: { do: 'cpuid', leaf, subleaf }, masks };
  }
  const msr = parseMsrWord(path);
  if (msr !== null) return runs(msr) ? null : { path, operation: { do: 'rdmsr', index: msr } };
  return OTHERS.find((read) => read.path === path) ?? null;
}

/** The local APIC's version register and the I/O APIC's through its window (SDM 3A, 12.4.8; 82093AA, section 3.2.2). */
const OTHERS: readonly Read[] = [
  { path: 'lapic/VERSION', operation: { do: 'load', address: 0xfee0_0030n, bytes: 4 } },
  { path: 'control/cr0', operation: { do: 'read-control', register: 'cr0' } },
  { path: 'control/cr3', operation: { do: 'read-control', register: 'cr3' } },
  { path: 'control/cr4', operation: { do: 'read-control', register: 'cr4' } },
  { path: 'control/cr8', operation: { do: 'read-control', register: 'cr8' } },
  { path: 'control/dr7', operation: { do: 'read-control', register: 'dr7' } },
  { path: 'control/xcr0', operation: { do: 'xgetbv', index: 0 } },
  { path: 'port/0x61', operation: { do: 'in', port: 0x61, bytes: 1 }, masks: ['0xcf'] },
];

/** Leaves with how many subleaves of each are read (SDM volume 2A, CPUID; AMD APM volume 3, appendix E; kvm/cpuid.rst). */
const LEAVES: readonly (readonly [leaf: number, subleaves: number])[] = [
  [0x0, 1],
  [0x1, 1],
  [0x2, 1],
  [0x4, 5],
  [0x5, 1],
  [0x6, 1],
  [0x7, 3],
  [0xa, 1],
  [0xb, 2],
  [0xd, 10],
  [0x14, 2],
  [0x15, 1],
  [0x16, 1],
  [0x19, 1],
  [0x1d, 2],
  [0x1e, 2],
  [0x1f, 1],
  [0x24, 1],
  [0x4000_0000, 1],
  [0x4000_0001, 1],
  ...Array.from({ length: 9 }, (_, index): [number, number] => [0x8000_0000 + index, 1]),
  [0x8000_000a, 1],
  [0x8000_0019, 1],
  [0x8000_001a, 1],
  [0x8000_001b, 1],
  [0x8000_001d, 5],
  [0x8000_001e, 1],
  [0x8000_001f, 1],
  [0x8000_0021, 1],
  [0x8000_0022, 1],
];

/** MSRs that say what the machine is, or that a guest writes and expects to find again (SDM volume 4; AMD APM volume 2, A). */
const MSRS: readonly number[] = [
  0x17, 0x1b, 0x3a, 0x48, 0x8b, 0xce, 0xcd, 0xfe, 0x10a, 0x122, 0x140, 0x174, 0x175, 0x176, 0x179, 0x17a, 0x198, 0x1a0,
  0x1c4, 0x1d9, 0x200, 0x201, 0x250, 0x277, 0x2ff, 0x345, 0x38d, 0x38f, 0x480, 0x485, 0x48b, 0x491, 0x560, 0x6a0, 0x6a2,
  0xd90, 0xda0, 0x4b56_4d00, 0x4b56_4d01, 0x4b56_4d02, 0x4b56_4d03, 0x4b56_4d04, 0x4b56_4d05, 0xc000_0080, 0xc000_0081,
  0xc000_0082, 0xc000_0083, 0xc000_0084, 0xc000_0100, 0xc000_0101, 0xc000_0102, 0xc000_0103, 0xc000_0104, 0xc001_0010,
  0xc001_0015, 0xc001_001f, 0xc001_0114, 0xc001_0117, 0xc001_011f, 0xc001_1029,
];

/** What there is to read where nobody has a contract: words that are not there are read as zeros or as faults. */
export function defaultReads(): readonly Read[] {
  const words = [
    ...LEAVES.flatMap(([leaf, subleaves]) =>
      Array.from({ length: subleaves }, (_, subleaf) =>
        CPUID_REGISTERS.map((register) => cpuidWord(leaf, subleaf, register)),
      ).flat(),
    ),
    ...MSRS.map(msrWord),
  ];
  return [...words.flatMap((word) => readOf(word) ?? []), ...OTHERS];
}
