/**
 * The emulated interrupt controllers' registers that a guest identifies them by, with their fields. Layouts: GIC
 * architecture specification (IHI 0069), sections on GICD, GICR, GITS and ICC registers; where KVM keeps them:
 * Documentation/virt/kvm/devices/arm-vgic.rst, arm-vgic-v3.rst, arm-vgic-its.rst.
 */
import type { Comparison, Kind } from '../../model/index.ts';

export interface GicField {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
  readonly kind: Kind;
  readonly comparison: Comparison;
}

export interface GicRegisterRow {
  readonly device: 'v2' | 'v3' | 'its';
  readonly name: string;
  /** KVM_DEV_ARM_VGIC_GRP_*. */
  readonly group: number;
  /** Offset in the register frame; for CPU_SYSREGS the register's encoding. */
  readonly offset: number;
  /** Of the attribute's data, bits. */
  readonly width: 32 | 64;
  /** Two attributes of 32 bits make one register (arm-vgic-v3.rst: 64-bit registers are accessed by halves). */
  readonly part?: 'low' | 'high';
  readonly fields: readonly GicField[];
  /** What else to write; the default is always written. */
  readonly candidates: (value: bigint) => readonly bigint[];
  readonly description: string;
}

/** KVM_DEV_ARM_VGIC_GRP_* (arch/arm64/include/uapi/asm/kvm.h). */
export const GIC_GROUP = {
  address: 0,
  distributor: 1,
  cpuInterface: 2,
  numberOfIrqs: 3,
  control: 4,
  redistributor: 5,
  cpuSystemRegisters: 6,
  itsRegisters: 8,
  maintenanceIrq: 9,
} as const;

const field = (name: string, shift: number, width: number, kind: Kind, comparison: Comparison): GicField => ({
  name,
  shift,
  width,
  kind,
  comparison,
});
const feature = (name: string, bit: number): GicField => field(name, bit, 1, 'feature', 'subset');
const state = (name: string, shift: number, width: number): GicField => field(name, shift, width, 'state', 'none');

/** GICD_IIDR, GICR_IIDR and GITS_IIDR are alike; KVM counts its changes in Revision. */
const IIDR: readonly GicField[] = [
  field('Implementer', 0, 12, 'identity', 'exact'),
  field('Revision', 12, 4, 'identity', 'exact'),
  field('Variant', 16, 4, 'identity', 'exact'),
  field('ProductID', 24, 8, 'identity', 'exact'),
];

/** Every revision that KVM has had and two that it has not, and another product: is that checked? */
function revisions(iidr: bigint): readonly bigint[] {
  const others = [0n, 1n, 2n, 3n, 4n, 15n].map((revision) => (iidr & ~0xf000n) | (revision << 12n));
  return [...others, iidr ^ (1n << 24n)];
}

const nothing = (): readonly bigint[] => [];
const lowestBit = (value: bigint): readonly bigint[] => [value ^ 1n];
const all = (value: bigint): readonly bigint[] => [value ^ 0xffff_ffffn];

