/**
 * The registers of a vGICv3 and of an ITS that hold state, in the order in which they are restored. Registers that only
 * say what the controller is (TYPER, IIDR but for its revision, PIDR) or that KVM keeps nothing behind (STATUSR, WAKER,
 * IGRPMODR, NSACR, ITARGETSR: they read as zeros and ignore writes) are not among them.
 *
 * Which register KVM keeps and what a write from userspace does: arch/arm64/kvm/vgic/vgic-mmio-v3.c (vgic_v3_dist_registers,
 * vgic_v3_rd_registers), vgic-sys-reg-v3.c (gic_v3_icc_reg_descs), vgic-its.c (its_registers); offsets: GIC architecture
 * specification (IHI 0069), GICD, GICR, GITS and ICC registers.
 */

/** One register for each interrupt, or for each so many of them: bits of an interrupt in it, and where the first is. */
export interface PerInterrupt {
  readonly name: string;
  readonly offset: number;
  /** 64: GICD_IROUTER, whose lower half is one register of its own here. */
  readonly bits: 1 | 2 | 8 | 64;
  /**
   * The register whose ones clear what this one's ones set. Writes from userspace set bits as a guest's do, so that a bit
   * which initialization left set (SGIs are enabled) stays so unless it is cleared first. Not for ISPENDR, which takes
   * zeros for what they are (arm-vgic-v3.rst).
   */
  readonly clear?: number;
}

export interface Single {
  readonly name: string;
  readonly offset: number;
  readonly clear?: number;
}

/** KVM_DEV_ARM_VGIC_GRP_DIST_REGS; interrupts from 32 on, for those below are of redistributors. */
export const DISTRIBUTOR_CONTROL: readonly Single[] = [{ name: 'GICD_CTLR', offset: 0x0 }];
export const DISTRIBUTOR: readonly PerInterrupt[] = [
  { name: 'GICD_IGROUPR', offset: 0x80, bits: 1 },
  { name: 'GICD_ICFGR', offset: 0xc00, bits: 2 },
  { name: 'GICD_IPRIORITYR', offset: 0x400, bits: 8 },
  { name: 'GICD_IROUTER', offset: 0x6000, bits: 64 },
  { name: 'GICD_ISENABLER', offset: 0x100, bits: 1, clear: 0x180 },
  { name: 'GICD_ISPENDR', offset: 0x200, bits: 1 },
  { name: 'GICD_ISACTIVER', offset: 0x300, bits: 1, clear: 0x380 },
];

/** KVM_DEV_ARM_VGIC_GRP_DIST_REGS: its revision decides what writes of the others mean. */
export const DISTRIBUTOR_REVISION: readonly Single[] = [{ name: 'GICD_IIDR', offset: 0x8 }];

const SGI_FRAME = 0x1_0000;
const priorities = Array.from({ length: 8 }, (_, index) => ({
  name: `GICR_IPRIORITYR${index}`,
  offset: SGI_FRAME + 0x400 + 4 * index,
}));

/**
 * KVM_DEV_ARM_VGIC_GRP_REDIST_REGS. PROPBASER and PENDBASER, each by its halves, come before CTLR: once it has enabled
 * LPIs, writes of both are dropped (vgic_mmio_write_propbase, vgic_mmio_write_pendbase).
 */
export const REDISTRIBUTOR: readonly Single[] = [
  { name: 'GICR_PROPBASER/low', offset: 0x70 },
  { name: 'GICR_PROPBASER/high', offset: 0x74 },
  { name: 'GICR_PENDBASER/low', offset: 0x78 },
  { name: 'GICR_PENDBASER/high', offset: 0x7c },
  { name: 'GICR_CTLR', offset: 0x0 },
  { name: 'GICR_IGROUPR0', offset: SGI_FRAME + 0x80 },
  { name: 'GICR_ICFGR0', offset: SGI_FRAME + 0xc00 },
  { name: 'GICR_ICFGR1', offset: SGI_FRAME + 0xc04 },
  ...priorities,
  { name: 'GICR_ISENABLER0', offset: SGI_FRAME + 0x100, clear: SGI_FRAME + 0x180 },
  { name: 'GICR_ISPENDR0', offset: SGI_FRAME + 0x200 },
  { name: 'GICR_ISACTIVER0', offset: SGI_FRAME + 0x300, clear: SGI_FRAME + 0x380 },
];

/** System register encodings: op0 in bits 15:14, op1 13:11, CRn 10:7, CRm 6:3, op2 2:0. */
const icc = (crm: number, op2: number, crn: number = 12): number => (3 << 14) | (crn << 7) | (crm << 3) | op2;
const ich = (crm: number, op2: number): number => (4 << 11) | icc(crm, op2);

