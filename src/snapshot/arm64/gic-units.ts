/** The units of state of a vGICv3 and of an ITS. */
import { MPIDR_EL1 } from '../../arch/arm64/ids.ts';
import { idOf } from '../../arch/arm64/names.ts';
import { GIC_GROUP } from '../../arch/arm64/vgic.ts';
import { getAttribute, setAttribute } from '../../kvm/index.ts';
import type { Device, KvmError, Scratch } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { MemoryUnit, RegisterUnit } from '../unit.ts';
import { SET_ATTRIBUTE, attributeUnit } from './attributes.ts';
import {
  CPU_INTERFACE,
  DISTRIBUTOR,
  DISTRIBUTOR_CONTROL,
  DISTRIBUTOR_REVISION,
  ICC_CTLR_EL1,
  ITS,
  ITS_CONTROL,
  REDISTRIBUTOR,
  activePriorities,
  hypervisorInterface,
  registersOf,
} from './gic-registers.ts';
import type { Single } from './gic-registers.ts';
import { settled } from './vcpu-units.ts';
import type { Arm64Vcpu } from './vcpu-units.ts';

const VGIC = 'vgic/v3/';
/** The first interrupt that is of the distributor and not of a redistributor, and one behind the last that can be. */
const FIRST_SHARED = 32;
const MOST = 1020;
/** KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO: lines of 32 interrupts from the one that the attribute's bits 9:0 name. */
const LINE_LEVELS = 7;
const LINES = 32;
/** A priority field of all bits, for naming every register of active priorities that there can be. */
const ALL_PRIORITIES = 6n << 8n;
/** KVM_DEV_ARM_VGIC_GRP_CTRL. */
const SAVE_PENDING_TABLES = 3n;
const ITS_SAVE_TABLES = 1n;
const ITS_RESTORE_TABLES = 2n;

/** Listed of a vCPU with EL2 alone. */
const HCR_EL2: bigint | null = idOf('reg/HCR_EL2');

export interface Gic {
  readonly device: Device;
  readonly scratch: Scratch;
}

/** The affinity of a vCPU as an attribute names it: Aff3 to Aff0 of MPIDR_EL1 in 32 bits (arm-vgic-v3.rst). */
function affinityOf({ registers }: Arm64Vcpu): Result<bigint, KvmError> {
  const mpidr = registers.get(MPIDR_EL1);
  if (!mpidr.ok) return mpidr;
  return ok((mpidr.value & 0xff_ffffn) | (((mpidr.value >> 32n) & 0xffn) << 24n));
}

/** How many interrupts there are, those below 32 included. */
function interrupts({ device, scratch }: Gic): Result<number, KvmError> {
  const read = getAttribute(device, scratch, GIC_GROUP.numberOfIrqs, 0n, 32);
  return read.ok ? ok(Number(read.value)) : read;
}

export function revision(gic: Gic): RegisterUnit {
  return attributeUnit(
    {
      ...gic,
      name: 'vgic-v3/revision',
      rule: 'arm64/vgic-revision',
      group: GIC_GROUP.distributor,
      width: 32,
      path: VGIC,
    },
    () => ok(DISTRIBUTOR_REVISION),
    DISTRIBUTOR_REVISION,
  );
}

export function distributor(gic: Gic): RegisterUnit {
  return attributeUnit(
    {
      ...gic,
      name: 'vgic-v3/distributor',
      rule: 'arm64/vgic-distributor',
      group: GIC_GROUP.distributor,
      width: 32,
      path: VGIC,
    },
    () => {
      const count = interrupts(gic);
      return count.ok
        ? ok([...DISTRIBUTOR_CONTROL, ...registersOf(DISTRIBUTOR, FIRST_SHARED, count.value - 1)])
        : count;
    },
    [...DISTRIBUTOR_CONTROL, ...registersOf(DISTRIBUTOR, FIRST_SHARED, MOST - 1)],
  );
}

export function redistributor(gic: Gic, vcpu: Arm64Vcpu): RegisterUnit {
  return attributeUnit(
    {
      ...gic,
      name: `vgic-v3/redistributor/${vcpu.id}`,
      rule: 'arm64/vgic-redistributors',
      group: GIC_GROUP.redistributor,
      width: 32,
      path: VGIC,
      affinity: () => affinityOf(vcpu),
    },
    () => ok(REDISTRIBUTOR),
    REDISTRIBUTOR,
  );
}

