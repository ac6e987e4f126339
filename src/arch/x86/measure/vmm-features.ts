/**
 * Feature bits that a VMM may set although KVM_GET_SUPPORTED_CPUID does not list them: what KVM emulates
 * (KVM_GET_EMULATED_CPUID), and what a capability announces instead (KVM API document, KVM_GET_SUPPORTED_CPUID).
 */
import type { Surface, WordPath } from '../../../model/index.ts';
import { fromHex } from '../../../model/index.ts';
import { CPUID_REGISTERS, cpuidWord } from '../paths.ts';
import type { CpuidRow } from '../sections.ts';
import { capabilityValue } from './capabilities.ts';

interface ByCapability {
  readonly capability: string;
  /** Bits of the capability's value that must be set; 0: any value above 0 will do. */
  readonly mask: number;
  readonly word: WordPath;
  readonly bits: bigint;
}

const BY_CAPABILITY: readonly ByCapability[] = [
  { capability: 'KVM_CAP_TSC_DEADLINE_TIMER', mask: 0, word: cpuidWord(1, 0, 'ecx'), bits: 1n << 24n },
  // KVM_X86_DISABLE_EXITS_MWAIT: MONITOR and MWAIT run in the guest once their exits are disabled.
  { capability: 'KVM_CAP_X86_DISABLE_EXITS', mask: 1, word: cpuidWord(1, 0, 'ecx'), bits: 1n << 3n },
];

export function vmmFeatures(surface: Surface, emulated: readonly CpuidRow[]): ReadonlyMap<WordPath, bigint> {
  const given = new Map<WordPath, bigint>();
  const add = (word: WordPath, bits: bigint): void => void given.set(word, (given.get(word) ?? 0n) | bits);
  for (const row of emulated) {
    for (const register of CPUID_REGISTERS) {
      add(cpuidWord(Number(row.leaf), Number(row.subleaf), register), fromHex(row[register]));
    }
  }
  for (const { capability, mask, word, bits } of BY_CAPABILITY) {
    const value = capabilityValue(surface, capability) ?? 0;
    if (mask === 0 ? value > 0 : (value & mask) === mask) add(word, bits);
  }
  return given;
}
