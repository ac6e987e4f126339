/**
 * The firmware pseudo-registers, with the values that the KVM documents give them
 * (Documentation/virt/kvm/arm/fw-pseudo-registers.rst and arch/arm64/include/uapi/asm/kvm.h).
 */
import type { Element } from '../../model/index.ts';
import { GROUP, registerId } from './ids.ts';

export interface FirmwareRegister {
  readonly name: string;
  readonly id: bigint;
  readonly form: 'version' | 'level' | 'bitmap';
  /** `level`: the names of the values; `bitmap`: the names of the bits; `version`: PSCI major.minor. */
  readonly names: Readonly<Record<number, string>>;
  readonly description: string;
  /** What each bit of a bitmap offers. */
  readonly services?: Readonly<Record<number, string>>;
  readonly harmless?: NonNullable<Element['harmless']>;
  /** What to write besides what the host shows, to learn what it takes. */
  readonly candidates: readonly bigint[];
}

const level = (index: number): bigint => registerId(GROUP.firmware, 8, index);
const bitmap = (index: number): bigint => registerId(GROUP.firmwareBitmap, 8, index);

/** PSCI versions as PSCI_VERSION encodes them (major[31:16], minor[15:0]): 0.1 to 1.4, of which none has a guest yet. */
const PSCI_CANDIDATES = [0x1n, 0x2n, 0x1_0000n, 0x1_0001n, 0x1_0002n, 0x1_0003n, 0x1_0004n];
/**
 * kvm_arm_set_fw_reg (arch/arm64/kvm/hypercalls.c) takes every level up to the host's own, keeps nothing of it, and goes on
 * to show the host's: the kernel counts a host that is safer than what was promised as no difference.
 */
const SAFER: NonNullable<Element['harmless']> = {
  when: 'higher',
  reason:
    'a guest asks at boot and keeps calling its workaround, which a host that does not need it answers at once (kvm_arm_set_fw_reg takes the lower level)',
};
const LEVELS = { 0: 'not available', 1: 'available', 2: 'not required' } as const;

export const FIRMWARE_REGISTERS: readonly FirmwareRegister[] = [
  {
    name: 'KVM_REG_ARM_PSCI_VERSION',
    id: level(0),
    form: 'version',
    names: {},
    description: 'PSCI version that the guest is told',
    candidates: PSCI_CANDIDATES,
  },
  {
    name: 'KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1',
    id: level(1),
    form: 'level',
    names: LEVELS,
    description: 'Spectre v2 workaround by firmware call',
    harmless: SAFER,
    candidates: [0n, 1n, 2n, 3n],
  },
  {
    name: 'KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2',
    id: level(2),
    form: 'level',
    names: { 0: 'not available', 1: 'unknown', 2: 'available', 3: 'not required' },
    description: 'Spectre v4 workaround by firmware call; bit 4: enabled on this vCPU',
    harmless: SAFER,
    candidates: [0n, 1n, 2n, 3n, 0x12n],
  },
  {
    name: 'KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3',
    id: level(3),
    form: 'level',
    names: LEVELS,
    description: 'Spectre-BHB workaround by firmware call',
    harmless: SAFER,
    candidates: [0n, 1n, 2n, 3n],
  },
  {
    name: 'KVM_REG_ARM_STD_BMAP',
    id: bitmap(0),
    form: 'bitmap',
    names: { 0: 'TRNG_V1_0' },
    description: 'standard secure service calls',
    services: { 0: 'random numbers (Arm DEN0098)' },
    candidates: [],
  },
  {
    name: 'KVM_REG_ARM_STD_HYP_BMAP',
    id: bitmap(1),
    form: 'bitmap',
    names: { 0: 'PV_TIME' },
    description: 'standard hypervisor service calls',
    services: { 0: 'stolen time (Arm DEN0057)' },
    candidates: [],
  },
  {
    name: 'KVM_REG_ARM_VENDOR_HYP_BMAP',
    id: bitmap(2),
    form: 'bitmap',
    names: { 0: 'FUNC_FEAT', 1: 'PTP' },
    description: 'vendor hypervisor service calls 0-63',
    services: { 0: "which of KVM's own calls there are", 1: 'the clock of the host' },
    candidates: [],
  },
  {
    name: 'KVM_REG_ARM_VENDOR_HYP_BMAP_2',
    id: bitmap(3),
    form: 'bitmap',
    names: { 0: 'DISCOVER_IMPL_VER', 1: 'DISCOVER_IMPL_CPUS' },
    description: 'vendor hypervisor service calls 64-127',
    services: { 0: 'how many kinds of CPU the guest may meet', 1: 'MIDR_EL1 and REVIDR_EL1 of each of them' },
    candidates: [],
  },
];
