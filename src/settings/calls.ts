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
import type { Machine, MachineVcpu } from './machine.ts';
import {
  ConfiguredX86Vcpu,
  FinalizedArm64Vcpu,
  InitializedArm64Vcpu,
  NewArm64Vcpu,
  NewX86Vcpu,
} from './negotiation/index.ts';
import type { CpuidEntry } from './negotiation/index.ts';

const DONE: StepResult = { outcome: 'done' };
const notMade = (why: string): StepResult => ({ outcome: 'not-made', why });
const NO_VM = notMade('there is no VM');
const NO_VCPU = notMade('there is no vCPU that could take it');

/** KVM_DEV_TYPE_* (include/uapi/linux/kvm.h). */
const DEVICE_TYPES: Readonly<Record<PlanDevice, number>> = { 'vgic-v2': 5, 'vgic-v3': 7, its: 8 };

const capabilities: ReadonlyMap<string, number> = new Map(
  Object.entries(CAPABILITY_NAMES).map(([number, name]) => [name, Number(number)]),
);

/** True for the calls that every vCPU of a machine is given. */
export function isPerVcpu(call: PlanCall): boolean {
  switch (call.call) {
    case 'KVM_CREATE_VCPU':
    case 'KVM_SET_CPUID2':
    case 'KVM_SET_MSRS':
    case 'KVM_SET_TSC_KHZ':
    case 'KVM_ARM_VCPU_INIT':
    case 'KVM_ARM_VCPU_FINALIZE':
    case 'KVM_SET_ONE_REG':
      return true;
    case 'KVM_ENABLE_CAP':
    case 'KVM_SET_DEVICE_ATTR':
      return call.on === 'vcpu';
    default:
      return false;
  }
}

/** `id`: the vCPU of a call that is one vCPU's. */
export function makeCall(machine: Machine, call: PlanCall, id: number): StepResult {
  const vcpu = machine.vcpus.find((each) => each.id === id) ?? null;
  switch (call.call) {
    case 'KVM_CREATE_VM': {
      const created = machine.host.kvm.createVm(call.machineType);
      if (created.ok) machine.vm = created.value;
      return resultOf(created);
    }
    case 'KVM_CREATE_IRQCHIP':
      return onVm(machine, (vm) => vm.integer(KVM_CREATE_IRQCHIP, 0));
    case 'KVM_CREATE_VCPU':
      return createVcpu(machine, id);
    case 'KVM_ENABLE_CAP':
      return enable(machine, vcpu, call);
    case 'KVM_X86_SET_MSR_FILTER':
      return onVm(machine, (vm) => vm.raw(KVM_X86_SET_MSR_FILTER, msrFilter(machine, call.deny), 'deny'));
    case 'KVM_SET_PMU_EVENT_FILTER':
      return onVm(machine, (vm) => vm.raw(KVM_SET_PMU_EVENT_FILTER, pmuFilter(call), call.action));
    case 'KVM_SET_TSC_KHZ':
      return vcpu === null ? NO_VCPU : resultOf(vcpu.fd.integer(KVM_SET_TSC_KHZ, call.khz));
    case 'KVM_CREATE_DEVICE':
      return createDevice(machine, call.device);
    case 'KVM_SET_CPUID2':
      return setCpuid(vcpu, call);
    case 'KVM_SET_MSRS':
      return setMsrs(vcpu, call);
    case 'KVM_ARM_VCPU_INIT':
      return initialize(vcpu, call.features);
    case 'KVM_ARM_VCPU_FINALIZE':
      return finalize(vcpu);
    case 'KVM_SET_ONE_REG':
      return setRegister(vcpu, fromHex(call.id), fromHex(call.value));
    case 'KVM_SET_DEVICE_ATTR':
      return setDeviceAttribute(machine, vcpu, call);
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
    const fd = created.value;
    const state = process.arch === 'arm64' ? new NewArm64Vcpu(vm, fd, host.scratch) : new NewX86Vcpu(host.kvm, fd);
    machine.vcpus.push({ id, fd, state });
  }
  return resultOf(created);
}

type EnableCap = Extract<PlanCall, { call: 'KVM_ENABLE_CAP' }>;

