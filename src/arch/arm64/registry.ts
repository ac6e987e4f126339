/** The arm64 registry: what the engine asks about words and whole surfaces. */
import { extract } from '../../model/index.ts';
import type { MeasuredSurface, Registry, Rejection, SwitchWord } from '../../model/index.ts';
import { areaOf } from './areas.ts';
import { elementsOf } from './elements.ts';
import { isFirmwareRegister, isIdRegister } from './ids.ts';
import { idOf, registerName, wordOf } from './names.ts';
import { gatesOf } from './tables/gates.ts';
import { observedRegister } from './tables/observed-registers.ts';
import { stateRow, statusBits } from './tables/state-registers.ts';
import { SWITCHES } from './tables/switches.ts';

/**
 * Firmware registers whose value says "not offered", so that a host without them shows the same machine. State registers
 * are in their own table. ID registers need no row: an ID register that a kernel does not list reads as zero in its guests
 * (arch/arm64/kvm/sys_regs.c, ID_UNALLOCATED and ID_HIDDEN).
 */
const FIRMWARE_NEUTRAL: Readonly<Record<string, bigint>> = {
  // No call of the bitmap is offered, as on kernels that do not know it (fw-pseudo-registers.rst). KVM_REG_ARM_STD_HYP_BMAP
  // is not here: 5.10 has no bitmap and yet answers PV_TIME.
  'reg/KVM_REG_ARM_STD_BMAP': 0n,
  'reg/KVM_REG_ARM_VENDOR_HYP_BMAP': 0n,
  'reg/KVM_REG_ARM_VENDOR_HYP_BMAP_2': 0n,
  // Not available: what a guest is told by a kernel that does not know the call.
  'reg/KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3': 0n,
};

/**
 * One set and one way, of lines of 64 bytes: since 6.3 KVM shows every cache so that nobody described, also those that
 * CLIDR_EL1 does not name; before, it listed only those that are there (get_ccsidr, arch/arm64/kvm/sys_regs.c). What
 * CCSIDR_EL1 reads for a cache that is not there is UNKNOWN (Arm ARM D24.2, CSSELR_EL1): no guest relies on it.
 */
const NO_CACHE = 2n;

/** KVM_SET_ONE_REG of an id that the kernel does not know (kvm_sys_reg_set_user and kvm_arm_set_reg). */
const NO_REGISTER: Rejection = { how: 'refused', call: 'KVM_SET_ONE_REG', errno: 'ENOENT' };
const NO_OUTCOME: Rejection = { how: 'unknown', why: 'the test came to no outcome there' };
/** A register that a guest reads, and that is not there for it. */
const NOT_READABLE: Rejection = { how: 'ignored', call: 'KVM_RUN', instead: 'meets an undefined instruction' };
const NO_DEVICE: Rejection = { how: 'refused', call: 'KVM_CREATE_DEVICE', errno: 'ENODEV' };
const NO_ATTRIBUTE: Rejection = { how: 'refused', call: 'KVM_SET_DEVICE_ATTR', errno: 'ENXIO' };
const NO_CAPABILITY: Rejection = { how: 'refused', call: 'KVM_ENABLE_CAP', errno: 'EINVAL' };

/** Registers that say what there is: 0 is nothing of it. Not a frequency, and not the size that DC ZVA clears. */
const observedNeutral = (word: string): bigint | null =>
  word === 'reg/CNTFRQ_EL0' || word === 'reg/DCZID_EL0' ? null : 0n;

const SWITCH_WORDS: readonly SwitchWord[] = SWITCHES.map(({ name, width }) => ({ path: `switch/${name}`, width }));

export const registry: Registry = {
  architecture: 'arm64',
  elements: elementsOf,
  area: areaOf,
  whenAbsent(word) {
    if (word.startsWith('behaviour/')) return { kind: 'absent', otherwise: NO_OUTCOME };
    if (observedRegister(word) !== undefined) return { kind: 'absent', otherwise: NOT_READABLE };
    if (word.startsWith('vgic/')) return { kind: 'absent', otherwise: NO_DEVICE };
    if (word.startsWith('vcpu-attribute/')) return { kind: 'absent', otherwise: NO_ATTRIBUTE };
    if (word.startsWith('capability/') || word.startsWith('switch/'))
      return { kind: 'absent', otherwise: NO_CAPABILITY };
    return { kind: 'absent', otherwise: NO_REGISTER };
  },
  neutral(word) {
    if (observedRegister(word) !== undefined) return observedNeutral(word);
    const known = FIRMWARE_NEUTRAL[word];
    if (known !== undefined) return known;
    const id = idOf(word);
    if (word.startsWith('cache/')) return NO_CACHE;
    if (id !== null && isIdRegister(id)) return word.startsWith('reg/ID_') ? 0n : null;
    if (id !== null) return isFirmwareRegister(id) ? null : (stateRow(registerName(id))?.neutral?.value ?? null);
    // A feature, attribute, capability or switch that the guest was not given.
    return /^(vcpu|vcpu-attribute|capability|switch)\//.test(word) ? 0n : null;
  },
  switches: () => SWITCH_WORDS,
  status(word) {
    const id = idOf(word);
    return id === null ? 0n : statusBits(registerName(id));
  },
  gates(word) {
    const id = idOf(word);
    return id === null ? [] : gatesOf(registerName(id));
  },
  canonical(word) {
    const id = idOf(word);
    return id === null ? word : wordOf(id);
  },
  incomparable,
  comparedBy: ['reg/MIDR_EL1'],
};

const IMPLEMENTER = { shift: 24, width: 8 } as const;

/** Codes of Arm ARM D19.2.109, MIDR_EL1.Implementer. */
const IMPLEMENTERS: Readonly<Record<number, string>> = {
  0x00: 'reserved for software use',
  0x41: 'Arm',
  0x42: 'Broadcom',
  0x43: 'Cavium',
  0x46: 'Fujitsu',
  0x48: 'HiSilicon',
  0x4e: 'NVIDIA',
  0x50: 'APM',
  0x51: 'Qualcomm',
  0x53: 'Samsung',
  0x56: 'Marvell',
  0x61: 'Apple',
  0x69: 'Intel',
  0x6d: 'Microsoft',
  0x70: 'Phytium',
  0xc0: 'Ampere',
};

export function implementerName(midr: bigint): string {
  const code = Number(extract(IMPLEMENTER, midr));
  return IMPLEMENTERS[code] ?? `implementer 0x${code.toString(16)}`;
}

/** Another implementer's CPU has other errata, other IMPLEMENTATION DEFINED registers, and another meaning of both. */
function incomparable(a: MeasuredSurface, b: MeasuredSurface): string | null {
  const [first, second] = [a, b].map((surface) => surface.words.get('reg/MIDR_EL1')?.value ?? null);
  if (first === null || first === undefined || second === null || second === undefined) return null;
  if (extract(IMPLEMENTER, first) === extract(IMPLEMENTER, second)) return null;
  return `CPUs of different implementers: ${implementerName(first)} and ${implementerName(second)} (MIDR_EL1)`;
}
