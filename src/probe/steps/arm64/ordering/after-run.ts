/** Calls that a VM's first KVM_RUN freezes, and some that it does not: made after a guest of one instruction has run. */
import { FIRMWARE_REGISTERS } from '../../../../arch/arm64/firmware.ts';
import { idOf } from '../../../../arch/arm64/names.ts';
import { GIC_GROUP } from '../../../../arch/arm64/vgic.ts';
import { KVM_ARM_SET_COUNTER_OFFSET, getAttribute, setAttribute } from '../../../../kvm/index.ts';
import type { KvmError, Mapping } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { Registers } from '../registers.ts';
import { createMachine, DEVICE_TYPE, isDevice } from '../vcpu.ts';
import type { Machine } from '../vcpu.ts';
import { CODE, guestMemory, LEFT, runGuest } from './guest.ts';

const RUN = 'KVM_RUN';
const KVM_CAP_COUNTER_OFFSET = 227;
const KVM_CAP_ARM_WRITABLE_IMP_ID_REGS = 239;
const NISV_TO_USER = 177;
/** Registers with fields of features, in which one that can be lowered is looked for. */
const SEARCHED = ['reg/ID_AA64ISAR0_EL1', 'reg/ID_AA64PFR0_EL1', 'reg/ID_AA64DFR0_EL1', 'reg/ID_AA64MMFR0_EL1'];
const FIELD_BITS = 4n;
/** Addresses as QEMU's virt machine has them. */
const DISTRIBUTOR = 0x0800_0000n;
const REDISTRIBUTOR = 0x080a_0000n;
const GICD_IIDR = 8n;
const REVISION = 0xf000n;
const TIMER_GROUP = 1;
const TIMER_PPI = 20n;

/** Gives how the first guest ended; where it did not leave as it should, there are no trials. */
export function afterRun(context: StepContext, trials: OrderTrials): Result<string, KvmError> {
  const { kvm, libc } = context;
  const runBytes = kvm.vcpuMmapSize();
  if (!runBytes.ok) return runBytes;
  const memory = guestMemory(libc);
  if (memory === null) return ok('no memory for the guest');
  // Undone in reverse: the VMs go before their memory.
  using cleanup = new DisposableStack();
  cleanup.defer(() => void libc.munmap(memory));
  const plain = plainGuest(context, memory, runBytes.value, trials);
  if (!plain.ok || plain.value !== LEFT) return plain;
  const controlled = guestWithController(context, memory, runBytes.value, trials);
  return controlled.ok ? plain : controlled;
}

function plainGuest(
  { kvm, libc, scratch, note }: StepContext,
  memory: Mapping,
  runBytes: number,
  trials: OrderTrials,
): Result<string, KvmError> {
  const created = createMachine(kvm, ['PSCI_0_2'], {
    gic: null,
    prepare(vm) {
      const writable = vm.checkExtension(KVM_CAP_ARM_WRITABLE_IMP_ID_REGS);
      const enabled =
        writable.ok && writable.value > 0 ? vm.enableCapability(KVM_CAP_ARM_WRITABLE_IMP_ID_REGS) : writable;
      return enabled.ok ? vm.setMemory(0, CODE, memory) : enabled;
    },
  });
  if (!created.ok) return created;
  using machine = created.value;
  const registers = new Registers(machine.vcpu, scratch);
  const field = changeableField(registers);
  const midr = changeableRevision(registers);
  note('KVM_RUN: a guest of one instruction');
  const ended = runGuest(libc, scratch, machine.vcpu, runBytes);
  if (!ended.ok || ended.value !== LEFT) return ended;
  if (field !== null) registerTrial(registers, 'arm64/id-registers', field, trials);
  if (midr !== null) registerTrial(registers, 'arm64/implementation-registers', midr, trials);
  firmwareTrials(registers, trials);
  vmTrials(machine, trials);
  return ended;
}

interface Changeable {
  readonly word: string;
  readonly id: bigint;
  readonly value: bigint;
  readonly other: bigint;
}

/** The first field that took a value one lower; it is put back. Null where there is none. */
function changeableField(registers: Registers): Changeable | null {
  for (const word of SEARCHED) {
    const id = idOf(word);
    const value = id === null ? null : registers.get(id);
    if (id === null || typeof value !== 'bigint') continue;
    for (let shift = 0n; shift < 64n; shift += FIELD_BITS) {
      if (((value >> shift) & 0xfn) === 0n) continue;
      const other = value - (1n << shift);
      const { outcome } = registers.try(id, other, value);
      if (outcome === 'taken' || outcome === 'changed') registers.set(id, value);
      if (outcome === 'taken') return { word, id, value, other };
    }
  }
  return null;
}

