/**
 * KVM register ids. Source: arch/arm64/include/uapi/asm/kvm.h and include/uapi/linux/kvm.h: architecture in bits
 * 63:60 (arm64 is 6), log2 of the size in bytes in 55:52, the group ("coprocessor") in 27:16, the rest below.
 */
const ARM64 = 0x6n << 60n;

export const GROUP = {
  core: 0x10,
  demux: 0x11,
  sysreg: 0x13,
  firmware: 0x14,
  sve: 0x15,
  firmwareBitmap: 0x16,
} as const;

/** Builds an id; `bytes` is a power of two. */
export function registerId(group: number, bytes: number, rest: number): bigint {
  return ARM64 | (BigInt(Math.log2(bytes)) << 52n) | (BigInt(group) << 16n) | BigInt(rest);
}

export function isArm64Register(id: bigint): boolean {
  return id >> 60n === 6n;
}

export function groupOf(id: bigint): number {
  return Number((id >> 16n) & 0xfffn);
}

/** The low 16 bits: of a system register its encoding. */
export function restOf(id: bigint): number {
  return Number(id & 0xffffn);
}

/** Bytes. */
export function bytesOf(id: bigint): number {
  return 1 << Number((id >> 52n) & 0xfn);
}

export interface Encoding {
  readonly op0: number;
  readonly op1: number;
  readonly crn: number;
  readonly crm: number;
  readonly op2: number;
}

export function decodeSysreg(encoding: number): Encoding {
  return {
    op0: encoding >> 14,
    op1: (encoding >> 11) & 7,
    crn: (encoding >> 7) & 15,
    crm: (encoding >> 3) & 15,
    op2: encoding & 7,
  };
}

/** The id of a 64-bit system register. */
export function sysregId(encoding: number): bigint {
  return registerId(GROUP.sysreg, 8, encoding);
}

/** MPIDR_EL1 lies in the feature ID space and says which vCPU this is. */
export const MPIDR_EL1: bigint = sysregId(0xc005);
export const MIDR_EL1: bigint = sysregId(0xc000);
/** Holds the number of event counters among its state. */
export const PMCR_EL0: bigint = sysregId(0xdce0);
/** The processor state as struct kvm_regs keeps it: bits that constrain each other (the mode, and what is reserved in it). */
export const PSTATE: bigint = registerId(GROUP.core, 8, 0x42);

/**
 * True for the registers that say what the CPU is or has: the feature ID space (Arm ARM D19.2: op0 3, op1 0, 1 or 3,
 * CRn 0) without MPIDR_EL1, and the cache size registers.
 */
export function isIdRegister(id: bigint): boolean {
  if (groupOf(id) === GROUP.demux) return true;
  if (groupOf(id) !== GROUP.sysreg || id === MPIDR_EL1) return false;
  const { op0, op1, crn } = decodeSysreg(restOf(id));
  return op0 === 3 && (op1 === 0 || op1 === 1 || op1 === 3) && crn === 0;
}

/** True for the pseudo-registers by which KVM's firmware interface is chosen (virt/kvm/arm/fw-pseudo-registers.rst). */
export function isFirmwareRegister(id: bigint): boolean {
  return groupOf(id) === GROUP.firmware || groupOf(id) === GROUP.firmwareBitmap;
}

/** Vector lengths, a 512-bit set: bit n stands for n + 1 quadwords. */
export const SVE_VLS: bigint = registerId(GROUP.sve, 64, 0xffff);