export const GIC_REGISTERS: readonly GicRegisterRow[] = [
  {
    device: 'v3',
    name: 'GICD_CTLR',
    group: GIC_GROUP.distributor,
    offset: 0x0,
    width: 32,
    fields: [
      state('EnableGrp0', 0, 1),
      state('EnableGrp1', 1, 1),
      feature('ARE', 4),
      feature('DS', 6),
      state('nASSGIreq', 8, 1),
    ],
    candidates: all,
    description: 'distributor control',
  },
  {
    device: 'v3',
    name: 'GICD_TYPER',
    group: GIC_GROUP.distributor,
    offset: 0x4,
    width: 32,
    fields: [
      // KVM_DEV_ARM_VGIC_GRP_NR_IRQS and the number of vCPUs decide these.
      field('ITLinesNumber', 0, 5, 'topology', 'none'),
      field('CPUNumber', 5, 3, 'topology', 'none'),
      feature('ESPI', 8),
      feature('NMI', 9),
      feature('SecurityExtn', 10),
      field('num_LPIs', 11, 5, 'limit', 'lower-safe'),
      feature('MBIS', 16),
      // An ITS, which the VMM adds or not, brings LPIs and their ids (vgic_mmio_read_v3_misc, vgic-mmio-v3.c).
      field('LPIS', 17, 1, 'topology', 'none'),
      feature('DVIS', 18),
      field('IDbits', 19, 5, 'topology', 'none'),
      feature('A3V', 24),
      feature('No1N', 25),
      feature('RSS', 26),
      field('ESPI_range', 27, 5, 'limit', 'lower-safe'),
    ],
    candidates: lowestBit,
    description: 'distributor type',
  },
  {
    device: 'v3',
    name: 'GICD_IIDR',
    group: GIC_GROUP.distributor,
    offset: 0x8,
    width: 32,
    fields: IIDR,
    candidates: revisions,
    description: 'distributor implementer; KVM counts guest-visible changes in Revision',
  },
  {
    device: 'v3',
    name: 'GICD_TYPER2',
    group: GIC_GROUP.distributor,
    offset: 0xc,
    width: 32,
    fields: [field('VID', 0, 5, 'limit', 'lower-safe'), feature('VIL', 7), feature('nASSGIcap', 8)],
    candidates: (value) => [value ^ 0x100n],
    description: 'distributor type, SGIs without an active state',
  },
  {
    device: 'v3',
    name: 'GICD_PIDR2',
    group: GIC_GROUP.distributor,
    offset: 0xffe8,
    width: 32,
    fields: [field('ArchRev', 4, 4, 'identity', 'exact')],
    candidates: nothing,
    description: 'GIC architecture revision',
  },
  {
    device: 'v3',
    name: 'GICR_CTLR',
    group: GIC_GROUP.redistributor,
    offset: 0x0,
    width: 32,
    // CES and IR follow GICD_IIDR.Revision (vgic_mmio_read_v3r_ctlr, vgic-mmio-v3.c).
    fields: [
      state('EnableLPIs', 0, 1),
      field('CES', 1, 1, 'derived', 'none'),
      field('IR', 2, 1, 'derived', 'none'),
      state('RWP', 3, 1),
    ],
    candidates: nothing,
    description: 'redistributor control; CES and IR say how LPIs can be turned off',
  },
  {
    device: 'v3',
    name: 'GICR_IIDR',
    group: GIC_GROUP.redistributor,
    offset: 0x4,
    width: 32,
    fields: IIDR,
    candidates: revisions,
    description: 'redistributor implementer; follows GICD_IIDR',
  },
  {
    device: 'v3',
    name: 'GICR_TYPER',
    group: GIC_GROUP.redistributor,
    offset: 0x8,
    width: 32,
    part: 'low',
    fields: [
      // As GICD_TYPER.LPIS (vgic_mmio_read_v3r_typer).
      field('PLPIS', 0, 1, 'topology', 'none'),
      feature('VLPIS', 1),
      feature('Dirty', 2),
      feature('DirectLPI', 3),
      field('Last', 4, 1, 'topology', 'none'),
      feature('DPGS', 5),
      field('Processor_Number', 8, 16, 'topology', 'none'),
      field('CommonLPIAff', 24, 2, 'topology', 'none'),
      field('PPInum', 27, 5, 'limit', 'lower-safe'),
    ],
    candidates: nothing,
    description: 'redistributor type, low word',
  },
  {
    device: 'v3',
    name: 'ICC_CTLR_EL1',
    group: GIC_GROUP.cpuSystemRegisters,
    offset: 0xc664,
    width: 64,
    fields: [
      state('CBPR', 0, 1),
      state('EOImode', 1, 1),
      state('PMHE', 6, 1),
      field('PRIbits', 8, 3, 'limit', 'lower-safe'),
      field('IDbits', 11, 3, 'limit', 'lower-safe'),
      feature('SEIS', 14),
      feature('A3V', 15),
      feature('RSS', 18),
      feature('ExtRange', 19),
    ],
    // One identity at a time: priority bits, id bits, SEIS, A3V. KVM accepts less than it has.
    candidates: (value) => [value ^ 0x100n, value ^ 0x800n, value ^ 0x4000n, value ^ 0x8000n],
    description: 'CPU interface control, with the sizes of its fields',
  },
  {
    device: 'v3',
    name: 'ICC_SRE_EL1',
    group: GIC_GROUP.cpuSystemRegisters,
    offset: 0xc665,
    width: 64,
    fields: [feature('SRE', 0), feature('DFB', 1), feature('DIB', 2)],
    candidates: (value) => [value ^ 1n],
    description: 'CPU interface by system registers',
  },
  {
    device: 'its',
    name: 'GITS_CTLR',
    group: GIC_GROUP.itsRegisters,
    offset: 0x0,
    width: 64,
    fields: [state('Enabled', 0, 1), state('Quiescent', 31, 1)],
    candidates: nothing,
    description: 'ITS control',
  },
  {
    device: 'its',
    name: 'GITS_IIDR',
    group: GIC_GROUP.itsRegisters,
    offset: 0x4,
    width: 64,
    fields: IIDR,
    candidates: revisions,
    description: 'ITS implementer; Revision is the layout of the tables in guest memory',
  },
  {
    device: 'its',
    name: 'GITS_TYPER',
    group: GIC_GROUP.itsRegisters,
    offset: 0x8,
    width: 64,
    fields: [
      feature('Physical', 0),
      feature('Virtual', 1),
      feature('CCT', 2),
      field('ITT_entry_size', 4, 4, 'identity', 'exact'),
      field('ID_bits', 8, 5, 'limit', 'lower-safe'),
      field('Devbits', 13, 5, 'limit', 'lower-safe'),
      feature('SEIS', 18),
      feature('PTA', 19),
      field('HCC', 24, 8, 'limit', 'lower-safe'),
      field('CIDbits', 32, 4, 'limit', 'lower-safe'),
      feature('CIL', 36),
      feature('VMOVP', 37),
    ],
    candidates: nothing,
    description: 'ITS type',
  },
  {
    device: 'v2',
    name: 'GICD_CTLR',
    group: GIC_GROUP.distributor,
    offset: 0x0,
    width: 32,
    fields: [state('EnableGrp0', 0, 1), state('EnableGrp1', 1, 1)],
    candidates: nothing,
    description: 'distributor control',
  },
  {
    device: 'v2',
    name: 'GICD_TYPER',
    group: GIC_GROUP.distributor,
    offset: 0x4,
    width: 32,
    fields: [
      field('ITLinesNumber', 0, 5, 'topology', 'none'),
      field('CPUNumber', 5, 3, 'topology', 'none'),
      feature('SecurityExtn', 10),
      field('LSPI', 11, 5, 'limit', 'lower-safe'),
    ],
    candidates: nothing,
    description: 'distributor type',
  },
  {
    device: 'v2',
    name: 'GICD_IIDR',
    group: GIC_GROUP.distributor,
    offset: 0x8,
    width: 32,
    fields: IIDR,
    candidates: revisions,
    description: 'distributor implementer; KVM counts guest-visible changes in Revision',
  },
  {
    device: 'v2',
    name: 'GICC_IIDR',
    group: GIC_GROUP.cpuInterface,
    offset: 0xfc,
    width: 32,
    fields: [
      field('Implementer', 0, 12, 'identity', 'exact'),
      field('Revision', 12, 4, 'identity', 'exact'),
      field('Architecture', 16, 4, 'identity', 'exact'),
      field('ProductID', 20, 12, 'identity', 'exact'),
    ],
    candidates: nothing,
    description: 'CPU interface implementer',
  },
];
