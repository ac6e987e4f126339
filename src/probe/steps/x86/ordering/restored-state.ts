/**
 * State written in other orders than `arch/ordering` gives it, on vCPUs that never run: does what was written stand there
 * afterwards? The orders are those of VMMs and of the kernel's selftests, which differ.
 */
import { openMemory } from '../../../../guest/memory.ts';
import {
  KVM_CREATE_IRQCHIP,
  KVM_GET_MP_STATE,
  KVM_GET_REGS,
  KVM_GET_SREGS,
  KVM_GET_VCPU_EVENTS,
  KVM_SET_CLOCK,
  KVM_SET_MP_STATE,
  KVM_SET_REGS,
  KVM_SET_SREGS,
  KVM_SET_VCPU_EVENTS,
  REGS_STATE,
  SREGS_STATE,
  VCPU_EVENTS_STATE,
  getAttribute,
  hasAttribute,
  setAttribute,
  writeMsrs,
} from '../../../../kvm/index.ts';
import type { KvmError, Vcpu, Vm } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { createFresh, createWithCpuid } from '../fresh.ts';

export function restoredState(context: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  for (const trial of [pendingException, haltedBootProcessor, wallClock, tscOffset]) {
    const done = trial(context, trials);
    if (!done.ok) return done;
  }
  return ok(undefined);
}

const KVM_CAP_EXCEPTION_PAYLOAD = 164;
/** KVM_VCPUEVENT_VALID_PAYLOAD; an invalid opcode, which has neither error code nor payload. */
const VALID_PAYLOAD = 0x10;
const INVALID_OPCODE = 6;

/** Pending, and not yet injected: which of the two it is can be told only with payloads. */
function pendingException({ kvm }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const created = createWithCpuid(kvm, (vm) => vm.enableCapability(KVM_CAP_EXCEPTION_PAYLOAD, 1n));
  if (!created.ok) return created.error.call === 'KVM_ENABLE_CAP' ? ok(undefined) : created;
  using fresh = created.value;
  const { vcpu } = fresh;
  const { fields, size } = VCPU_EVENTS_STATE;
  const events = new Uint8Array(size);
  const regs = new Uint8Array(REGS_STATE.size);
  for (const [ioctl, buffer] of [
    [KVM_GET_VCPU_EVENTS, events],
    [KVM_GET_REGS, regs],
  ] as const) {
    const read = vcpu.raw(ioctl, buffer, '');
    if (!read.ok) return read;
  }
  const view = new DataView(events.buffer);
  const { flags, 'exception.nr': vector, 'exception.pending': pending } = fields;
  if (flags === undefined || vector === undefined || pending === undefined) return ok(undefined);
  view.setUint8(vector.offset, INVALID_OPCODE);
  view.setUint8(pending.offset, 1);
  view.setUint32(flags.offset, view.getUint32(flags.offset, true) | VALID_PAYLOAD, true);
  const calls = ['KVM_SET_VCPU_EVENTS with a pending #UD', 'KVM_SET_REGS'];
  const set = [vcpu.raw(KVM_SET_VCPU_EVENTS, events, '#UD'), vcpu.raw(KVM_SET_REGS, regs, '')];
  const failed = set.find((done) => !done.ok);
  if (failed !== undefined) {
    trials.tried('x86/regs', calls, failed);
    return ok(undefined);
  }
  const after = new Uint8Array(size);
  const read = vcpu.raw(KVM_GET_VCPU_EVENTS, after, '');
  if (!read.ok) return read;
  const kept = after[pending.offset] ?? 0;
  trials.seen('x86/regs', calls, kept === 1 ? 'taken' : 'changed', { reads: hex(kept) });
  return ok(undefined);
}

/** KVM_MP_STATE_HALTED. */
const HALTED = 3;

function haltedBootProcessor({ kvm }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const created = createFresh(kvm, (vm) => vm.integer(KVM_CREATE_IRQCHIP, 0));
  if (!created.ok) return created;
  using fresh = created.value;
  const { vcpu } = fresh;
  const sregs = new Uint8Array(SREGS_STATE.size);
  const read = vcpu.raw(KVM_GET_SREGS, sregs, '');
  if (!read.ok) return read;
  const halted = `KVM_SET_MP_STATE(${HALTED}) of the boot processor at its reset vector`;
  const halt = (): Result<unknown, KvmError> => vcpu.struct(KVM_SET_MP_STATE, { mp_state: HALTED });
  const set = (): Result<unknown, KvmError> => vcpu.raw(KVM_SET_SREGS, sregs, '');
  for (const [calls, steps] of [
    [
      [halted, 'KVM_SET_SREGS'],
      [halt, set],
    ],
    [
      ['KVM_SET_SREGS', halted],
      [set, halt],
    ],
  ] as const) {
    for (const step of steps) {
      const done = step();
      if (!done.ok) return done;
    }
    const state = vcpu.struct(KVM_GET_MP_STATE, {});
    if (!state.ok) return state;
    const { mp_state: reads } = state.value;
    trials.seen('x86/mp-state', calls, reads === HALTED ? 'taken' : 'changed', { reads: hex(reads) });
  }
  return ok(undefined);
}

