/**
 * Attributes of a vCPU and of a VM that a guest can observe: PMU, timer interrupts, steal time, SMCCC filter, counter
 * offset (Documentation/virt/kvm/devices/vcpu.rst and vm.rst; api.rst on KVM_ARM_SET_COUNTER_OFFSET).
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { AttributeTrials, VcpuAttributesSection } from '../../../arch/arm64/sections.ts';
import { GIC_GROUP } from '../../../arch/arm64/vgic.ts';
import {
  hasAttribute,
  KVM_ARM_SET_COUNTER_OFFSET,
  KVM_SET_DEVICE_ATTR,
  setAttribute,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from '../../../kvm/index.ts';
import type { Libc, Mapping, Scratch, Vm } from '../../../kvm/index.ts';
import { hex } from '../../../model/index.ts';
import type { Trial } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { tryAttribute } from './attributes.ts';
import type { Attribute } from './attributes.ts';
import { createMachine, everyFeature, isDevice } from './vcpu.ts';

/** KVM_ARM_VCPU_*_CTRL. */
const PMU = 0;
const TIMER = 1;
const PVTIME = 2;
/** KVM_ARM_VM_SMCCC_CTRL, on the VM. */
const SMCCC = 0;

const KVM_CAP_COUNTER_OFFSET = 227;
/** The largest page that an arm64 kernel may have. */
const PAGE = 65536;
/** Guest address of the page that steal time would be shared in. */
const STEAL_TIME = 0x4000_0000n;

export const vcpuAttributes: Step = {
  name: 'vcpu-attributes',
  architecture: 'arm64',
  seconds: 5,
  run({ kvm, libc, scratch, note }) {
    // Before the VM, so that it is unmapped after the VM is gone.
    using memory = mapMemory(libc);
    const created = createMachine(kvm, everyFeature(kvm));
    if (!created.ok) return failed(created.error);
    using machine = created.value;
    const mapped = memory.mapping !== null && machine.vm.setMemory(0, STEAL_TIME, memory.mapping).ok;
    const pmus = hostPmus();
    note('timer and PMU attributes');
    const early = [...timers(), ...pmuAttributes(pmus.map(({ type }) => type)), stealTime(mapped)];
    const attributes = early.map((attribute) => tryAttribute(machine.vcpu, scratch, attribute));
    // The PMU's interrupt goes through the vGIC, which therefore comes first.
    if (isDevice(machine.gic)) setAttribute(machine.gic, scratch, GIC_GROUP.control, 0n, 0n);
    attributes.push(tryAttribute(machine.vcpu, scratch, PMU_INIT));
    note('SMCCC filter and counter offset');
    attributes.push(smcccFilter(machine.vm, scratch), counterOffset(machine.vm));
    return measured({ vcpu: 'all', pmus: pmus.map(({ name }) => name), attributes } satisfies VcpuAttributesSection);
  },
};

/** A PPI of one's own; an SGI and an SPI, which are no timer interrupts. */
function timers(): Attribute[] {
  return ['VTIMER', 'PTIMER', 'HVTIMER', 'HPTIMER'].map((name, index) => ({
    name: `KVM_ARM_VCPU_TIMER_IRQ_${name}`,
    group: TIMER,
    attribute: BigInt(index),
    width: 32,
    readable: true,
    candidates: [0n, 32n, BigInt(20 + index)],
  }));
}

/** In the order of vcpu.rst: which PMU, how many counters, filter, interrupt; then comes the initialization. */
function pmuAttributes(types: readonly bigint[]): Attribute[] {
  const row = (name: string, attribute: bigint, readable: boolean, candidates: readonly bigint[]): Attribute => ({
    name: `KVM_ARM_VCPU_PMU_V3_${name}`,
    group: PMU,
    attribute,
    width: 32,
    readable,
    candidates,
  });
  return [
    // An event source that does not exist; then each that does.
    row('SET_PMU', 3n, false, [0x7fff_ffffn, ...types]),
    row('SET_NR_COUNTERS', 4n, false, [32n, 0n, 1n]),
    // struct kvm_pmu_event_filter: base_event[15:0], nevents[31:16], action[39:32]; deny SW_INCR; an unknown action.
    row('FILTER', 2n, false, [filter(0, 1, 2), filter(0, 1, 1)]),
    row('IRQ', 0n, true, [0n, 1020n, 23n, 24n]),
  ];
}

