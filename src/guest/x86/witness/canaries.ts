/** State that nothing in the witness needs: written once, read in each round, and lost where a restore loses it. */
import type { WitnessTable } from '../../witness.ts';
import { msrWord } from '../../../arch/x86/msr-names.ts';
import type { GuestOperation } from '../operation.ts';
import { defaultReads } from './reads.ts';

/**
 * STAR, LSTAR, CSTAR, SFMASK; bases of FS, GS and the kernel's GS; TSC_AUX; SYSENTER's three; PAT (SDM volume 4, AMD APM).
 * SYSENTER_ESP and _EIP fit 32 bits: AMD's CPUs have no more (APM volume 2, section 6.1.2), and KVM keeps no more of a
 * restored value for a guest that is AMD's (svm_set_msr), while emulated CPUs keep all 64.
 */
const MSRS: readonly (readonly [index: number, value: bigint])[] = [
  [0xc000_0081, 0x0018_0008_1234_5678n],
  [0xc000_0082, 0x0000_7abc_1234_5678n],
  [0xc000_0083, 0x0000_7abc_8765_4321n],
  [0xc000_0084, 0x0004_7700n],
  [0xc000_0100, 0x0000_1111_2222_3000n],
  [0xc000_0101, 0x0000_4444_5555_6000n],
  [0xc000_0102, 0xffff_8888_9999_a000n],
  [0xc000_0103, 0x1357n],
  [0x174, 0x18n],
  [0x175, 0x3333_1000n],
  [0x176, 0x3333_2000n],
  [0x277, 0x0007_0406_0007_0105n],
];

/** Addresses of breakpoints that DR7 does not turn on. */
const DEBUG = [
  ['dr0', 0x1111_0000n],
  ['dr1', 0x2222_0001n],
  ['dr2', 0x7fff_3333_0002n],
  ['dr3', 0x4444_0003n],
] as const;

/** The setup and the reads of what it wrote. */
export function canaries(): WitnessTable<GuestOperation> {
  return {
    setup: [
      ...MSRS.map(([index, value]): GuestOperation => ({ do: 'wrmsr', index, value })),
      ...DEBUG.map(([register, value]): GuestOperation => ({ do: 'write-control', register, value })),
    ],
    reads: [
      ...MSRS.map(([index]) => ({ path: msrWord(index), operation: { do: 'rdmsr', index } as const })),
      ...DEBUG.map(([register]) => ({
        path: `control/${register}`,
        operation: { do: 'read-control', register } as const,
      })),
    ],
  };
}

/** What a witness reads and writes where nobody says otherwise; each word once. */
export function defaultTable(): WitnessTable<GuestOperation> {
  const { setup, reads } = canaries();
  const known = new Set(reads.map(({ path }) => path));
  return { setup, reads: [...defaultReads().filter(({ path }) => !known.has(path)), ...reads] };
}
