/**
 * What QEMU does on arm64, by version. Read in Debian's sources of 5.2, 7.2 and 10.0; of 11.1 in the program (Debian's
 * 1:11.1.3+ds-1, arm64) and in upstream's target/arm/cpu64.c after commit 6dd8be31f8fb (aarch64_host_initfn).
 */
import type { VmmDefault, VmmRow } from '../../model/index.ts';
import { CONFIGURED, HOST_FACTS, INSISTS, NOT_READ } from './patterns.ts';
import { QEMU_ARM64_PROPERTIES } from './qemu-properties-arm64.ts';
import { selectedBy } from './qemu-property.ts';
import type { QemuVersion } from './qemu-version.ts';

const itself = (text: string): VmmRow['selects'] => ({ how: 'itself', text });
const never: VmmRow['selects'] = { how: 'never' };

/** From the table of properties, so that the profile and the exporter cannot disagree. */
const selectedIn = (version: QemuVersion, word: string): VmmRow['selects'] =>
  selectedBy(QEMU_ARM64_PROPERTIES, version, word) ?? never;

const isNewest = (version: QemuVersion): boolean => version === '11.1';

/**
 * Every register that KVM_GET_REG_LIST gives is saved, written back, and has to be there: cpu_post_load compares the two
 * lists, and a register that only the saved state has ends it. (Registers behind the last one of the destination are
 * passed over where the lists are equally long; no two kernels that were recorded differ in that way alone.)
 */
const REGISTERS = 'target/arm/machine.c, cpu_post_load; target/arm/kvm.c (kvm64.c), write_list_to_kvmstate';

/** kvm_arm_set_cpreg_mig_tolerances: registers that kernels before 6.13 list for guests that cannot use them. */
const TOLERANCES: readonly VmmRow[] = [
  {
    words: ['reg/TCR2_EL1'],
    selects: itself('from the saved state'),
    saves: 'yes',
    lacking: 'drops',
    refused: 'fails',
    idle: 'reg/ID_AA64MMFR3_EL1/TCRX',
    source: 'target/arm/cpu64.c, kvm_arm_set_cpreg_mig_tolerances, ToleranceNotOnBothEnds (-cpu host)',
  },
  {
    words: ['reg/PIR_EL1', 'reg/PIRE0_EL1'],
    selects: itself('from the saved state'),
    saves: 'yes',
    lacking: 'drops',
    refused: 'fails',
    idle: 'reg/ID_AA64MMFR3_EL1/S1PIE',
    source: 'target/arm/cpu64.c, kvm_arm_set_cpreg_mig_tolerances, ToleranceNotOnBothEnds (-cpu host)',
  },
  {
    words: ['reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2'],
    selects: itself('from the saved state'),
    saves: 'yes',
    lacking: 'tolerates',
    refused: 'fails',
    source: 'target/arm/cpu64.c, kvm_arm_set_cpreg_mig_tolerances, ToleranceOnlySrcTestValue 0 (-cpu host)',
  },
];