/** Takes no value; a second time must fail. */
const PMU_INIT: Attribute = {
  name: 'KVM_ARM_VCPU_PMU_V3_INIT',
  group: PMU,
  attribute: 1n,
  width: 32,
  readable: false,
  candidates: [0n, 0n],
};

function filter(base: number, events: number, action: number): bigint {
  return BigInt(base) | (BigInt(events) << 16n) | (BigInt(action) << 32n);
}

/** Not a multiple of 64; outside of memory; inside; a second time. */
function stealTime(mapped: boolean): Attribute {
  const candidates = [STEAL_TIME + 4n, 0n, ...(mapped ? [STEAL_TIME, STEAL_TIME + 64n] : [])];
  return { name: 'KVM_ARM_VCPU_PVTIME_IPA', group: PVTIME, attribute: 0n, width: 64, readable: true, candidates };
}

/** Memory for the guest; steal time must lie in a memory slot. */
function mapMemory(libc: Libc): Disposable & { readonly mapping: Mapping | null } {
  const mapping = libc.mmap(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return { mapping, [Symbol.dispose]: () => void (mapping === null || libc.munmap(mapping)) };
}

/** struct kvm_smccc_filter: base, nr_functions, action; 24 bytes. Actions: 0 handle, 1 deny, 2 forward. */
function smcccFilter(vm: Vm, scratch: Scratch): AttributeTrials {
  const name = 'KVM_ARM_VM_SMCCC_FILTER';
  const attribute = `${SMCCC}:0x0`;
  const present = hasAttribute(vm, SMCCC, 0n);
  const has = present.ok ? present.value : present.error.errnoName;
  if (has !== true) return { attribute, name, has, trials: [] };
  const VENDOR_HYP = 0x8600_0000;
  const rows: readonly (readonly [number, number, number])[] = [
    [VENDOR_HYP, 1, 3],
    [VENDOR_HYP, 1, 1],
    [VENDOR_HYP, 1, 2],
    // A range that KVM keeps to itself: SMCCC_VERSION.
    [0x8000_0000, 1, 1],
  ];
  const trials = rows.map(([base, functions, action]): Trial => {
    scratch.bytes.fill(0, 0, 24);
    scratch.view.setUint32(0, base, true);
    scratch.view.setUint32(4, functions, true);
    scratch.view.setUint8(8, action);
    const wrote = hex((BigInt(action) << 64n) | (BigInt(functions) << 32n) | BigInt(base));
    const done = vm.struct(KVM_SET_DEVICE_ATTR, { group: SMCCC, attr: 0n, addr: scratch.address });
    return { wrote, outcome: done.ok ? 'accepted' : done.error.errnoName };
  });
  return { attribute, name, has, trials };
}

/** Not readable: what a VMM set it must remember. */
function counterOffset(vm: Vm): AttributeTrials {
  const name = 'KVM_ARM_SET_COUNTER_OFFSET';
  const present = vm.checkExtension(KVM_CAP_COUNTER_OFFSET);
  const has = present.ok ? present.value !== 0 : present.error.errnoName;
  if (has !== true) return { attribute: 'vm', name, has, trials: [] };
  const trials = [0n, 0x1000n].map((counter_offset): Trial => {
    const done = vm.struct(KVM_ARM_SET_COUNTER_OFFSET, { counter_offset });
    return { wrote: hex(counter_offset), outcome: done.ok ? 'accepted' : done.error.errnoName };
  });
  return { attribute: 'vm', name, has, trials };
}

/** The physical PMUs by name and by the type that names them to perf and to KVM_ARM_VCPU_PMU_V3_SET_PMU. */
export function hostPmus(): readonly { readonly name: string; readonly type: bigint }[] {
  const root = '/sys/bus/event_source/devices';
  try {
    return readdirSync(root)
      .filter((name) => /^(armv8|apple)/.test(name))
      .sort()
      .map((name) => ({ name, type: BigInt(readFileSync(`${root}/${name}/type`, 'utf8').trim()) }));
  } catch {
    return [];
  }
}
