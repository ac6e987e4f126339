/**
 * QEMU's properties of arm64 guests under KVM: target/arm/cpu.c, cpu64.c and kvm.c, hw/arm/virt.c; of 11.1 the program's own
 * list (device-list-properties of host-arm-cpu under KVM). `-cpu host` is all there is, and it has no property for ID
 * registers.
 */
import type { WordPath } from '../../model/index.ts';
import { switchProperty } from './qemu-property.ts';
import type { QemuProperty } from './qemu-property.ts';

const VIRT = 'hw/arm/virt.c';
const LENGTHS: WordPath = 'sve/vector-lengths';

/** Bit n of the set stands for vectors of 128 × (n + 1) bits; QEMU knows 16 (ARM_MAX_VQ). */
const lengths: readonly QemuProperty[] = Array.from({ length: 16 }, (_, bit) => ({
  name: `sve${128 * (bit + 1)}`,
  on: 'cpu',
  takes: 'on|off',
  fields: [{ word: LENGTHS, shift: bit, width: 1 }],
  since: '5.2',
  write: (promised) => ((promised(LENGTHS) >> BigInt(bit)) % 2n === 1n ? 'on' : 'off'),
  source: 'target/arm/cpu64.c, aarch64_add_sve_properties and arm_cpu_sve_finalize',
}));

const PSCI: WordPath = 'reg/KVM_REG_ARM_PSCI_VERSION';

/** Major and minor version as PSCI_VERSION returns them (Arm DEN0022). */
const PSCI_VERSIONS: ReadonlyMap<bigint, string> = new Map([
  [0x2n, '0.2'],
  [0x1_0000n, '1.0'],
  [0x1_0001n, '1.1'],
  [0x1_0002n, '1.2'],
  [0x1_0003n, '1.3'],
]);

export const QEMU_ARM64_PROPERTIES: readonly QemuProperty[] = [
  switchProperty('cpu', 'pmu', ['vcpu/PMU_V3'], '5.2', 'target/arm/cpu.c, arm_set_pmu'),
  switchProperty('cpu', 'sve', ['vcpu/SVE'], '5.2', 'target/arm/cpu64.c, aarch64_add_sve_properties'),
  ...lengths,
  switchProperty(
    'cpu',
    'pauth',
    ['vcpu/PTRAUTH_ADDRESS', 'vcpu/PTRAUTH_GENERIC'],
    '7.2',
    'target/arm/cpu64.c, aarch64_add_pauth_properties',
  ),
  switchProperty('cpu', 'aarch64', ['vcpu/EL1_32BIT'], '5.2', 'target/arm/cpu64.c, aarch64_cpu_set_aarch64', [
    'on',
    'off',
  ]),
  switchProperty(
    'cpu',
    'kvm-steal-time',
    ['vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA'],
    '5.2',
    'target/arm/kvm.c (kvm64.c), kvm_arm_pvtime_init',
  ),
  {
    name: 'kvm-psci-version',
    on: 'cpu',
    takes: 'VERSION',
    fields: [{ word: PSCI, shift: 0, width: 64 }],
    since: '11.1',
    write: (promised) => PSCI_VERSIONS.get(promised(PSCI)) ?? null,
    source: "the program's list; the series that added it, qemu-devel, September 2025, for its values",
  },
  switchProperty('machine', 'mte', ['capability/KVM_CAP_ARM_MTE'], '10.0', `${VIRT}, virt_set_mte`),
];