function vcpuRows(version: QemuVersion): VmmRow[] {
  const source = 'target/arm/kvm.c (kvm64.c), kvm_arch_init_vcpu';
  return [
    { words: ['vcpu/PSCI_0_2'], selects: itself('always'), ...CONFIGURED, source },
    { words: ['vcpu/EL1_32BIT'], selects: selectedIn(version, 'vcpu/EL1_32BIT'), ...CONFIGURED, source },
    { words: ['vcpu/PMU_V3'], selects: selectedIn(version, 'vcpu/PMU_V3'), ...CONFIGURED, source },
    { words: ['vcpu/SVE'], selects: selectedIn(version, 'vcpu/SVE'), ...CONFIGURED, source },
    { words: ['sve/vector-lengths'], selects: { how: 'property', text: '-cpu …,sveN=on|off' }, ...INSISTS, source },
    {
      words: ['vcpu/PTRAUTH_*'],
      selects: selectedIn(version, 'vcpu/PTRAUTH_ADDRESS'),
      ...CONFIGURED,
      source,
    },
    {
      words: ['vcpu/HAS_EL2*', 'vcpu/PMU_V3_STRICT'],
      selects: isNewest(version) ? { how: 'unknown' } : never,
      ...CONFIGURED,
      source: isNewest(version) ? 'not read' : `${source}: no such feature is asked for`,
    },
    { words: ['vm/ipa-size'], selects: itself('what the memory map needs'), ...CONFIGURED, source: 'hw/arm/virt.c' },
    {
      words: ['capability/KVM_CAP_ARM_MTE'],
      selects: selectedIn(version, 'capability/KVM_CAP_ARM_MTE'),
      ...CONFIGURED,
      source: 'target/arm/kvm.c, kvm_arm_enable_mte; not in 5.2 and 7.2',
    },
    { words: ['vcpu-attribute/*TIMER_IRQ*'], selects: itself('always'), ...CONFIGURED, source: 'hw/arm/virt.c' },
    {
      words: ['vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA'],
      selects: selectedIn(version, 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA'),
      ...CONFIGURED,
      source: 'target/arm/kvm.c (kvm64.c), kvm_arm_pvtime_init',
    },
    {
      words: ['switch/NISV_TO_USER'],
      selects: itself('always'),
      ...CONFIGURED,
      source: 'target/arm/kvm.c, kvm_arch_init',
    },
    {
      words: ['switch/*'],
      selects: isNewest(version) ? { how: 'unknown' } : never,
      ...CONFIGURED,
      source: isNewest(version) ? 'not read' : 'target/arm/kvm.c and kvm64.c name no other',
    },
  ];
}

function gicRows(version: QemuVersion): VmmRow[] {
  const read = isNewest(version) ? 'the program knows no such field; hw/intc/arm_gicv3_kvm.c of 10.0' : null;
  const put = read ?? 'hw/intc/arm_gicv3_kvm.c, kvm_arm_gicv3_put';
  return [
    {
      words: ['vgic/v3/GICD_IIDR', 'vgic/v3/GICR_IIDR', 'vgic/v2/GICD_IIDR'],
      selects: never,
      ...CONFIGURED,
      source: `${put}: never written`,
    },
    {
      words: ['vgic/its/GITS_IIDR'],
      selects: itself('from the saved state'),
      ...INSISTS,
      source: 'hw/intc/arm_gicv3_its_kvm.c, kvm_arm_its_post_load',
    },
    {
      words: [
        'vgic/*/GICD_TYPER',
        'vgic/*/GICD_TYPER2',
        'vgic/*/GICR_TYPER',
        'vgic/*/GICD_PIDR2',
        'vgic/its/GITS_TYPER',
      ],
      selects: never,
      ...INSISTS,
      source: `${put}: what identifies the GIC is read, and not written`,
    },
    { words: ['vgic/*'], selects: itself('from the saved state'), ...INSISTS, source: put },
  ];
}

export function qemuArm64Rows(version: QemuVersion): readonly VmmRow[] {
  return [
    ...vcpuRows(version),
    HOST_FACTS,
    ...gicRows(version),
    ...(isNewest(version) ? TOLERANCES : []),
    ...(isNewest(version)
      ? [
          {
            words: ['reg/KVM_REG_ARM_PSCI_VERSION'],
            selects: selectedIn(version, 'reg/KVM_REG_ARM_PSCI_VERSION'),
            ...INSISTS,
            source: `the program's list of properties; ${REGISTERS}`,
          },
        ]
      : []),
    { words: ['reg/*', 'cache/*'], selects: itself('from the saved state'), ...INSISTS, source: REGISTERS },
    { words: ['*'], ...NOT_READ, source: 'not read' },
  ];
}

export const QEMU_ARM64_DEFAULTS: readonly VmmDefault[] = [
  { words: ['vcpu/PSCI_0_2'], value: 1n, source: 'target/arm/kvm.c (kvm64.c), kvm_arch_init_vcpu' },
  {
    words: ['vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_VTIMER'],
    value: 27n,
    source: 'hw/arm/virt.c, ARCH_TIMER_VIRT_IRQ',
  },
  {
    words: ['vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_PTIMER'],
    value: 30n,
    source: 'hw/arm/virt.c, ARCH_TIMER_NS_EL1_IRQ',
  },
  { words: ['switch/NISV_TO_USER'], value: 1n, source: 'target/arm/kvm.c, kvm_arch_init, since 5.1' },
];
