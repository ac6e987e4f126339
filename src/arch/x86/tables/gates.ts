/**
 * CPUID bits that give a guest a piece of state. A guest that has none of the bits of a row cannot have written what the
 * row names: KVM holds the guest's own accesses against the guest's CPUID (kvm_set_msr_common and kvm_emulate_msr_write,
 * arch/x86/kvm/msrs.c of Linux 7.3, in x86.c before; for XCR0 __kvm_set_xcr).
 */
import type { StateGate } from '../../../model/index.ts';
import { cpuidWord } from '../paths.ts';
import { XFEATURES } from './words.ts';

const bit = (leaf: number, subleaf: number, register: 'eax' | 'ecx' | 'edx', at: number): StateGate => ({
  word: cpuidWord(leaf, subleaf, register),
  bits: 1n << BigInt(at),
});

const SHADOW_STACKS = bit(0x7, 0, 'ecx', 7);
const BRANCH_TRACKING = bit(0x7, 0, 'edx', 20);
const XSAVES = bit(0xd, 1, 'eax', 3);
const XFD = bit(0xd, 1, 'eax', 4);

export const MSR_GATES: readonly {
  readonly first: number;
  readonly last: number;
  readonly gates: readonly StateGate[];
}[] = [
  { first: 0x1c4, last: 0x1c5, gates: [XFD] },
  { first: 0x6a0, last: 0x6a2, gates: [SHADOW_STACKS, BRANCH_TRACKING] },
  { first: 0x6a4, last: 0x6a8, gates: [SHADOW_STACKS] },
  { first: 0xda0, last: 0xda0, gates: [XSAVES] },
];

/** A component of the XSAVE state is the guest's where XCR0 may have its bit: CPUID 0xD, EAX. */
export function componentGates(name: string): readonly StateGate[] {
  const at = Object.entries(XFEATURES).find(([, each]) => each === name)?.[0];
  return at === undefined ? [] : [bit(0xd, 0, 'eax', Number(at))];
}
