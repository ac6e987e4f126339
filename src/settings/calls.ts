/** Each call of a plan, made on a machine. What the kernel refuses is a result; what cannot be asked at all says why. */
import {
  CAPABILITY_NAMES,
  KVM_CREATE_IRQCHIP,
  KVM_ENABLE_CAP,
  KVM_SET_DEVICE_ATTR,
  KVM_SET_PMU_EVENT_FILTER,
  KVM_SET_TSC_KHZ,
  KVM_X86_SET_MSR_FILTER,
} from '../kvm/index.ts';
import type { Device, KvmError, Vcpu, Vm } from '../kvm/index.ts';
import { fromHex } from '../model/index.ts';
import type { Hex, PlanCall, PlanDevice, Result, StepResult } from '../model/index.ts';
import type { Machine } from './machine.ts';
import {
  ConfiguredX86Vcpu,
  FinalizedArm64Vcpu,
  InitializedArm64Vcpu,
  NewArm64Vcpu,
  NewX86Vcpu,
} from './negotiation/index.ts';

const DONE: StepResult = { outcome: 'done' };
const notMade = (why: string): StepResult => ({ outcome: 'not-made', why });
const NO_VM = notMade('there is no VM');
const NO_VCPU = notMade('there is no vCPU that could take it');

/** KVM_DEV_TYPE_* (include/uapi/linux/kvm.h). */
const DEVICE_TYPES: Readonly<Record<PlanDevice, number>> = { 'vgic-v2': 5, 'vgic-v3': 7, its: 8 };

const capabilities: ReadonlyMap<string, number> = new Map(
  Object.entries(CAPABILITY_NAMES).map(([number, name]) => [name, Number(number)]),
);

export function makeCall(machine: Machine, call: PlanCall): StepResult {
  switch (call.call) {
    case 'KVM_CREATE_VM': {
      const created = machine.host.kvm.createVm(call.machineType);
      if (created.ok) machine.vm = created.value;
      return resultOf(created);
    }
    case 'KVM_CREATE_IRQCHIP':
      return onVm(machine, (vm) => vm.integer(KVM_CREATE_IRQCHIP, 0));
    case 'KVM_CREATE_VCPU':
      return createVcpu(machine, call.id);
    case 'KVM_ENABLE_CAP':
      return enable(machine, call);
    case 'KVM_X86_SET_MSR_FILTER':
      return onVm(machine, (vm) => vm.raw(KVM_X86_SET_MSR_FILTER, msrFilter(machine, call.deny), 'deny'));
    case 'KVM_SET_PMU_EVENT_FILTER':
      return onVm(machine, (vm) => vm.raw(KVM_SET_PMU_EVENT_FILTER, pmuFilter(call), call.action));
    case 'KVM_SET_TSC_KHZ':
      return machine.vcpu === null ? NO_VCPU : resultOf(machine.vcpu.integer(KVM_SET_TSC_KHZ, call.khz));
    case 'KVM_CREATE_DEVICE':
      return createDevice(machine, call.device);
    case 'KVM_SET_CPUID2':
      return setCpuid(machine, call);
    case 'KVM_SET_MSRS':
      return setMsrs(machine, call);
    case 'KVM_ARM_VCPU_INIT':
      return initialize(machine, call.features);
    case 'KVM_ARM_VCPU_FINALIZE':
      return finalize(machine);
    case 'KVM_SET_ONE_REG':
      return setRegister(machine, fromHex(call.id), fromHex(call.value));
    case 'KVM_SET_DEVICE_ATTR':
      return setDeviceAttribute(machine, call);
  }
}

function resultOf(done: Result<unknown, KvmError>): StepResult {
  if (done.ok) return DONE;
  const { call, errnoName: errno, detail } = done.error;
  return { outcome: 'refused', call, errno, detail };
}

function onVm(machine: Machine, make: (vm: Vm) => Result<unknown, KvmError>): StepResult {
  return machine.vm === null ? NO_VM : resultOf(make(machine.vm));
}

function createVcpu(machine: Machine, id: number): StepResult {
  const { vm, host } = machine;
  if (vm === null) return NO_VM;
  const created = vm.createVcpu(id);
  if (created.ok) {
    machine.vcpu = created.value;
    machine.state =
      process.arch === 'arm64'
        ? new NewArm64Vcpu(vm, created.value, host.scratch)
        : new NewX86Vcpu(host.kvm, created.value);
  }
  return resultOf(created);
}

type EnableCap = Extract<PlanCall, { call: 'KVM_ENABLE_CAP' }>;

/** struct kvm_enable_cap: cap, flags, and four arguments from byte 8 on. */
function enable(machine: Machine, { on, capability, args }: EnableCap): StepResult {
  const number = capabilities.get(capability);
  if (number === undefined) return notMade(`no capability is called ${capability}`);
  const buffer = new Uint8Array(KVM_ENABLE_CAP.argument.layout.size);
  const view = new DataView(buffer.buffer);
  view.setUint32(0, number, true);
  args.forEach((argument, index) => view.setBigUint64(8 + 8 * index, fromHex(argument), true));
  const detail = `cap=${capability} args[0]=${args[0]}`;
  if (on === 'vm') return onVm(machine, (vm) => vm.raw(KVM_ENABLE_CAP, buffer, detail));
  return machine.vcpu === null ? NO_VCPU : resultOf(machine.vcpu.raw(KVM_ENABLE_CAP, buffer, detail));
}

/** KVM_MSR_FILTER_READ and KVM_MSR_FILTER_WRITE. */
const READ_AND_WRITE = 3;
/** Bytes of one range in struct kvm_msr_filter, and where the first begins. */
const RANGE = 24;
const RANGES_AT = 8;

