/**
 * Bits that guests of QEMU with `-cpu host` have whatever KVM_GET_SUPPORTED_CPUID says: kvm_arch_get_supported_cpuid of
 * target/i386/kvm/kvm.c ("fixups for the data returned by KVM") in Debian's sources of 5.2, 7.2, 10.0 and in 10.2.2. All
 * with the interrupt controllers in the kernel, which is the default; 11.1 is taken to do what 10.2.2 does.
 */
import type { VmmDefault } from '../../model/index.ts';
import { isSince } from './qemu-version.ts';
import type { QemuVersion } from './qemu-version.ts';

const SOURCE = 'target/i386/kvm/kvm.c, kvm_arch_get_supported_cpuid';

interface Added {
  readonly word: string;
  readonly mask: bigint;
  readonly value: bigint;
  readonly since?: QemuVersion;
  readonly before?: QemuVersion;
  readonly source: string;
}

const set = (word: string, bits: bigint): Pick<Added, 'word' | 'mask' | 'value'> => ({ word, mask: bits, value: bits });

const ADDED: readonly Added[] = [
  // HYPERVISOR; TSC_DEADLINE where KVM_CAP_TSC_DEADLINE_TIMER says 1, as every kernel since 3.9 does.
  { ...set('cpuid/0x1:0/ecx', 0x8100_0000n), source: SOURCE },
  // MCE, MTRR, MCA, PAT.
  { ...set('cpuid/0x1:0/edx', 0x1_5080n), source: SOURCE },
  // ARAT: the APIC is emulated.
  { ...set('cpuid/0x6:0/eax', 0x4n), source: SOURCE },
  // OVERFLOW_RECOV, SUCCOR.
  { ...set('cpuid/0x80000007:0/ebx', 0x3n), since: '10.0', source: SOURCE },
  // GuestPhysAddrSize: these versions do not know the field.
  {
    word: 'cpuid/0x80000008:0/eax',
    mask: 0xff_0000n,
    value: 0n,
    before: '10.0',
    source: 'target/i386/cpu.c, cpu_x86_cpuid: guest-phys-bits is not in 5.2 and 7.2',
  },
];

export function qemuAddedBits(version: QemuVersion): readonly VmmDefault[] {
  return ADDED.filter(({ since, before }) => {
    const reached = since === undefined || isSince(version, since);
    return reached && (before === undefined || !isSince(version, before));
  }).map(({ word, mask, value, source }) => ({ words: [word], value, mask, source }));
}
