/**
 * The write to KVM that selects a word's value, from its path. Which values a host takes is the surface's to say; this is
 * the call that would be made (KVM API document: KVM_SET_CPUID2, KVM_SET_MSRS, KVM_ENABLE_CAP, KVM_SET_LAPIC,
 * KVM_SET_TSC_KHZ).
 */
import type { Mechanism, Operation, Stage, WordPath } from '../../model/index.ts';
import { behaviourWord } from '../behaviour.ts';
import { parseMsrWord } from './msr-names.ts';
import { parseCpuidWord } from './paths.ts';
import { switchOperation, switchRow } from './tables/switches.ts';
import { BEHAVIOURS } from './tables/behaviours.ts';
import { LAPIC_REGISTERS, QUIRKS, X2APIC_FLAGS } from './tables/words.ts';

/** Words of one area that are the bits of one argument of a capability. */
interface FlagGroup {
  readonly area: string;
  readonly capability: string;
  readonly rows: readonly { readonly bit: number; readonly name: string }[];
  /** The word's value for which the bit is set. */
  readonly set: bigint;
}

/**
 * A set quirk bit disables the historical behaviour that the word's value 1 stands for. Kernels before 5.17 have only
 * KVM_CAP_DISABLE_QUIRKS: a surface says which of the two is there.
 */
const FLAG_GROUPS: readonly FlagGroup[] = [
  { area: 'quirk', capability: 'KVM_CAP_DISABLE_QUIRKS2', rows: QUIRKS, set: 0n },
  { area: 'x2apic', capability: 'KVM_CAP_X2APIC_API', rows: X2APIC_FLAGS, set: 1n },
];

const lapicOffsets: ReadonlyMap<string, number> = new Map(
  Object.entries(LAPIC_REGISTERS).map(([offset, name]) => [`lapic/${name}`, Number(offset)]),
);

/**
 * VMX capability MSRs that KVM makes from their TRUE forms (0x481 to 0x484) and from the guest's CPUID (CR0 and CR4
 * FIXED1), and of which it refuses a write (vmx_set_vmx_msr, arch/x86/kvm/vmx/nested.c).
 */
const GENERATED_MSRS: ReadonlySet<number> = new Set([0x481, 0x482, 0x483, 0x484, 0x487, 0x489]);

/** Null for what nothing selects: facts about the host, and words of areas that are not x86's. */
export function operation(word: WordPath): Operation | null {
  const cpuid = parseCpuidWord(word.replace(/^hyperv\//, 'cpuid/'));
  if (cpuid !== null) return { call: 'KVM_SET_CPUID2', ...cpuid };
  const index = parseMsrWord(word);
  if (index !== null) return GENERATED_MSRS.has(index) ? null : { call: 'KVM_SET_MSRS', index };
  if (word === 'tsc/khz') return { call: 'KVM_SET_TSC_KHZ' };
  if (word.startsWith('xsave/state/')) return { call: 'KVM_SET_XSAVE' };
  const enabled = switchRow(word);
  if (enabled !== undefined) return switchOperation(enabled);
  // What selects a behaviour is the word that it follows; the first, where there are several.
  const [setting] = BEHAVIOURS.find(({ id }) => word === behaviourWord(id))?.settings ?? [];
  if (setting !== undefined) return operation(setting.word);
  const offset = lapicOffset(word);
  return offset === null ? flag(word) : { call: 'KVM_SET_LAPIC', offset };
}

/** By name, or by number where no table names the register: `lapic/0x400`. */
function lapicOffset(word: WordPath): number | null {
  const number = /^lapic\/(0x[0-9a-f]{1,3})$/.exec(word)?.[1];
  return number === undefined ? (lapicOffsets.get(word) ?? null) : Number(number);
}

function flag(word: WordPath): Operation | null {
  const group = FLAG_GROUPS.find(({ area }) => word.startsWith(`${area}/`));
  if (group === undefined) return null;
  const name = word.slice(group.area.length + 1);
  // A bit that a kernel takes and no table names: `quirk/bit12`.
  const unnamed = /^bit(\d{1,2})$/.exec(name)?.[1];
  const bit = group.rows.find((row) => row.name === name)?.bit ?? (unnamed === undefined ? null : Number(unnamed));
  if (bit === null || bit > 63) return null;
  const { capability, set } = group;
  return { call: 'KVM_ENABLE_CAP', on: 'vm', capability, argument: 0, bit: 1n << BigInt(bit), set };
}

/** The same with its deadline, as a surface's words have it. */
export function mechanism(word: WordPath, until: Stage): Mechanism | null {
  const found = operation(word);
  return found === null ? null : { operation: found, until };
}