/** Bitmaps of zeros, which deny: the scratch page holds nothing else while the call is made. */
function msrFilter(
  { host: { scratch } }: Machine,
  deny: readonly { readonly base: number; readonly count: number }[],
): Uint8Array {
  scratch.bytes.fill(0);
  const buffer = new Uint8Array(KVM_X86_SET_MSR_FILTER.argument.layout.size);
  const view = new DataView(buffer.buffer);
  deny.forEach(({ base, count }, index) => {
    const at = RANGES_AT + RANGE * index;
    view.setUint32(at, READ_AND_WRITE, true);
    view.setUint32(at + 4, count, true);
    view.setUint32(at + 8, base, true);
    view.setBigUint64(at + 16, scratch.address, true);
  });
  return buffer;
}

/** struct kvm_pmu_event_filter: action (0 allow, 1 deny), nevents, and events from byte 32 on. */
function pmuFilter({
  action,
  events,
}: {
  readonly action: 'allow' | 'deny';
  readonly events: readonly Hex[];
}): Uint8Array {
  const header = KVM_SET_PMU_EVENT_FILTER.argument.layout.size;
  const buffer = new Uint8Array(header + 8 * events.length);
  const view = new DataView(buffer.buffer);
  view.setUint32(0, action === 'deny' ? 1 : 0, true);
  view.setUint32(4, events.length, true);
  events.forEach((event, index) => view.setBigUint64(header + 8 * index, fromHex(event), true));
  return buffer;
}

function createDevice(machine: Machine, device: PlanDevice): StepResult {
  if (machine.vm === null) return NO_VM;
  const created = machine.vm.createDevice(DEVICE_TYPES[device]);
  if (created.ok) machine.devices.set(device, created.value);
  return resultOf(created);
}

/** A second table before the first run replaces the first; the plan has one. */
function setCpuid(machine: Machine, { entries }: Extract<PlanCall, { call: 'KVM_SET_CPUID2' }>): StepResult {
  if (!(machine.state instanceof NewX86Vcpu)) return NO_VCPU;
  const set = machine.state.setCpuid(
    entries.map(({ eax, ebx, ecx, edx, ...place }) => ({
      ...place,
      eax: Number(eax),
      ebx: Number(ebx),
      ecx: Number(ecx),
      edx: Number(edx),
    })),
  );
  if (set.ok) machine.state = set.value;
  return resultOf(set);
}

function setMsrs(machine: Machine, { msrs }: Extract<PlanCall, { call: 'KVM_SET_MSRS' }>): StepResult {
  if (!(machine.state instanceof ConfiguredX86Vcpu)) return NO_VCPU;
  const written = machine.state.setMsrs(msrs.map(({ index, value }) => ({ index, data: fromHex(value) })));
  if (!written.ok) return resultOf(written);
  const refused = msrs.filter((_, at) => written.value[at] !== true).map(({ index }) => index);
  return refused.length === 0 ? DONE : { outcome: 'partly', refused };
}

function initialize(machine: Machine, features: readonly number[]): StepResult {
  if (!(machine.state instanceof NewArm64Vcpu)) return NO_VCPU;
  const done = machine.state.initialize(features);
  if (done.ok) machine.state = done.value;
  return resultOf(done);
}

function finalize(machine: Machine): StepResult {
  if (!(machine.state instanceof InitializedArm64Vcpu)) return NO_VCPU;
  const done = machine.state.finalize();
  if (done.ok) machine.state = done.value;
  return resultOf(done);
}

/** KVM_REG_ARM64_SVE_VLS: the one register that is set before a vCPU is finalized. */
const SVE_VLS = 0x6060_0000_0015_ffffn;

function setRegister(machine: Machine, id: bigint, value: bigint): StepResult {
  const { state } = machine;
  if (state instanceof InitializedArm64Vcpu && id === SVE_VLS) return resultOf(state.setVectorLengths(value));
  const finalized = finalizedOf(machine);
  return finalized === null ? NO_VCPU : resultOf(finalized.set(id, value));
}

/** A vCPU without SVE has no step that finalizes it; it is so from its initialization on. */
export function finalizedOf(machine: Machine): FinalizedArm64Vcpu | null {
  if (machine.state instanceof InitializedArm64Vcpu) {
    const done = machine.state.finalize();
    if (done.ok) machine.state = done.value;
  }
  return machine.state instanceof FinalizedArm64Vcpu ? machine.state : null;
}

type SetAttribute = Extract<PlanCall, { call: 'KVM_SET_DEVICE_ATTR' }>;

/** The value lies in the scratch page, little-endian, with zeros behind it. */
function setDeviceAttribute(machine: Machine, { on, group, attribute, value }: SetAttribute): StepResult {
  const fd = fdOf(machine, on);
  if (fd === null) return notMade(`there is no ${on}`);
  const { scratch } = machine.host;
  scratch.bytes.fill(0);
  const number = fromHex(value);
  for (let at = 0; number >> BigInt(64 * at) !== 0n; at++)
    scratch.view.setBigUint64(8 * at, BigInt.asUintN(64, number >> BigInt(64 * at)), true);
  const text = `${on}: group=${group} attr=${attribute} value=${value}`;
  return resultOf(fd.struct(KVM_SET_DEVICE_ATTR, { group, attr: fromHex(attribute), addr: scratch.address }, text));
}

export function fdOf(machine: Machine, on: SetAttribute['on']): Vm | Vcpu | Device | null {
  if (on === 'vm') return machine.vm;
  return on === 'vcpu' ? machine.vcpu : (machine.devices.get(on) ?? null);
}
