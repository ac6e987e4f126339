/**
 * The feature bits of CPUID and of feature MSRs that a QEMU has a property for, by version: feature_word_info of
 * target/i386/cpu.c in Debian's sources of 5.2, 7.2.0 and 10.0.13 (1:5.2+dfsg-11+deb11u3, 1:7.2+dfsg-7+deb12u18,
 * 1:10.0.13+ds-0+deb13u1). What 11.1 knows is in `arch/x86/tables/qemu-names.ts`.
 */
import { QEMU_NAMES } from '../x86/tables/qemu-names.ts';
import { msrs } from './patterns.ts';
import type { QemuVersion } from './qemu-version.ts';

type Masks<Mask> = Readonly<Record<string, Readonly<Record<'5.2' | '7.2' | '10.0', Mask>>>>;

/**
 * XCR0's bits are not here: they follow from features. Of 0x80000001 EDX the bits that repeat 1 EDX are in: QEMU copies
 * them on AMD (CPUID_EXT2_AMD_ALIASES).
 */
export const QEMU_CPUID_BITS: Masks<number> = {
  'cpuid/0x1:0/ecx': { '5.2': 0xf7fef7ff, '7.2': 0xf7fef7ff, '10.0': 0xf7fef7ff },
  'cpuid/0x1:0/edx': { '5.2': 0xffeffbff, '7.2': 0xffeffbff, '10.0': 0xffeffbff },
  'cpuid/0x6:0/eax': { '5.2': 0x4, '7.2': 0x4, '10.0': 0x4 },
  'cpuid/0x7:0/ebx': { '5.2': 0xffff4fbb, '7.2': 0xffff4fbf, '10.0': 0xffff6fff },
  'cpuid/0x7:0/ecx': { '5.2': 0x1a415f6e, '7.2': 0xdb415f6e, '10.0': 0xdb415f6e },
  'cpuid/0x7:0/edx': { '5.2': 0xec01451c, '7.2': 0xefc9451c, '10.0': 0xffc9451c },
  'cpuid/0x7:1/eax': { '5.2': 0x20, '7.2': 0x30, '10.0': 0x4ae1cb7 },
  'cpuid/0x7:1/edx': { '5.2': 0x0, '7.2': 0x0, '10.0': 0x84530 },
  'cpuid/0x7:2/edx': { '5.2': 0x0, '7.2': 0x0, '10.0': 0x3f },
  'cpuid/0xd:1/eax': { '5.2': 0xf, '7.2': 0x1f, '10.0': 0x1f },
  'cpuid/0x12:0/eax': { '5.2': 0x0, '7.2': 0x3, '10.0': 0x803 },
  'cpuid/0x12:0/ebx': { '5.2': 0x0, '7.2': 0x1, '10.0': 0x1 },
  'cpuid/0x12:1/eax': { '5.2': 0x0, '7.2': 0xb6, '10.0': 0x4b6 },
  'cpuid/0x14:0/ecx': { '5.2': 0x0, '7.2': 0x80000000, '10.0': 0x80000000 },
  'cpuid/0x24:0/ebx': { '5.2': 0x0, '7.2': 0x0, '10.0': 0x70000 },
  'cpuid/0x40000001:0/eax': { '5.2': 0x1007aff, '7.2': 0x100faff, '10.0': 0x100feff },
  'cpuid/0x40000001:0/edx': { '5.2': 0x1, '7.2': 0x1, '10.0': 0x1 },
  'cpuid/0x80000001:0/ecx': { '5.2': 0x1ebbfff, '7.2': 0x1ebbfff, '10.0': 0x1ebbfff },
  'cpuid/0x80000001:0/edx': { '5.2': 0xefd3fbff, '7.2': 0xefd3fbff, '10.0': 0xefd3fbff },
  'cpuid/0x80000007:0/ebx': { '5.2': 0x0, '7.2': 0x0, '10.0': 0x3 },
  'cpuid/0x80000007:0/edx': { '5.2': 0x100, '7.2': 0x100, '10.0': 0x100 },
  'cpuid/0x80000008:0/ebx': { '5.2': 0x7009205, '7.2': 0x700d205, '10.0': 0x1702d205 },
  'cpuid/0x8000000a:0/edx': { '5.2': 0x14ff, '7.2': 0x1001b4ff, '10.0': 0x1201b4ff },
  'cpuid/0x80000021:0/eax': { '5.2': 0x0, '7.2': 0x0, '10.0': 0x79000145 },
  'cpuid/0x80000021:0/ebx': { '5.2': 0x0, '7.2': 0x0, '10.0': 0x0 },
  'cpuid/0x80000022:0/eax': { '5.2': 0x0, '7.2': 0x0, '10.0': 0x1 },
};

