/**
 * The feature bits of CPUID that a QEMU has a property for, by version: feature_word_info of target/i386/cpu.c in Debian's
 * sources of 5.2, 7.2.0 and 10.0.13 (1:5.2+dfsg-11+deb11u3, 1:7.2+dfsg-7+deb12u18, 1:10.0.13+ds-0+deb13u1). What 11.1
 * knows is in `arch/x86/tables/qemu-names.ts`. A word that a version does not have here it always leaves 0 or computes.
 *
 * Leaf 0x24 is not here, because its EBX holds a number besides; nor are XCR0's bits, which follow from features.
 *
 * Of 0x80000001 EDX the bits that repeat 1 EDX are in: QEMU copies them on AMD (CPUID_EXT2_AMD_ALIASES).
 */
export const QEMU_CPUID_BITS: Readonly<Record<string, Readonly<Record<'5.2' | '7.2' | '10.0', number>>>> = {
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
