/**
 * How QEMU, libvirt and Firecracker select an element. The first row of a program whose path is the element's, or an outer
 * one, counts. Null: the program cannot. QEMU's properties as of 5.2, 7.2, 10.0 and 11.1; a row says where one is newer.
 */
import type { Selector } from '../../../model/index.ts';

export interface ProgramRow extends Selector {
  readonly by: 'qemu' | 'libvirt' | 'firecracker';
  readonly of: string;
}

const FEATURES = 'QEMU, docs/system/arm/cpu-features.rst';
const LIBVIRT_CPU = 'libvirt 12.8.0, cpu_map/arm_features.xml';
const LIBVIRT_FEATURES = 'libvirt, formatdomain: Hypervisor features';
const QEMU_NONE = 'QEMU 11.1, target/arm: writes back what was saved and has no property for it';
const FIRECRACKER = 'Firecracker, docs/cpu_templates/cpu-templates.md';
const FIRECRACKER_NONE = 'Firecracker, src/vmm/src/arch/aarch64, which makes no such call';

const row = (by: ProgramRow['by'], of: string, how: string | null, source: string): ProgramRow => ({
  by,
  of,
  how,
  source,
});

/** All fields that one property of QEMU, and one feature of libvirt, decide together. */
const together = (paths: readonly string[], qemu: string, libvirt: string, source = FEATURES): ProgramRow[] =>
  paths.flatMap((of) => [
    row('qemu', of, qemu, source),
    row('libvirt', of, libvirt, libvirt.startsWith('<feature') ? LIBVIRT_CPU : LIBVIRT_FEATURES),
  ]);

const PAUTH_FIELDS = ['ID_AA64ISAR1_EL1/APA', 'ID_AA64ISAR1_EL1/API', 'ID_AA64ISAR1_EL1/GPA', 'ID_AA64ISAR1_EL1/GPI'];
const PAUTH3_FIELDS = ['ID_AA64ISAR2_EL1/APA3', 'ID_AA64ISAR2_EL1/GPA3'];
const PMU_FIELDS = ['ID_AA64DFR0_EL1/PMUVer', 'ID_DFR0_EL1/PerfMon', 'PMCR_EL0', 'PMMIR_EL1'];

/** The index of Firecracker's `vcpu_features` bitmap is the word of kvm_vcpu_init.features; its bit the feature's. */
const vcpuBit = (feature: string, bit: number): ProgramRow =>
  row('firecracker', `vcpu/${feature}`, `CPU template, vcpu_features: index 0, bit ${bit}`, FIRECRACKER);

export const PROGRAM_ROWS: readonly ProgramRow[] = [
  ...together(
    ['vcpu/SVE', 'reg/ID_AA64PFR0_EL1/SVE', 'reg/ID_AA64ZFR0_EL1'],
    '-cpu …,sve=on or off',
    "<feature policy='require' name='sve'/>, or policy='disable'",
  ),
  ...together(
    ['sve/vector-lengths'],
    '-cpu …,sve128=on, sve256=on, … sve2048=off',
    "<feature policy='require' name='sve256'/>, or policy='disable'",
  ),
  ...together(
    ['vcpu/PTRAUTH_ADDRESS', 'vcpu/PTRAUTH_GENERIC', ...[...PAUTH_FIELDS, ...PAUTH3_FIELDS].map((f) => `reg/${f}`)],
    '-cpu …,pauth=on or off, both kinds together; not in 5.2',
    "<feature policy='require' name='pauth'/>, or policy='disable'",
  ),
  ...together(
    ['vcpu/PMU_V3', ...PMU_FIELDS.map((field) => `reg/${field}`)],
    '-cpu …,pmu=on or off, with the values of the host',
    "<pmu state='on'/>, or 'off'",
  ),
  row('qemu', 'vcpu/EL1_32BIT', '-cpu …,aarch64=off, with KVM only', FEATURES),
  row('qemu', 'vcpu/PSCI_0_2', 'always on', 'QEMU, target/arm/kvm.c, kvm_arch_init_vcpu'),
  row('qemu', 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA', '-cpu …,kvm-steal-time=on or off', FEATURES),
  row('qemu', 'vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_', 'what the machine virt has', 'QEMU, hw/arm/virt.c'),
  row('qemu', 'switch/COUNTER_OFFSET', null, QEMU_NONE),
  row(
    'qemu',
    'reg/KVM_REG_ARM_TIMER_CNT',
    '-cpu …,kvm-no-adjvtime=off stops the virtual counter while the VM is stopped; on lets it run',
    FEATURES,
  ),
  row('qemu', 'capability/KVM_CAP_ARM_MTE', '-machine virt,mte=on or off; with KVM since 10.0', 'QEMU, hw/arm/virt.c'),
  row('qemu', 'reg/ID_AA64PFR1_EL1/MTE', '-machine virt,mte=on or off; with KVM since 10.0', 'QEMU, hw/arm/virt.c'),
  row('qemu', 'reg/ID_AA64PFR0_EL1/GIC', '-machine virt,gic-version=2, 3 or host', 'QEMU, docs/system/arm/virt.rst'),
  row('libvirt', 'reg/ID_AA64PFR0_EL1/GIC', "<gic version='3'/>", LIBVIRT_FEATURES),
  row('qemu', 'vm/ipa-size', 'follows from the memory map: -m and -machine virt,highmem=', 'QEMU, hw/arm/virt.c'),
  row('qemu', 'switch/NISV_TO_USER', 'always on', 'QEMU, target/arm/kvm.c, kvm_arch_init'),
  row('qemu', 'switch', null, 'QEMU 10.0, target/arm/kvm.c, which makes no such call'),
  row('qemu', 'vgic/its/GITS_IIDR', 'written back from the saved state', 'QEMU, hw/intc/arm_gicv3_its_kvm.c'),
  row('qemu', 'vgic/v3/GICD_IIDR', null, 'QEMU, hw/intc/arm_gicv3_kvm.c, kvm_arm_gicv3_put, which does not write it'),
  row('qemu', 'vgic/v2/GICD_IIDR', null, 'QEMU, hw/intc/arm_gic_kvm.c, which does not write it'),
  row('qemu', 'reg', null, QEMU_NONE),
  row('qemu', 'cache', null, QEMU_NONE),
  row('libvirt', 'reg', null, 'libvirt 12.8.0, cpu_map/arm_features.xml, which has no such feature'),
  row('libvirt', 'switch', null, 'libvirt, formatdomain, which has no such element'),
  vcpuBit('PMU_V3', 3),
  vcpuBit('SVE', 4),
  vcpuBit('PTRAUTH_ADDRESS', 5),
  vcpuBit('PTRAUTH_GENERIC', 6),
  vcpuBit('HAS_EL2', 7),
  row('firecracker', 'vcpu/PSCI_0_2', 'always on', 'Firecracker, src/vmm/src/arch/aarch64/vcpu.rs, default_kvi'),
  row('firecracker', 'vgic/v3/GICD_IIDR', null, 'Firecracker, src/vmm/src/arch/aarch64/gic, which does not save it'),
  row('firecracker', 'vcpu-attribute', null, FIRECRACKER_NONE),
  row(
    'firecracker',
    'capability',
    null,
    'Firecracker can check capabilities (kvm_capabilities of a template), not turn them on',
  ),
  row('firecracker', 'vm', null, FIRECRACKER_NONE),
];