/** 0x80000001 EDX, which repeats 1 EDX on AMD: CPUID_EXT2_AMD_ALIASES, target/i386/cpu.h; x86_cpu_realizefn. */
export const QEMU_AMD_ALIASES = 0x0183_f3ff;

const masks = (
  index: number,
  first: bigint,
  second: bigint,
  third: bigint,
): [string, Readonly<Record<'5.2' | '7.2' | '10.0', bigint>>][] =>
  msrs(index).map((word) => [word, { '5.2': first, '7.2': second, '10.0': third }]);

/** Of VMX controls the upper half, which says what may be 1: the lower follows from it (make_vmx_msr_value). */
const controls = (index: number, first: bigint, second: bigint, third: bigint): ReturnType<typeof masks> =>
  masks(index, first << 32n, second << 32n, third << 32n);

export const QEMU_MSR_BITS: Masks<bigint> = Object.fromEntries([
  ...masks(0x10a, 0x1ffn, 0x1ffn, 0x1d12_e1ffn), // ARCH_CAPABILITIES
  ...masks(0xcf, 0x20n, 0x20n, 0x20n), // CORE_CAPABILITIES
  ...masks(0x345, 0x2000n, 0x2000n, 0x2000n), // PERF_CAPABILITIES
  ...masks(0x480, 0xc0_0000_0000_0000n, 0xc0_0000_0000_0000n, 0x5c0_0000_0000_0000n), // VMX_BASIC
  ...masks(0x485, 0x6000_01e0n, 0x6000_01e0n, 0x6000_01e0n), // VMX_MISC
  ...controls(0x48b, 0x13_ffffn, 0x213_ffffn, 0x613_ffffn), // VMX_PROCBASED_CTLS2
  ...masks(0x48c, 0xf01_0673_00c1n, 0xf01_0673_00c1n, 0xf01_0673_00c1n), // VMX_EPT_VPID_CAP
  ...controls(0x48d, 0xe9n, 0xe9n, 0xe9n), // VMX_TRUE_PINBASED_CTLS
  ...controls(0x48e, 0xfbf9_9e8cn, 0xfbf9_9e8cn, 0xfbf9_9e8cn), // VMX_TRUE_PROCBASED_CTLS
  ...controls(0x48f, 0x2fc_9004n, 0x22fc_9004n, 0xa2fc_9004n), // VMX_TRUE_EXIT_CTLS
  ...controls(0x490, 0x5_e204n, 0x45_e204n, 0xc5_e204n), // VMX_TRUE_ENTRY_CTLS
  ...masks(0x491, 0x1n, 0x1n, 0x1n), // VMX_VMFUNC
]);

/** Words of which a version may know bits by name. */
export function qemuFeatureWords(version: QemuVersion): readonly string[] {
  const newest = version === '11.1' ? QEMU_NAMES.filter(({ qemu }) => qemu !== null).map(({ word }) => word) : [];
  return [...new Set([...Object.keys(QEMU_CPUID_BITS), ...Object.keys(QEMU_MSR_BITS), ...newest])];
}

/** The names that a version has for the bits of a word. What a name stands for has not changed between versions. */
export function qemuNames(version: QemuVersion, word: string): Readonly<Record<number, string>> {
  const alias = word === 'cpuid/0x80000001:0/edx' ? 'cpuid/0x1:0/edx' : null;
  const mask =
    version === '11.1' ? null : BigInt(QEMU_MSR_BITS[word]?.[version] ?? QEMU_CPUID_BITS[word]?.[version] ?? 0);
  return Object.fromEntries(
    QEMU_NAMES.flatMap(({ word: named, bit, qemu }): [number, string][] => {
      if (qemu === null || (named !== word && named !== alias)) return [];
      if (named === alias && (QEMU_AMD_ALIASES >> bit) % 2 === 0) return [];
      return mask === null || (mask >> BigInt(bit)) % 2n === 1n ? [[bit, qemu]] : [];
    }),
  );
}
