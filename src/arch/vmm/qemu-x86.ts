/**
 * What QEMU does on x86, by version. Read in Debian's sources of 5.2, 7.2 and 10.0: target/i386/kvm/kvm.c (in 5.2
 * target/i386/kvm.c) unless another file is named. The sources of 11.1 could not be had; of it count what its program says
 * (messages and properties in Debian's 1:11.1.3+ds-1) and what 10.0's machine types, which it still has, oblige it to.
 */
import type { VmmDefault, VmmRow } from '../../model/index.ts';
import { CONFIGURED, HOST_FACTS, INSISTS, NOT_READ, msrs } from './patterns.ts';
import { qemuAddedBits } from './qemu-added.ts';
import { qemuFeatureWords, qemuNames } from './qemu-cpuid.ts';
import { qemuGivenRows } from './qemu-given.ts';
import { QEMU_MSRS_ALWAYS, QEMU_MSRS_LISTED, QEMU_MSRS_NEVER_GIVEN, QEMU_MSRS_OF_OTHER_STATE } from './qemu-msrs.ts';
import { QEMU_X86_PROPERTIES } from './qemu-properties-x86.ts';
import { selectedBy } from './qemu-property.ts';
import { isSince } from './qemu-version.ts';
import type { QemuVersion } from './qemu-version.ts';

/** From the table of properties, so that the profile and the exporter cannot disagree. */
const selectedIn = (version: QemuVersion, word: string): VmmRow['selects'] =>
  selectedBy(QEMU_X86_PROPERTIES, version, word) ?? { how: 'never' };

const OPTION = '-cpu …,NAME=VALUE';

const itself = (text: string): VmmRow['selects'] => ({ how: 'itself', text });

/** KVM_SET_CPUID2 failing ends QEMU (kvm_arch_init_vcpu). The table is made anew, never taken from saved state. */
const TABLE = CONFIGURED;

function cpuidRows(version: QemuVersion): VmmRow[] {
  const named = qemuFeatureWords(version).filter((word) => word.startsWith('cpuid/'));
  const features = named.map((word): VmmRow => ({
    words: [word],
    selects: { how: 'bits', names: qemuNames(version, word), option: OPTION },
    ...TABLE,
    source: 'target/i386/cpu.c, feature_word_info and x86_cpu_filter_features',
  }));
  const source = 'target/i386/cpu.c, x86_cpu_properties and cpu_x86_cpuid';
  const numbers = new Set(QEMU_X86_PROPERTIES.flatMap(({ fields }) => fields.map(({ word }) => word)));
  return [
    ...features,
    ...[...numbers]
      .filter((word) => word.startsWith('cpuid/') && !named.includes(word))
      .map((word): VmmRow => ({ words: [word], selects: selectedIn(version, word), ...TABLE, source })),
    // The leaves say nothing of KVM with kvm=off, and begin at 0x40000100 with Hyper-V's before them.
    {
      words: ['cpuid/0x40000000:0/*'],
      selects: { how: 'property', text: '-cpu …,kvm=on|off' },
      ...TABLE,
      source: 'target/i386/kvm/kvm.c, kvm_arch_init_vcpu',
    },
    {
      words: ['hyperv/*'],
      selects: { how: 'property', text: '-cpu …,hv-NAME=on|off' },
      ...TABLE,
      source: 'target/i386/kvm/kvm.c, kvm_hyperv_properties',
    },
    ...qemuGivenRows(version),
  ];
}