/** MSR_KVM_WALL_CLOCK_NEW; struct pvclock_wall_clock: version, seconds, nanoseconds, of 32 bits each. */
const WALL_CLOCK = 0x4b56_4d00;
const PAGE = 0x1000;
const SECONDS_AT = PAGE + 4;
const MEMORY = 0x1_0000;
const LATER_SECONDS = 1000;
const LATER = BigInt(LATER_SECONDS) * 1_000_000_000n;
const KVM_CLOCK_TSC_STABLE = 2;
/** struct kvm_clock_data. */
const CLOCK_BYTES = 48;
const CLOCK_FLAGS = 8;

function clockOf(clock: bigint, flags: number): Uint8Array {
  const data = new Uint8Array(CLOCK_BYTES);
  const view = new DataView(data.buffer);
  view.setBigUint64(0, clock, true);
  view.setUint32(CLOCK_FLAGS, flags, true);
  return data;
}

/** The page says at which second of the day's time the clock was 0: a thousand seconds earlier once the clock is set. */
function wallClock({ libc, kvm }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  using mappings = new DisposableStack();
  const created = createWithCpuid(kvm);
  if (!created.ok) return created;
  using fresh = created.value;
  const { vm, vcpu } = fresh;
  const memory = openMemory(libc, vm, { base: 0n, length: MEMORY }, mappings);
  if (!memory.ok) return memory;
  const set = `KVM_SET_CLOCK to ${LATER_SECONDS} s`;
  const write = 'KVM_SET_MSRS of MSR_KVM_WALL_CLOCK_NEW';
  const early = writeWallClock(vcpu, memory.value.view);
  if (!early.ok) return early;
  const moved = setClock(vm, 0);
  if (!moved.ok) return moved;
  const before = memory.value.view.getUint32(SECONDS_AT, true);
  const late = writeWallClock(vcpu, memory.value.view);
  if (!late.ok) return late;
  if (early.value === null || late.value === null) {
    trials.seen('x86/clock', [write], 'refused');
  } else {
    const apart = before - late.value >= LATER_SECONDS / 2;
    trials.seen('x86/clock', [write, set], apart ? 'changed' : 'taken');
    trials.seen('x86/clock', [set, write], 'taken');
  }
  trials.tried('x86/clock', ['KVM_SET_CLOCK with KVM_CLOCK_TSC_STABLE'], setClock(vm, KVM_CLOCK_TSC_STABLE));
  return ok(undefined);
}

function setClock(vm: Vm, flags: number): Result<number, KvmError> {
  return vm.raw(KVM_SET_CLOCK, clockOf(LATER, flags), `flags=${hex(flags)}`);
}

/** The seconds that the kernel then puts into memory; null where it refuses the MSR. */
function writeWallClock(vcpu: Vcpu, view: DataView): Result<number | null, KvmError> {
  const written = writeMsrs(vcpu, [{ index: WALL_CLOCK, data: BigInt(PAGE) }]);
  if (!written.ok) return written;
  return ok(written.value[0] === true ? view.getUint32(SECONDS_AT, true) : null);
}

/** KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET; IA32_TIME_STAMP_COUNTER. */
const TSC_CTRL = 0;
const TSC_OFFSET = 0n;
const TSC = 0x10;
const OFFSET = 12_345n;
const COUNT = 5_000_000n;
const KVM_CAP_VCPU_ATTRIBUTES = 127;

function tscOffset({ kvm, scratch }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const created = createWithCpuid(kvm);
  if (!created.ok) return created;
  using fresh = created.value;
  const { vm, vcpu } = fresh;
  const attributes = vm.checkExtension(KVM_CAP_VCPU_ATTRIBUTES);
  if (!attributes.ok) return attributes;
  if (attributes.value === 0) return ok(undefined);
  const has = hasAttribute(vcpu, TSC_CTRL, TSC_OFFSET);
  if (!has.ok) return has;
  if (!has.value) return ok(undefined);
  const attribute = 'KVM_SET_DEVICE_ATTR(KVM_VCPU_TSC_OFFSET)';
  const msr = 'KVM_SET_MSRS of IA32_TIME_STAMP_COUNTER';
  const set = (): Result<unknown, KvmError> => setAttribute(vcpu, scratch, TSC_CTRL, TSC_OFFSET, OFFSET);
  const write = (): Result<unknown, KvmError> => writeMsrs(vcpu, [{ index: TSC, data: COUNT }]);
  for (const [calls, steps] of [
    [
      [attribute, msr],
      [set, write],
    ],
    [
      [msr, attribute],
      [write, set],
    ],
  ] as const) {
    for (const step of steps) {
      const done = step();
      if (!done.ok) return done;
    }
    const reads = getAttribute(vcpu, scratch, TSC_CTRL, TSC_OFFSET, 64);
    if (!reads.ok) return reads;
    trials.seen('x86/tsc-offset', calls, reads.value === OFFSET ? 'taken' : 'changed');
  }
  return ok(undefined);
}
