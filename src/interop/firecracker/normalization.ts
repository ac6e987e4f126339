/**
 * What Firecracker writes over a template: CPUID normalization and the registers of the boot protocol come after it, so
 * that a template cannot change these bits (docs/cpu_templates/cpuid-normalization.md and boot-protocol.md; the code is
 * src/vmm/src/cpu_config/x86_64/cpuid/{normalize,intel/normalize,amd/normalize}.rs as of 2026 and
 * src/vmm/src/arch/x86_64/msr.rs, create_boot_msr_entries).
 */
import type { CpuidRegister } from './template.ts';

/**
 * `constant`: always `value`. `vendor`: the host's, which is that of every contract that can be had there. `host`: what
 * else the host's CPUID says. `vcpus`: from the number of vCPUs and this one's.
 */
export type Written = 'constant' | 'vendor' | 'host' | 'vcpus';

export interface CpuidNormalization {
  /** Left out: whatever the vendor. */
  readonly vendor?: 'GenuineIntel' | 'AuthenticAMD';
  readonly leaf: number;
  /** Left out: every subleaf. */
  readonly subleaf?: number;
  readonly register: CpuidRegister;
  readonly mask: bigint;
  readonly written: Written;
  /** Of the masked bits, for constants. */
  readonly value?: bigint;
}

const ALL = 0xffff_ffffn;

type Kind = Pick<CpuidNormalization, 'written' | 'value'>;
const VENDOR: Kind = { written: 'vendor' };
const HOST: Kind = { written: 'host' };
const VCPUS: Kind = { written: 'vcpus' };
const constant = (value: bigint): Kind => ({ written: 'constant', value });
const REGISTERS: readonly CpuidRegister[] = ['eax', 'ebx', 'ecx', 'edx'];
const whole = (leaf: number, kind: Kind, vendor?: CpuidNormalization['vendor']): CpuidNormalization[] =>
  REGISTERS.map((register) => ({
    ...(vendor === undefined ? {} : { vendor }),
    leaf,
    register,
    mask: ALL,
    ...kind,
  }));

/** "AMD EPYC" and zeros, as leaf 0x80000002 has it; 0x80000003 and 0x80000004 are zeros. */
const AMD_NAME: Readonly<Record<CpuidRegister, bigint>> = { eax: 0x2044_4d41n, ebx: 0x4359_5045n, ecx: 0n, edx: 0n };

const INTEL = 'GenuineIntel';
const AMD = 'AuthenticAMD';

export const CPUID_NORMALIZATION: readonly CpuidNormalization[] = [
  { leaf: 0x0, register: 'ebx', mask: ALL, ...VENDOR },
  { leaf: 0x0, register: 'ecx', mask: ALL, ...VENDOR },
  { leaf: 0x0, register: 'edx', mask: ALL, ...VENDOR },
  // CLFLUSH line size in units of 8 bytes; above it the APIC id and how many there may be.
  { leaf: 0x1, register: 'ebx', mask: 0xff00n, ...constant(0x0800n) },
  { leaf: 0x1, register: 'ebx', mask: 0xffff_0000n, ...VCPUS },
  // PDCM off, TSC_DEADLINE and HYPERVISOR on.
  { leaf: 0x1, register: 'ecx', mask: 0x8100_8000n, ...constant(0x8100_0000n) },
  { leaf: 0x1, register: 'edx', mask: 1n << 28n, ...VCPUS },
  ...whole(0xb, VCPUS),
  ...whole(0x8000_0005, HOST),
  ...whole(0x8000_0006, HOST),

  { vendor: INTEL, leaf: 0x4, register: 'eax', mask: 0xffff_c000n, ...VCPUS },
  // Turbo Boost and the energy performance bias.
  { vendor: INTEL, leaf: 0x6, register: 'eax', mask: 1n << 1n, ...constant(0n) },
  { vendor: INTEL, leaf: 0x6, register: 'ecx', mask: 1n << 3n, ...constant(0n) },
  // FDP_EXCPTN_ONLY and ZERO_FCS_FDS on, WAITPKG off.
  { vendor: INTEL, leaf: 0x7, subleaf: 0, register: 'ebx', mask: 0x2040n, ...constant(0x2040n) },
  { vendor: INTEL, leaf: 0x7, subleaf: 0, register: 'ecx', mask: 1n << 5n, ...constant(0n) },
  ...whole(0xa, constant(0n), INTEL),
  ...whole(0x1f, VCPUS, INTEL),
  // "Intel(R) Xeon(R) Processor" with the host's frequency.
  ...whole(0x8000_0002, HOST, INTEL),
  ...whole(0x8000_0003, HOST, INTEL),
  ...whole(0x8000_0004, HOST, INTEL),

  // IA32_ARCH_CAPABILITIES off.
  { vendor: AMD, leaf: 0x7, subleaf: 0, register: 'edx', mask: 1n << 29n, ...constant(0n) },
  // Its documents said 0x8000001f until pull request 4995 (2025); its captures of 1.16 have what KVM lists.
  { vendor: AMD, leaf: 0x8000_0000, register: 'eax', mask: ALL, ...HOST },
  // TOPOEXT on.
  { vendor: AMD, leaf: 0x8000_0001, register: 'ecx', mask: 1n << 22n, ...constant(1n << 22n) },
  { vendor: AMD, leaf: 0x8000_0002, register: 'eax', mask: ALL, ...constant(AMD_NAME.eax) },
  { vendor: AMD, leaf: 0x8000_0002, register: 'ebx', mask: ALL, ...constant(AMD_NAME.ebx) },
  { vendor: AMD, leaf: 0x8000_0002, register: 'ecx', mask: ALL, ...constant(AMD_NAME.ecx) },
  { vendor: AMD, leaf: 0x8000_0002, register: 'edx', mask: ALL, ...constant(AMD_NAME.edx) },
  ...whole(0x8000_0003, constant(0n), AMD),
  ...whole(0x8000_0004, constant(0n), AMD),
  // How many threads, and how many bits of the APIC id say which.
  { vendor: AMD, leaf: 0x8000_0008, register: 'ecx', mask: 0x00ffn, ...VCPUS },
  { vendor: AMD, leaf: 0x8000_0008, register: 'ecx', mask: 0xf000n, ...constant(0x7000n) },
  ...whole(0x8000_001d, VCPUS, AMD),
  ...whole(0x8000_001e, VCPUS, AMD),
];

/** MSRs of the boot protocol, with what they are set to. */
export const BOOT_MSRS: ReadonlyMap<number, bigint> = new Map([
  // IA32_TSC, SYSENTER_CS, SYSENTER_ESP and SYSENTER_EIP.
  [0x10, 0n],
  [0x174, 0n],
  [0x175, 0n],
  [0x176, 0n],
  // IA32_MISC_ENABLE: fast strings.
  [0x1a0, 1n],
  // STAR, LSTAR, CSTAR, SYSCALL_MASK and KERNEL_GS_BASE.
  [0xc000_0081, 0n],
  [0xc000_0082, 0n],
  [0xc000_0083, 0n],
  [0xc000_0084, 0n],
  [0xc000_0102, 0n],
]);

/** Rows that are about one register of one leaf on a CPU of this vendor. */
export function normalizationOf(
  vendor: string,
  leaf: number,
  subleaf: number,
  register: CpuidRegister,
): readonly CpuidNormalization[] {
  return CPUID_NORMALIZATION.filter(
    (row) =>
      row.leaf === leaf &&
      row.register === register &&
      (row.subleaf === undefined || row.subleaf === subleaf) &&
      (row.vendor === undefined || row.vendor === vendor),
  );
}
