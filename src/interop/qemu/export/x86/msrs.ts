/**
 * What feature MSRs hold, given the settings: kvm_init_msrs, kvm_msr_entry_add_vmx and make_vmx_msr_value of
 * target/i386/kvm/kvm.c, the same from 5.2 to 10.0.
 */
import { msrs } from '../../../../arch/vmm/patterns.ts';
import type { WordPath } from '../../../../model/index.ts';
import type { Computed } from './computed.ts';
import type { X86Settings } from './settings.ts';

const [PERF_CAPABILITIES = ''] = msrs(0x345);
const [BASIC = '', MISC = '', SECONDARY = '', EPT_VPID = ''] = msrs(0x480, 0x485, 0x48b, 0x48c);
const [EXIT = ''] = msrs(0x48f);
const VMX: ReadonlySet<WordPath> = new Set(msrs([0x480, 0x491]));

/** Controls that are 1 whoever asks (make_vmx_msr_value, default1). */
const DEFAULT_1: ReadonlyMap<WordPath, bigint> = new Map(
  (
    [
      [0x48b, 0x0n],
      [0x48d, 0x16n],
      [0x48e, 0x401_e172n],
      [0x48f, 0x3_6dffn],
      [0x490, 0x11ffn],
    ] as const
  ).flatMap(([index, value]) => msrs(index).map((word) => [word, value] as const)),
);

/** Bits that QEMU takes from the host, because KVM should never change them. */
const HOSTS: ReadonlyMap<WordPath, bigint> = new Map([
  // The revision, the region's size, the memory type.
  [BASIC, 0x3c_1fff_7fff_ffffn],
  // The preemption timer's rate, the length of MSR lists.
  [MISC, 0xe00_001fn],
]);

const [CR0_FIXED0 = '', CR4_FIXED0 = ''] = msrs(0x486, 0x488);
/** PE, PG and NE; VMXE. */
const FIXED: ReadonlyMap<WordPath, bigint> = new Map([
  [CR0_FIXED0, 0x8000_0021n],
  [CR4_FIXED0, 0x2000n],
]);

const has = (settings: X86Settings, word: WordPath, bit: number): boolean =>
  (((settings.features.get(word)?.value ?? 0n) >> BigInt(bit)) & 1n) === 1n;

const ONES = 0xffff_ffffn;

/** Null where the word is none of these. */
export function computedMsr(settings: X86Settings, word: WordPath): Computed | null {
  const features = settings.features.get(word)?.value ?? 0n;
  if (word === PERF_CAPABILITIES) {
    if (has(settings, 'cpuid/0x1:0/ecx', 15)) return { value: features, why: 'bits without a name are 0' };
    return { value: 0n, why: 'without pdcm the guest has no such MSR' };
  }
  if (!VMX.has(word)) return null;
  if (!has(settings, 'cpuid/0x1:0/ecx', 5)) return { value: null, why: 'without vmx the guest has no such MSR' };
  const fixed = FIXED.get(word);
  if (fixed !== undefined) return { value: fixed, why: "QEMU's constant" };
  const always = DEFAULT_1.get(word);
  if (always !== undefined)
    return { value: control(settings, word, features >> 32n, always), why: 'follows from the VMX features' };
  if (word === EPT_VPID) {
    // With EPT: uncacheable and write-back.
    const types = has(settings, SECONDARY, 33) ? 0x4100n : 0n;
    return { value: features | types, why: 'follows from the VMX features' };
  }
  const hosts = HOSTS.get(word);
  if (hosts !== undefined) return { value: features, hosts, why: "what no feature is for is the host's" };
  return settings.features.has(word)
    ? { value: features, why: 'bits without a name are 0' }
    : { value: null, why: 'KVM derives it from other MSRs and from CPUID' };
}

/** The lower half says what may be 0, the upper what may be 1. */
function control(settings: X86Settings, word: WordPath, features: bigint, always: bigint): bigint {
  // 64-bit guests may always have a 64-bit host.
  const wide = word === EXIT && has(settings, 'cpuid/0x80000001:0/edx', 29) ? 0x200n << 32n : 0n;
  const mayBeOne = features | always;
  const mayBeZero = (features | ~always) & ONES;
  return (~mayBeZero & ONES) | (mayBeOne << 32n) | wide;
}