/** An MSR that KVM does not take ends QEMU: kvm_buf_set_msrs reports it and asserts. */
function msrRows(version: QemuVersion): VmmRow[] {
  const source = 'target/i386/kvm/kvm.c, kvm_get_msrs and kvm_put_msrs';
  const named = qemuFeatureWords(version).filter((word) => word.startsWith('msr/'));
  // Not in the stream: kvm_get_msrs reads none of them and target/i386/machine.c has no field for one.
  const feature: Pick<VmmRow, 'saves' | 'lacking' | 'refused'> = {
    saves: 'configured',
    lacking: 'drops',
    refused: 'fails',
  };
  return [
    ...named.map((word): VmmRow => ({
      words: [word],
      selects: { how: 'bits', names: qemuNames(version, word), option: OPTION },
      ...feature,
      source: 'target/i386/kvm/kvm.c, kvm_init_msrs: set where the host lists them, from the CPU model',
    })),
    {
      words: msrs([0x480, 0x491]).filter((word) => !named.includes(word)),
      selects: itself('from the VMX features'),
      ...feature,
      source: 'target/i386/kvm/kvm.c, kvm_msr_entry_add_vmx; what it does not write KVM derives',
    },
    {
      words: msrs(0x8b),
      selects: selectedIn(version, msrs(0x8b).join()),
      ...feature,
      source: 'target/i386/kvm/kvm.c, kvm_init_msrs, has_msr_ucode_rev',
    },
    {
      words: msrs(0xce, 0xc0011029),
      selects: { how: 'never' },
      ...CONFIGURED,
      source: 'target/i386/kvm/kvm.c names neither PLATFORM_INFO nor DE_CFG',
    },
    { words: QEMU_MSRS_ALWAYS(version), selects: itself('from the saved state'), ...INSISTS, source },
    {
      words: QEMU_MSRS_LISTED(version),
      selects: itself('from the saved state'),
      saves: 'yes',
      lacking: 'drops',
      refused: 'fails',
      source: `${source}: only where KVM_GET_MSR_INDEX_LIST has it (kvm_get_supported_msrs)`,
    },
    {
      words: QEMU_MSRS_OF_OTHER_STATE,
      selects: itself('from other state'),
      saves: 'yes',
      lacking: 'tolerates',
      refused: 'fails',
      source: 'target/i386/kvm/kvm.c: goes with KVM_SET_SREGS, KVM_SET_CLOCK or another MSR that is saved',
    },
    {
      words: QEMU_MSRS_NEVER_GIVEN,
      selects: { how: 'never' },
      saves: 'never-given',
      lacking: 'tolerates',
      refused: 'fails',
      source:
        'target/i386/kvm/kvm.c, kvm_hyperv_properties: no property but hv-syndbg, a debugging aid, gives a guest these',
    },
    ...(version === '11.1'
      ? [
          {
            words: msrs(0x140),
            selects: { how: 'never' as const },
            saves: 'no' as const,
            lacking: 'drops' as const,
            refused: 'fails' as const,
            source:
              "the program's strings: no field or subsection is named after it, as in versions whose source was read",
          },
        ]
      : []),
    version === '11.1'
      ? { words: ['msr/*'], ...NOT_READ, source: 'not read' }
      : { words: ['msr/*'], selects: { how: 'never' }, saves: 'no', lacking: 'drops', refused: 'fails', source },
  ];
}

function switchRows(version: QemuVersion): VmmRow[] {
  const enforcing = isSince(version, '7.2');
  const source = 'target/i386/kvm/kvm.c, kvm_arch_init';
  const unread = version === '11.1';
  return [
    ...(unread
      ? [
          {
            words: ['quirk/IGNORE_GUEST_PAT'],
            selects: selectedIn(version, 'quirk/IGNORE_GUEST_PAT'),
            ...CONFIGURED,
            source: "the program's list of properties",
          },
          { words: ['quirk/*'], ...NOT_READ, ...CONFIGURED, source: 'not read' },
        ]
      : [
          {
            words: ['quirk/*'],
            selects: { how: 'never' as const },
            ...CONFIGURED,
            source: 'no file under target/ and accel/ names KVM_CAP_DISABLE_QUIRKS or KVM_CAP_DISABLE_QUIRKS2',
          },
        ]),
    {
      words: ['x2apic/USE_32BIT_IDS', 'x2apic/DISABLE_BROADCAST_QUIRK'],
      selects: itself(x2apicFlags(version)),
      ...CONFIGURED,
      source:
        'target/i386/kvm/kvm.c, kvm_enable_x2apic, and its callers in hw/i386 (x86.c, intel_iommu.c, amd_iommu.c)',
    },
    {
      words: ['x2apic/*'],
      selects: unread ? { how: 'unknown' } : { how: 'never' },
      ...CONFIGURED,
      source: unread ? 'not read' : 'target/i386/kvm/kvm.c, kvm_enable_x2apic: no other flag',
    },
    { words: ['switch/EXCEPTION_PAYLOAD'], selects: itself('always'), ...CONFIGURED, source },
    {
      words: ['switch/TRIPLE_FAULT_EVENT', 'switch/USER_SPACE_MSR_FILTER', 'switch/MSR_FILTER'],
      selects: enforcing ? itself('always') : { how: 'never' },
      ...CONFIGURED,
      source: `${source}, kvm_vm_enable_userspace_msr: reads of MSR_CORE_THREAD_COUNT are filtered`,
    },
    {
      words: ['switch/ENFORCE_PV_FEATURE_CPUID'],
      selects: selectedIn(version, 'switch/ENFORCE_PV_FEATURE_CPUID'),
      ...CONFIGURED,
      source: 'target/i386/kvm/kvm.c, kvm_arch_init_vcpu',
    },
    {
      words: ['switch/HYPERV_ENFORCE_CPUID'],
      selects: enforcing ? { how: 'property', text: '-cpu …,hv-enforce-cpuid=on|off' } : { how: 'never' },
      ...CONFIGURED,
      source: 'target/i386/kvm/kvm.c, hyperv_init_vcpu',
    },
    {
      words: ['switch/HYPERV_SYNIC', 'switch/HYPERV_SYNIC2'],
      selects: { how: 'property', text: '-cpu …,hv-synic=on|off' },
      ...CONFIGURED,
      source: 'target/i386/kvm/kvm.c, hyperv_init_vcpu',
    },
    {
      words: ['switch/HYPERV_DIRECT_TLBFLUSH'],
      selects: enforcing ? { how: 'property', text: '-cpu …,hv-tlbflush-direct=on|off' } : { how: 'never' },
      ...CONFIGURED,
      source: 'target/i386/cpu.c, x86_cpu_properties: not in 5.2',
    },
    ...(unread
      ? []
      : [
          {
            words: ['switch/DISABLE_EXITS_APERFMPERF'],
            selects: { how: 'gives' as const, value: 0n },
            ...CONFIGURED,
            source: `${source}: cpu-pm asks for MWAIT, HLT, PAUSE and CSTATE`,
          },
        ]),
    {
      words: ['switch/DISABLE_EXITS_*'],
      selects: selectedIn(version, 'switch/DISABLE_EXITS_HLT'),
      ...CONFIGURED,
      source: `${source}, KVM_CAP_X86_DISABLE_EXITS`,
    },
    {
      words: ['switch/SPLIT_IRQCHIP'],
      selects: selectedIn(version, 'switch/SPLIT_IRQCHIP'),
      ...CONFIGURED,
      source: 'target/i386/kvm/kvm.c, kvm_arch_irqchip_create',
    },
    {
      words: ['switch/*'],
      selects: unread ? { how: 'unknown' } : { how: 'never' },
      ...CONFIGURED,
      source: unread ? 'not read' : `${source} names no other`,
    },
  ];
}

