/**
 * State written back in other orders than `arch/ordering` gives it, on a machine that never runs: does what was written
 * stand there afterwards? The orders are those of VMMs that write registers back as they have read them.
 */
import { idOf } from '../../../../arch/arm64/names.ts';
import { GIC_GROUP } from '../../../../arch/arm64/vgic.ts';
import { getAttribute, setAttribute } from '../../../../kvm/index.ts';
import type { Device, KvmError, Scratch } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { Registers } from '../registers.ts';
import { createMachine, DEVICE_TYPE, isDevice, missingCapability } from '../vcpu.ts';
import type { Machine } from '../vcpu.ts';

export function restoredState(context: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const { kvm } = context;
  const pmu = missingCapability(kvm, ['PMU_V3']) === null;
  const created = createMachine(kvm, pmu ? ['PSCI_0_2', 'PMU_V3'] : ['PSCI_0_2']);
  if (!created.ok) return created;
  using machine = created.value;
  if (pmu) pmuBits(context, machine, trials);
  const { gic, vm } = machine;
  if (!isDevice(gic)) return ok(undefined);
  const made = vm.createDevice(DEVICE_TYPE.its);
  if (!made.ok) return ok(undefined);
  using its = made.value;
  for (const [device, type, address] of [
    [gic, 2n, DISTRIBUTOR],
    [gic, 3n, REDISTRIBUTOR],
    [its, 4n, ITS],
  ] as const) {
    const done = setAttribute(device, context.scratch, GIC_GROUP.address, type, address);
    if (!done.ok) return done;
  }
  for (const device of [gic, its]) {
    const done = setAttribute(device, context.scratch, GIC_GROUP.control, 0n, 0n);
    if (!done.ok) return done;
  }
  redistributor(new DeviceRegisters(gic, context.scratch, GIC_GROUP.redistributor, 32), trials);
  itsRegisters(new DeviceRegisters(its, context.scratch, GIC_GROUP.itsRegisters, 64), trials);
  return ok(undefined);
}

/** KVM_VGIC_V3_ADDR_TYPE_DIST and _REDIST, KVM_VGIC_ITS_ADDR_TYPE: addresses as QEMU's virt machine has them. */
const DISTRIBUTOR = 0x0800_0000n;
const ITS = 0x0808_0000n;
const REDISTRIBUTOR = 0x080a_0000n;

/** Bit 31 is of the cycle counter, which every PMU has. */
const CYCLES = 0x8000_0000n;
const SETS = [
  ['PMINTENSET_EL1', 'PMINTENCLR_EL1'],
  ['PMCNTENSET_EL0', 'PMCNTENCLR_EL0'],
] as const;

function pmuBits({ scratch }: StepContext, { vcpu }: Machine, trials: OrderTrials): void {
  const registers = new Registers(vcpu, scratch);
  for (const [set, clear] of SETS) {
    const [setId, clearId] = [idOf(`reg/${set}`), idOf(`reg/${clear}`)];
    if (setId === null || clearId === null) continue;
    const calls = [`KVM_SET_ONE_REG of ${set}`, `KVM_SET_ONE_REG of ${clear} with the same`];
    const refused = registers.set(setId, CYCLES) ?? registers.set(clearId, CYCLES);
    const reads = registers.get(setId);
    if (refused !== null || typeof reads === 'string') trials.seen('arm64/state', calls, refused ?? String(reads));
    else trials.seen('arm64/state', calls, (reads & CYCLES) !== 0n ? 'taken' : 'changed', { reads: hex(reads) });
  }
}

/** Registers of a device by their offsets. */
class DeviceRegisters {
  readonly #device: Device;
  readonly #scratch: Scratch;
  readonly #group: number;
  readonly #width: 32 | 64;

  constructor(device: Device, scratch: Scratch, group: number, width: 32 | 64) {
    this.#device = device;
    this.#scratch = scratch;
    this.#group = group;
    this.#width = width;
  }