/** struct kvm_enable_cap: cap, flags, and four arguments from byte 8 on. */
function enable(machine: Machine, vcpu: MachineVcpu | null, { on, capability, args }: EnableCap): StepResult {
  const number = capabilities.get(capability);
  if (number === undefined) return notMade(`no capability is called ${capability}`);
  const buffer = new Uint8Array(KVM_ENABLE_CAP.argument.layout.size);
  const view = new DataView(buffer.buffer);
  view.setUint32(0, number, true);
  args.forEach((argument, index) => view.setBigUint64(8 + 8 * index, fromHex(argument), true));
  const detail = `cap=${capability} args[0]=${args[0]}`;
  if (on === 'vm') return onVm(machine, (vm) => vm.raw(KVM_ENABLE_CAP, buffer, detail));
  return vcpu === null ? NO_VCPU : resultOf(vcpu.fd.raw(KVM_ENABLE_CAP, buffer, detail));
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
function setCpuid(vcpu: MachineVcpu | null, { entries }: Extract<PlanCall, { call: 'KVM_SET_CPUID2' }>): StepResult {
  if (!(vcpu?.state instanceof NewX86Vcpu)) return NO_VCPU;
  const { id } = vcpu;
  const set = vcpu.state.setCpuid(
    entries.map(({ eax, ebx, ecx, edx, ...place }) =>
      withApicId(id, { ...place, eax: Number(eax), ebx: Number(ebx), ecx: Number(ecx), edx: Number(edx) }),
    ),
  );
  if (set.ok) vcpu.state = set.value;
  return resultOf(set);
}

/**
 * vCPUs differ in their APIC ids, which are their numbers (SDM 2A, CPUID; APM 3, E.4.16). Those of a plan's table are of
 * whichever CPU of the host answered KVM_GET_SUPPORTED_CPUID, and say nothing.
 */
function withApicId(id: number, entry: CpuidEntry): CpuidEntry {
  switch (entry.function) {
    case 1:
      return { ...entry, ebx: ((entry.ebx & 0x00ff_ffff) | (id << 24)) >>> 0 };
    case 0xb:
    case 0x1f:
      return { ...entry, edx: id };
    case 0x8000_001e:
      return { ...entry, eax: id };
    default:
      return entry;
  }
}

function setMsrs(vcpu: MachineVcpu | null, { msrs }: Extract<PlanCall, { call: 'KVM_SET_MSRS' }>): StepResult {
  if (!(vcpu?.state instanceof ConfiguredX86Vcpu)) return NO_VCPU;
  const written = vcpu.state.setMsrs(msrs.map(({ index, value }) => ({ index, data: fromHex(value) })));
  if (!written.ok) return resultOf(written);
  const refused = msrs.filter((_, at) => written.value[at] !== true).map(({ index }) => index);
  return refused.length === 0 ? DONE : { outcome: 'partly', refused };
}

function initialize(vcpu: MachineVcpu | null, features: readonly number[]): StepResult {
  if (!(vcpu?.state instanceof NewArm64Vcpu)) return NO_VCPU;
  const done = vcpu.state.initialize(features);
  if (done.ok) vcpu.state = done.value;
  return resultOf(done);
}

function finalize(vcpu: MachineVcpu | null): StepResult {
  if (!(vcpu?.state instanceof InitializedArm64Vcpu)) return NO_VCPU;
  const done = vcpu.state.finalize();
  if (done.ok) vcpu.state = done.value;
  return resultOf(done);
}

/** KVM_REG_ARM64_SVE_VLS: the one register that is set before a vCPU is finalized. */
const SVE_VLS = 0x6060_0000_0015_ffffn;

function setRegister(vcpu: MachineVcpu | null, id: bigint, value: bigint): StepResult {
  const state = vcpu?.state;
  if (state instanceof InitializedArm64Vcpu && id === SVE_VLS) return resultOf(state.setVectorLengths(value));
  const finalized = finalizedOf(vcpu);
  return finalized === null ? NO_VCPU : resultOf(finalized.set(id, value));
}

/** A vCPU without SVE has no step that finalizes it; it is so from its initialization on. */
export function finalizedOf(vcpu: MachineVcpu | null): FinalizedArm64Vcpu | null {
  if (vcpu?.state instanceof InitializedArm64Vcpu) {
    const done = vcpu.state.finalize();
    if (done.ok) vcpu.state = done.value;
  }
  return vcpu?.state instanceof FinalizedArm64Vcpu ? vcpu.state : null;
}

type SetAttribute = Extract<PlanCall, { call: 'KVM_SET_DEVICE_ATTR' }>;

/** The value lies in the scratch page, little-endian, with zeros behind it. */
function setDeviceAttribute(
  machine: Machine,
  vcpu: MachineVcpu | null,
  { on, group, attribute, value }: SetAttribute,
): StepResult {
  const fd = fdOf(machine, vcpu, on);
  if (fd === null) return notMade(`there is no ${on}`);
  const { scratch } = machine.host;
  scratch.bytes.fill(0);
  const number = fromHex(value);
  for (let at = 0; number >> BigInt(64 * at) !== 0n; at++)
    scratch.view.setBigUint64(8 * at, BigInt.asUintN(64, number >> BigInt(64 * at)), true);
  const text = `${on}: group=${group} attr=${attribute} value=${value}`;
  return resultOf(fd.struct(KVM_SET_DEVICE_ATTR, { group, attr: fromHex(attribute), addr: scratch.address }, text));
}

export function fdOf(machine: Machine, vcpu: MachineVcpu | null, on: SetAttribute['on']): Vm | Vcpu | Device | null {
  if (on === 'vm') return machine.vm;
  return on === 'vcpu' ? (vcpu?.fd ?? null) : (machine.devices.get(on) ?? null);
}
