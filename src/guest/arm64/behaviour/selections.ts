/**
 * How a setting of a behaviour test is made on a machine that is being put together: which calls, and between which. The
 * same writes as a plan's where a plan has them (`arch/arm64/operations.ts`); the others are the VMM's own.
 */
import { operation } from '../../../arch/arm64/operations.ts';
import type { BehaviourSetting } from '../../../arch/behaviour.ts';
import {
  CAPABILITY_NAMES,
  KVM_ARM_SET_COUNTER_OFFSET,
  KVM_SET_DEVICE_ATTR,
  registerBytes,
  setAttribute,
} from '../../../kvm/index.ts';
import type { Device, KvmError, Scratch, Vcpu, Vm } from '../../../kvm/index.ts';
import type { Operation, Result } from '../../../model/index.ts';
import { TABLE_MEMORY } from '../run-table.ts';
import { STACK_BYTES } from '../start.ts';
import { FUNCTION } from './calls.ts';

type Done = Result<unknown, KvmError>;

/** When and on what a call is made. */
export type Application =
  /** Before the first vCPU. */
  | { readonly at: 'vm'; readonly make: (vm: Vm, scratch: Scratch) => Done }
  /** Of KVM_ARM_VCPU_INIT: the feature's name. */
  | { readonly at: 'feature'; readonly feature: string; readonly wanted: boolean }
  /** After KVM_ARM_VCPU_INIT. */
  | { readonly at: 'vcpu'; readonly make: (vcpu: Vcpu, scratch: Scratch) => Done }
  /** Before KVM_DEV_ARM_VGIC_CTRL_INIT. */
  | { readonly at: 'gic'; readonly make: (gic: Device, scratch: Scratch) => Done };

/** The page of stolen time: below the stack of the one vCPU, where no program of a table reaches. */
export const STOLEN_TIME: bigint = TABLE_MEMORY.base + BigInt(TABLE_MEMORY.length - 2 * STACK_BYTES);
/** CPU_CYCLES; KVM_PMU_EVENT_DENY. */
const EVENT = { base: 0x11n, count: 1n, deny: 1n } as const;
/** KVM_SMCCC_FILTER_DENY. */
const DENY = 1;

/** Settings that an operation does not describe, or that need more than one call. */
const SPECIAL: Readonly<Record<string, (value: bigint) => readonly Application[]>> = {
  'switch/SMCCC_FILTER': () => [{ at: 'vm', make: denyCall }],
  // struct kvm_pmu_event_filter: base_event[15:0], nevents[31:16], action[39:32].
  'switch/PMU_EVENT_FILTER': () => [attribute(0, 2n, EVENT.base | (EVENT.count << 16n) | (EVENT.deny << 32n))],
  'switch/COUNTER_OFFSET': (offset) => [
    { at: 'vm', make: (vm) => vm.struct(KVM_ARM_SET_COUNTER_OFFSET, { counter_offset: offset }) },
  ],
  'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA': () => [attribute(2, 0n, STOLEN_TIME)],
  // KVM takes the two features only together.
  'vcpu/PTRAUTH_ADDRESS': (value) =>
    ['PTRAUTH_ADDRESS', 'PTRAUTH_GENERIC'].map((feature) => ({ at: 'feature', feature, wanted: value !== 0n })),
  'reg/MIDR_EL1': (value) => [enable('KVM_CAP_ARM_WRITABLE_IMP_ID_REGS'), ...usual('reg/MIDR_EL1', value)],
};

export function applicationsOf({ word, value }: BehaviourSetting): readonly Application[] {
  return SPECIAL[word]?.(value) ?? usual(word, value);
}

function usual(word: string, value: bigint): readonly Application[] {
  if (word.startsWith('vcpu/')) return [{ at: 'feature', feature: word.slice('vcpu/'.length), wanted: value !== 0n }];
  const found = operation(word);
  if (found === null) throw new RangeError(`no call selects ${word}`);
  return [applicationOf(found, value)];
}

function applicationOf(found: Operation, value: bigint): Application {
  switch (found.call) {
    case 'KVM_ENABLE_CAP':
      return enable(found.capability);
    case 'KVM_SET_ONE_REG':
      return { at: 'vcpu', make: (vcpu, scratch) => setRegister(vcpu, scratch, found.id, value) };
    case 'KVM_SET_DEVICE_ATTR':
      return {
        at: 'gic',
        make: (gic, scratch) => setAttribute(gic, scratch, found.group, found.attribute, value),
      };
    default:
      throw new RangeError(`${found.call} is no call of these tests`);
  }
}

function attribute(group: number, number: bigint, value: bigint): Application {
  return { at: 'vcpu', make: (vcpu, scratch) => setAttribute(vcpu, scratch, group, number, value) };
}

function enable(name: string): Application {
  const number = Object.entries(CAPABILITY_NAMES).find(([, known]) => known === name)?.[0];
  if (number === undefined) throw new RangeError(`no capability is called ${name}`);
  return { at: 'vm', make: (vm) => vm.enableCapability(Number(number)) };
}

/** Little-endian, whatever the register's size. */
function setRegister(vcpu: Vcpu, scratch: Scratch, id: bigint, value: bigint): Done {
  const bytes = Uint8Array.from({ length: registerBytes(id) }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
  return vcpu.setOneReg(scratch, id, bytes);
}

/** struct kvm_smccc_filter: base, nr_functions, action; 24 bytes. KVM_ARM_VM_SMCCC_CTRL, KVM_ARM_VM_SMCCC_FILTER: both 0. */
function denyCall(vm: Vm, scratch: Scratch): Done {
  scratch.bytes.fill(0, 0, 24);
  scratch.view.setUint32(0, FUNCTION.MIGRATE_INFO_TYPE, true);
  scratch.view.setUint32(4, 1, true);
  scratch.view.setUint8(8, DENY);
  return vm.struct(KVM_SET_DEVICE_ATTR, { group: 0, attr: 0n, addr: scratch.address }, 'KVM_ARM_VM_SMCCC_FILTER');
}
