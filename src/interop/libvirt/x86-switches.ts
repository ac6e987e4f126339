/**
 * What a domain's `<features>` and `<clock>` say of a guest's CPUID, element by element of that XML. Names of libvirt:
 * formatdomain, "Hypervisor features" and "Time keeping". Which bits QEMU sets for them: target/i386/kvm/kvm.c,
 * kvm_hyperv_properties and hyperv_fill_cpuids; for KVM's own leaf Documentation/virt/kvm/x86/cpuid.rst.
 */
import type { WordPath } from '../../model/index.ts';

export interface SwitchRow {
  /** Below `<features>` or `<clock>`: `hyperv/vapic`, `kvm/hidden`, `timer/kvmclock`. */
  readonly path: string;
  /** Bits that are 1 when it is on, and 0 when it is off. */
  readonly bits: readonly (readonly [word: WordPath, mask: bigint])[];
  /** On means 0. */
  readonly inverted?: true;
  /** First libvirt whose schema has it, where that is later than 8.0. */
  readonly since?: string;
}

const bit = (at: number): bigint => 1n << BigInt(at);

/** Recommendations that two switches share (ex_processor_masks, with tlbflush and ipi) stand in neither. */
export const HYPERV_SWITCHES: readonly SwitchRow[] = [
  { path: 'hyperv/relaxed', bits: [['hyperv/0x40000004:0/eax', bit(5)]] },
  { path: 'hyperv/vapic', bits: [['hyperv/0x40000003:0/eax', bit(4)]] },
  { path: 'hyperv/vpindex', bits: [['hyperv/0x40000003:0/eax', bit(6)]] },
  { path: 'hyperv/runtime', bits: [['hyperv/0x40000003:0/eax', bit(0)]] },
  { path: 'hyperv/synic', bits: [['hyperv/0x40000003:0/eax', bit(2)]] },
  { path: 'hyperv/stimer', bits: [['hyperv/0x40000003:0/eax', bit(3)]] },
  { path: 'hyperv/stimer/direct', bits: [['hyperv/0x40000003:0/edx', bit(19)]] },
  { path: 'hyperv/reset', bits: [['hyperv/0x40000003:0/eax', bit(7)]] },
  {
    path: 'hyperv/frequencies',
    bits: [
      ['hyperv/0x40000003:0/eax', bit(11)],
      ['hyperv/0x40000003:0/edx', bit(8)],
    ],
  },
  { path: 'hyperv/reenlightenment', bits: [['hyperv/0x40000003:0/eax', bit(13)]] },
  { path: 'hyperv/tlbflush', bits: [['hyperv/0x40000004:0/eax', bit(2)]] },
  { path: 'hyperv/ipi', bits: [['hyperv/0x40000004:0/eax', bit(10)]] },
  { path: 'hyperv/evmcs', bits: [['hyperv/0x40000004:0/eax', bit(14)]] },
  { path: 'hyperv/avic', bits: [['hyperv/0x40000004:0/eax', bit(9)]], since: '8.10' },
  { path: 'hyperv/emsr_bitmap', bits: [['hyperv/0x4000000a:0/eax', bit(19)]], since: '10.7' },
  { path: 'hyperv/xmm_input', bits: [['hyperv/0x40000003:0/edx', bit(4)]], since: '10.7' },
  {
    path: 'timer/hypervclock',
    bits: [['hyperv/0x40000003:0/eax', bit(1) | bit(9)]],
  },
];

/** KVM's own leaf. What is not named here QEMU gives by default, and libvirt has no switch for it. */
export const KVM_SWITCHES: readonly SwitchRow[] = [
  { path: 'timer/kvmclock', bits: [['cpuid/0x40000001:0/eax', bit(0) | bit(3)]] },
  { path: 'apic/eoi', bits: [['cpuid/0x40000001:0/eax', bit(6)]] },
  { path: 'pvspinlock', bits: [['cpuid/0x40000001:0/eax', bit(7)]] },
  { path: 'kvm/pv-ipi', bits: [['cpuid/0x40000001:0/eax', bit(11)]] },
  { path: 'kvm/poll-control', bits: [['cpuid/0x40000001:0/eax', bit(12)]] },
  { path: 'kvm/hint-dedicated', bits: [['cpuid/0x40000001:0/edx', bit(0)]] },
];

/** `kvm=off`: KVM's leaves are not there. */
export const HIDDEN_WORDS: readonly WordPath[] = ['0x40000000', '0x40000001'].flatMap((leaf) =>
  ['eax', 'ebx', 'ecx', 'edx'].map((register) => `cpuid/${leaf}:0/${register}`),
);

/** `pmu=off`: leaf 0xA reads as zeros (x86_cpu_expand_features and cpu_x86_cpuid). */
export const PMU_WORDS: readonly WordPath[] = ['eax', 'ebx', 'ecx', 'edx'].map((register) => `cpuid/0xa:0/${register}`);

/** Attempts before a guest tells the hypervisor that it spins. */
export const SPINLOCKS_WORD: WordPath = 'hyperv/0x40000004:0/ebx';
/** `<vendor_id value='…'/>`: 12 characters. */
export const HYPERV_VENDOR_WORDS: readonly WordPath[] = ['ebx', 'ecx', 'edx'].map(
  (register) => `hyperv/0x40000000:0/${register}`,
);
export const TSC_WORD: WordPath = 'tsc/khz';
export const PHYSICAL_BITS_WORD: WordPath = 'cpuid/0x80000008:0/eax';
/** In the order of the characters (Intel SDM volume 2, CPUID leaf 0). */
export const VENDOR_WORDS: readonly WordPath[] = ['ebx', 'edx', 'ecx'].map((register) => `cpuid/0x0:0/${register}`);