export function cpuInterface(gic: Gic, vcpu: Arm64Vcpu): RegisterUnit {
  const affinity = (): Result<bigint, KvmError> => affinityOf(vcpu);
  return attributeUnit(
    {
      ...gic,
      name: `vgic-v3/cpu-interface/${vcpu.id}`,
      rule: 'arm64/vgic-cpu-interface',
      group: GIC_GROUP.cpuSystemRegisters,
      width: 64,
      path: VGIC,
      affinity,
    },
    () => {
      const high = affinity();
      if (!high.ok) return high;
      const attribute = (high.value << 32n) | BigInt(ICC_CTLR_EL1);
      const control = getAttribute(gic.device, gic.scratch, GIC_GROUP.cpuSystemRegisters, attribute, 64);
      if (!control.ok) return control;
      const list = vcpu.registers.list();
      if (!list.ok) return list;
      const hypervisor = HCR_EL2 !== null && list.value.includes(HCR_EL2) ? hypervisorInterface(control.value) : [];
      return ok([...CPU_INTERFACE, ...activePriorities(control.value), ...hypervisor]);
    },
    [...CPU_INTERFACE, ...activePriorities(ALL_PRIORITIES), ...hypervisorInterface(ALL_PRIORITIES)],
  );
}

/** Of the first vCPU its own lines and those that all share; of every other its own. */
export function lineLevels(gic: Gic, vcpu: Arm64Vcpu): RegisterUnit {
  const lines = (count: number): Single[] =>
    Array.from({ length: Math.ceil(count / LINES) }, (_, index) => ({
      name: `${LINE_LEVEL}${LINES * index}`,
      offset: LINES * index,
    }));
  return attributeUnit(
    {
      ...gic,
      name: `vgic-v3/line-levels/${vcpu.id}`,
      rule: 'arm64/vgic-line-levels',
      group: LINE_LEVELS,
      width: 32,
      path: VGIC,
      affinity: () => affinityOf(vcpu),
    },
    () => {
      const count = vcpu.id === 0 ? interrupts(gic) : ok(LINES);
      return count.ok ? ok(lines(count.value)) : count;
    },
    lines(MOST),
  );
}

const LINE_LEVEL = 'line-levels/';
/** The word of a vCPU's own lines. */
export const OWN_LINES: string = `${VGIC}${LINE_LEVEL}0`;

/**
 * Pending LPIs are written to a table of each vCPU's in guest memory. Part of saving alone: a redistributor reads its
 * table when the ITS restores the interrupts.
 */
export function savePendingTables({ device, scratch }: Gic): Result<unknown, KvmError> {
  return setAttribute(device, scratch, GIC_GROUP.control, SAVE_PENDING_TABLES, 0n);
}

/**
 * An ITS that no guest has used reads 0 from GITS_CBASER, and something else once 0 was written to it: cacheability is made
 * sane by the write (vgic_sanitise_its_cbaser). So what reads right already is not written.
 */
export function itsRegisters(its: Gic): RegisterUnit {
  return settled(
    attributeUnit(
      {
        ...its,
        name: 'its/registers',
        rule: 'arm64/its-registers',
        group: GIC_GROUP.itsRegisters,
        width: 64,
        path: ITS_PATH,
      },
      () => ok(ITS),
      ITS,
    ),
  );
}

export function itsTables({ device, scratch }: Gic): MemoryUnit {
  return {
    kind: 'memory',
    name: 'its/tables',
    rule: 'arm64/its-tables',
    call: SET_ATTRIBUTE,
    save: () => setAttribute(device, scratch, GIC_GROUP.control, ITS_SAVE_TABLES, 0n),
    restore: () => setAttribute(device, scratch, GIC_GROUP.control, ITS_RESTORE_TABLES, 0n),
  };
}

export function itsControl(its: Gic): RegisterUnit {
  return attributeUnit(
    {
      ...its,
      name: 'its/control',
      rule: 'arm64/its-control',
      group: GIC_GROUP.itsRegisters,
      width: 64,
      path: ITS_PATH,
    },
    () => ok(ITS_CONTROL),
    ITS_CONTROL,
  );
}

const ITS_PATH = 'vgic/its/';