/** MIDR_EL1 with another revision, in a VM that was made for it. */
function changeableRevision(registers: Registers): Changeable | null {
  const word = 'reg/MIDR_EL1';
  const id = idOf(word);
  const value = id === null ? null : registers.get(id);
  if (id === null || typeof value !== 'bigint') return null;
  const other = value ^ 1n;
  const { outcome } = registers.try(id, other, value);
  if (outcome !== 'taken') return null;
  registers.set(id, value);
  return { word, id, value, other };
}

function registerTrial(
  registers: Registers,
  rule: string,
  { word, id, value, other }: Changeable,
  trials: OrderTrials,
): void {
  const of = [word];
  const call = (which: string): string[] => [RUN, `KVM_SET_ONE_REG with ${which} value`];
  trials.seen(rule, call('the same'), registers.try(id, value, value).outcome, { of });
  trials.seen(rule, call('another'), registers.try(id, other, value).outcome, { of });
}

/** Of each kind one: the PSCI version, and each bitmap that there is. */
function firmwareTrials(registers: Registers, trials: OrderTrials): void {
  for (const { name, id, form } of FIRMWARE_REGISTERS) {
    const value = registers.get(id);
    if (typeof value !== 'bigint' || form === 'level') continue;
    const other = form === 'version' ? 0x2n : value & (value - 1n);
    if (other === value || value === 0n) continue;
    const calls = [RUN, `KVM_SET_ONE_REG of ${name} with another value`];
    const { outcome, reads } = registers.try(id, other, value);
    trials.seen('arm64/firmware', calls, outcome, typeof reads === 'bigint' ? { reads: hex(reads) } : {});
  }
}

function vmTrials({ vm }: Machine, trials: OrderTrials): void {
  const device = vm.createDevice(DEVICE_TYPE.vgicV3);
  if (device.ok) device.value.close();
  trials.tried('arm64/vgic', [RUN, 'KVM_CREATE_DEVICE of a vGICv3'], device);
  trials.tried(
    'arm64/vm-switches',
    [RUN, 'KVM_ENABLE_CAP(KVM_CAP_ARM_NISV_TO_USER)'],
    vm.enableCapability(NISV_TO_USER),
  );
  const offset = vm.checkExtension(KVM_CAP_COUNTER_OFFSET);
  if (offset.ok && offset.value > 0) {
    const done = vm.struct(KVM_ARM_SET_COUNTER_OFFSET, { counter_offset: 0x1000n });
    trials.tried('arm64/counter-offset', [RUN, 'KVM_ARM_SET_COUNTER_OFFSET'], done);
  }
}

/** What only a guest with an interrupt controller can have: its revision and its timers' interrupts. */
function guestWithController(
  { kvm, libc, scratch, note }: StepContext,
  memory: Mapping,
  runBytes: number,
  trials: OrderTrials,
): Result<undefined, KvmError> {
  const created = createMachine(kvm, ['PSCI_0_2'], { prepare: (vm) => vm.setMemory(0, CODE, memory) });
  if (!created.ok) return created;
  using machine = created.value;
  const { gic, vcpu } = machine;
  if (!isDevice(gic)) return ok(undefined);
  /** KVM_VGIC_V3_ADDR_TYPE_DIST and KVM_VGIC_V3_ADDR_TYPE_REDIST. */
  setAttribute(gic, scratch, GIC_GROUP.address, 2n, DISTRIBUTOR);
  setAttribute(gic, scratch, GIC_GROUP.address, 3n, REDISTRIBUTOR);
  setAttribute(gic, scratch, GIC_GROUP.control, 0n, 0n);
  note('KVM_RUN: a guest of one instruction, with a vGICv3');
  const ended = runGuest(libc, scratch, vcpu, runBytes);
  if (!ended.ok) return ended;
  if (ended.value !== LEFT) return ok(undefined);
  const iidr = (): Result<bigint, KvmError> => getAttribute(gic, scratch, GIC_GROUP.distributor, GICD_IIDR, 32);
  const before = iidr();
  if (before.ok && (before.value & REVISION) !== 0n) {
    const other = before.value - 0x1000n;
    const done = setAttribute(gic, scratch, GIC_GROUP.distributor, GICD_IIDR, other);
    const reads = iidr();
    const calls = [RUN, 'KVM_SET_DEVICE_ATTR of GICD_IIDR with the revision before'];
    if (!done.ok || !reads.ok) trials.tried('arm64/vgic-revision', calls, done);
    else
      trials.seen('arm64/vgic-revision', calls, reads.value === other ? 'taken' : 'ignored', {
        reads: hex(reads.value),
      });
  }
  const timer = setAttribute(vcpu, scratch, TIMER_GROUP, 0n, TIMER_PPI);
  trials.tried('arm64/timer-irqs', [RUN, 'KVM_ARM_VCPU_TIMER_IRQ_VTIMER'], timer);
  return ok(undefined);
}