/** hw/i386: for APIC ids above 254 since 7.2 (x86_cpus_init), and for interrupt remapping in x2APIC mode. */
function x2apicFlags(version: QemuVersion): string {
  const many = isSince(version, '7.2') ? 'the guest has APIC ids above 254, or ' : '';
  return `both where ${many}an IOMMU has eim=on, and else neither`;
}

function stateRows(version: QemuVersion): VmmRow[] {
  // Up to 7.2 nobody looks at what kvm_arch_put_registers returns on a restore, and what it had still to write is not
  // written either: XCR0, MSRs and events come after XSAVE.
  const checks = isSince(version, '10.0');
  const put = 'accel/kvm/kvm-all.c, do_kvm_cpu_synchronize_post_init';
  return [
    {
      words: ['lapic/VERSION'],
      selects: { how: 'never' },
      ...CONFIGURED,
      source: 'hw/i386/kvm/apic.c, kvm_put_apic_state: the version register is not among those written',
    },
    { words: ['lapic/*'], selects: itself('from the saved state'), ...INSISTS, source: 'hw/i386/kvm/apic.c' },
    {
      words: ['xsave*', 'xfeature*'],
      selects: itself('from the saved state'),
      saves: 'yes',
      lacking: 'tolerates',
      refused: checks ? 'fails' : 'ignores',
      source: `${put}: ${checks ? 'an error ends QEMU' : 'the error is dropped'}`,
    },
    {
      words: ['tsc/*'],
      selects: selectedIn(version, 'tsc/khz'),
      saves: 'yes',
      lacking: 'tolerates',
      refused: 'ignores',
      source: 'target/i386/kvm/kvm.c, kvm_arch_put_registers: the result of kvm_arch_set_tsc_khz is not looked at',
    },
  ];
}

export function qemuX86Rows(version: QemuVersion): readonly VmmRow[] {
  return [
    HOST_FACTS,
    ...cpuidRows(version),
    ...msrRows(version),
    ...switchRows(version),
    ...stateRows(version),
    { words: ['*'], ...NOT_READ, source: 'not read' },
  ];
}

export function qemuX86Defaults(version: QemuVersion): readonly VmmDefault[] {
  const source = 'target/i386/kvm/kvm.c, kvm_arch_init';
  const filtered = ['switch/USER_SPACE_MSR_FILTER', 'switch/MSR_FILTER'];
  return [
    ...qemuAddedBits(version),
    { words: ['switch/EXCEPTION_PAYLOAD'], value: 1n, source },
    ...(isSince(version, '7.2') ? [{ words: filtered, value: 1n, source }] : []),
    { words: ['hyperv/*'], value: 0n, source: 'target/i386/kvm/kvm.c: no hv- property is on by default' },
  ];
}