/**
 * KVM_DEV_ARM_VGIC_GRP_CPU_SYSREGS. ICC_CTLR_EL1 first: its CBPR decides whether a write of BPR1 is taken, its PRIbits how
 * many active priority registers there are. With CBPR set BPR1 reads as what follows from BPR0, and the value behind it
 * has no way out of KVM.
 */
export const CPU_INTERFACE: readonly Single[] = [
  { name: 'ICC_SRE_EL1', offset: icc(12, 5) },
  { name: 'ICC_CTLR_EL1', offset: icc(12, 4) },
  { name: 'ICC_PMR_EL1', offset: icc(6, 0, 4) },
  { name: 'ICC_BPR0_EL1', offset: icc(8, 3) },
  { name: 'ICC_BPR1_EL1', offset: icc(12, 3) },
  { name: 'ICC_IGRPEN0_EL1', offset: icc(12, 6) },
  { name: 'ICC_IGRPEN1_EL1', offset: icc(12, 7) },
];
export const ICC_CTLR_EL1: number = icc(12, 4);

/**
 * What a guest hypervisor has besides, of a vCPU with EL2 (gic_v3_icc_reg_descs, el2_visibility). ICH_VTR_EL2 and
 * ICC_SRE_EL2 say what the CPU is, and a write of another value is refused.
 */
const HYPERVISOR: readonly Single[] = [
  { name: 'ICC_SRE_EL2', offset: ich(9, 5) },
  { name: 'ICH_VTR_EL2', offset: ich(11, 1) },
  { name: 'ICH_HCR_EL2', offset: ich(11, 0) },
  { name: 'ICH_VMCR_EL2', offset: ich(11, 7) },
  ...Array.from({ length: 16 }, (_, index) => ({
    name: `ICH_LR${index}_EL2`,
    offset: ich(12 + (index >> 3), index & 7),
  })),
];

/**
 * Active priorities, group 0 and group 1. ICC_CTLR_EL1.PRIbits (10:8, less one) says how many there are: one with 5 bits
 * of priority, two with 6, four with 7; the others are refused (vgic_v3_max_apr_idx).
 */
export function activePriorities(control: bigint): readonly Single[] {
  return Array.from({ length: countOf(control) }, (_, index) => [
    { name: `ICC_AP0R${index}_EL1`, offset: icc(8, 4 + index) },
    { name: `ICC_AP1R${index}_EL1`, offset: icc(9, index) },
  ]).flat();
}

/** Of a vCPU with EL2, active priorities of what its guests have included. */
export function hypervisorInterface(control: bigint): readonly Single[] {
  const priorities = Array.from({ length: countOf(control) }, (_, index) => [
    { name: `ICH_AP0R${index}_EL2`, offset: ich(8, index) },
    { name: `ICH_AP1R${index}_EL2`, offset: ich(9, index) },
  ]).flat();
  return [...HYPERVISOR, ...priorities];
}

function countOf(control: bigint): number {
  const bits = Number((control >> 8n) & 7n) + 1;
  return bits >= 7 ? 4 : bits === 6 ? 2 : 1;
}

/** KVM_DEV_ARM_VGIC_GRP_ITS_REGS, 64 bits each. The order is that of arm-vgic-its.rst, ITS Restore Sequence. */
export const ITS: readonly Single[] = [
  { name: 'GITS_IIDR', offset: 0x4 },
  { name: 'GITS_CBASER', offset: 0x80 },
  { name: 'GITS_CREADR', offset: 0x90 },
  { name: 'GITS_CWRITER', offset: 0x88 },
  ...Array.from({ length: 8 }, (_, index) => ({ name: `GITS_BASER${index}`, offset: 0x100 + 8 * index })),
];
/** After the tables: it lets the ITS carry out commands. */
export const ITS_CONTROL: readonly Single[] = [{ name: 'GITS_CTLR', offset: 0x0 }];

/** The rows of interrupts `first` to `last`, each as a register of 32 bits. */
export function registersOf(rows: readonly PerInterrupt[], first: number, last: number): Single[] {
  return rows.flatMap(({ name, offset, bits, clear }) => {
    const each = bits === 64 ? 1 : 32 / bits;
    const stride = bits === 64 ? 8 : 4;
    return Array.from({ length: Math.ceil((last + 1 - first) / each) }, (_, index): Single => {
      const at = first / each + index;
      const single = { name: `${name}${at}`, offset: offset + stride * at };
      return clear === undefined ? single : { ...single, clear: clear + stride * at };
    });
  });
}