  set(offset: bigint, value: bigint): Result<undefined, KvmError> {
    return setAttribute(this.#device, this.#scratch, this.#group, offset, value);
  }

  /** Null where it does not read. */
  get(offset: bigint): bigint | null {
    const read = getAttribute(this.#device, this.#scratch, this.#group, offset, this.#width);
    return read.ok ? read.value : null;
  }
}

const GICR = { CTLR: 0x0n, PROPBASER: 0x70n, ISENABLER0: 0x1_0100n } as const;
const PROPERTIES = 0x4005_000fn;

function redistributor(registers: DeviceRegisters, trials: OrderTrials): void {
  const id = 'arm64/vgic-redistributors';
  const enabled = registers.get(GICR.ISENABLER0);
  const cleared = registers.set(GICR.ISENABLER0, 0n);
  seen(trials, id, ['KVM_DEV_ARM_VGIC_CTRL_INIT', 'GICR_ISENABLER0 with 0'], cleared, {
    wanted: 0n,
    before: enabled,
    reads: registers.get(GICR.ISENABLER0),
  });
  const before = registers.get(GICR.PROPBASER);
  const control = registers.set(GICR.CTLR, 1n);
  const done = control.ok ? registers.set(GICR.PROPBASER, PROPERTIES) : control;
  const reads = registers.get(GICR.PROPBASER);
  seen(trials, id, ['GICR_CTLR with EnableLPIs', 'GICR_PROPBASER'], done, { wanted: PROPERTIES, before, reads });
}

const GITS = { CTLR: 0x0n, CBASER: 0x80n, CREADR: 0x90n, BASER0: 0x100n, BASER1: 0x108n } as const;
const VALID = 1n << 63n;
/** One page of commands; tables of one page of 64 KiB each. Nothing of them is read before a command comes. */
const QUEUE = VALID | 0x4001_0000n;
const TABLES = [VALID | 0x4002_0200n, VALID | 0x4003_0200n] as const;
/** Behind the first command. */
const SECOND = 32n;

function itsRegisters(registers: DeviceRegisters, trials: OrderTrials): void {
  const unused = registers.get(GITS.CBASER);
  if (unused !== null) {
    const back = registers.set(GITS.CBASER, unused);
    const reads = registers.get(GITS.CBASER);
    seen(trials, 'arm64/its-registers', ['KVM_DEV_ARM_VGIC_CTRL_INIT', 'GITS_CBASER with what it reads'], back, {
      wanted: unused,
      before: unused,
      reads,
    });
  }
  registers.set(GITS.CBASER, QUEUE);
  registers.set(GITS.CREADR, SECOND);
  const queue = registers.set(GITS.CBASER, QUEUE);
  seen(trials, 'arm64/its-registers', ['GITS_CREADR', 'GITS_CBASER'], queue, {
    wanted: SECOND,
    before: null,
    reads: registers.get(GITS.CREADR),
  });
  registers.set(GITS.BASER0, TABLES[0]);
  registers.set(GITS.BASER1, TABLES[1]);
  const on = registers.set(GITS.CTLR, 1n);
  const creadr = on.ok ? registers.set(GITS.CREADR, SECOND) : on;
  trials.tried('arm64/its-control', ['GITS_CTLR with Enabled', 'GITS_CREADR'], creadr);
  const before = registers.get(GITS.BASER0);
  const table = registers.set(GITS.BASER0, TABLES[1]);
  seen(trials, 'arm64/its-control', ['GITS_CTLR with Enabled', 'GITS_BASER0'], table, {
    wanted: null,
    before,
    reads: registers.get(GITS.BASER0),
  });
}

interface Looked {
  /** What should read afterwards; null where only a change tells. */
  readonly wanted: bigint | null;
  readonly before: bigint | null;
  readonly reads: bigint | null;
}

function seen(
  trials: OrderTrials,
  id: string,
  calls: readonly string[],
  done: Result<unknown, KvmError>,
  { wanted, before, reads }: Looked,
): void {
  if (!done.ok || reads === null) return trials.tried(id, calls, done);
  const outcome = reads === wanted ? 'taken' : reads === before ? 'ignored' : 'changed';
  trials.seen(id, calls, outcome, { reads: hex(reads) });
}
