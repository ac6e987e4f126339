/** Flags of a KVM_ENABLE_CAP, put to the host one by one. KVM gives none of them back, so `accepted` is all one learns. */
import type { Vm } from '../../../kvm/index.ts';
import type { FlagTrial } from '../../../arch/x86/sections.ts';
import { hex } from '../../../model/index.ts';

/** A bit that no kernel has given a meaning for any of these capabilities: shows that unknown flags are refused. */
export const UNKNOWN_FLAG: bigint = 1n << 62n;

export function tryFlags(vm: Vm, capability: number, flags: readonly bigint[]): FlagTrial[] {
  return flags.map((flag) => {
    const done = vm.enableCapability(capability, flag);
    return { flags: hex(flag), outcome: done.ok ? 'accepted' : done.error.errnoName };
  });
}

/** The bits of a mask, each as a number of its own, lowest first. */
export function bitsOf(mask: bigint): bigint[] {
  return Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit)).filter((bit) => (mask & bit) !== 0n);
}
