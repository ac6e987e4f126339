/** The units of state of one vCPU: its registers by the rule that says when they are restored, events, and MP state. */
import { idOf, wordOf } from '../../arch/arm64/names.ts';
import { SVE_VLS } from '../../arch/arm64/ids.ts';
import { registerClass } from '../../arch/ordering/index.ts';
import {
  KVM_ARM_VCPU_EVENTS,
  KVM_GET_MP_STATE,
  KVM_GET_VCPU_EVENTS,
  KVM_SET_MP_STATE,
  KVM_SET_VCPU_EVENTS,
} from '../../kvm/index.ts';
import type { Scratch, Vcpu } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import { refusalOf } from '../unit.ts';
import type { BytesUnit, RegisterUnit, RegisterRefusal, RegisterWrite } from '../unit.ts';
import type { Registers } from './registers.ts';
import { setAndClear } from './set-clear.ts';

type RegisterClass = ReturnType<typeof registerClass>;

/**
 * Both counters are of the VM, not of the vCPU: written once, for each later write would move the guest's time by what has
 * passed between two reads.
 */
const COUNTERS: ReadonlySet<bigint> = new Set(
  ['reg/KVM_REG_ARM_TIMER_CNT', 'reg/CNTPCT_EL0'].flatMap((word) => idOf(word) ?? []),
);
/** CNTV_CTL_EL0, CNTP_CTL_EL0, CNTHP_CTL_EL2, …: enable a timer, so that they come after what it compares with. */
const TIMER_CONTROL = /_CTL_EL/;
/** Of TVAL a write would move the compare value; the compare value is saved. */
const TIMER_VALUE = /_TVAL_EL/;

export const SET_REGISTER = 'KVM_SET_ONE_REG';

/** The registers of `wanted` that the vCPU lists, in ascending order of their ids, those of `last` behind the others. */
function registerUnit(
  { name, rule }: { readonly name: string; readonly rule: string },
  registers: Registers,
  wanted: (id: bigint) => boolean,
  last: (id: bigint) => boolean = () => false,
): RegisterUnit {
  return {
    kind: 'registers',
    name,
    rule,
    call: SET_REGISTER,
    ids: () => {
      const list = registers.list();
      if (!list.ok) return list;
      const ids = list.value.filter(wanted);
      return ok([...ids.filter((id) => !last(id)), ...ids.filter(last)]);
    },
    word: wordOf,
    read: (id) => registers.get(id),
    write: ({ id, value }) => refusalOf(registers.set(id, value), SET_REGISTER),
  };
}

/**
 * For what is set once, by the plan: a value that is there already is not written again, another is tried. `absent`: errno
 * of a read where nobody has set it yet.
 */
export function settled(unit: RegisterUnit, absent: readonly string[] = []): RegisterUnit {
  const write = (wanted: RegisterWrite): RegisterRefusal | null => {
    const now = unit.read(wanted.id);
    if (!now.ok && !absent.includes(now.error.errnoName)) return refusalOf(now, unit.call);
    return now.ok && now.value === wanted.value ? null : unit.write(wanted);
  };
  return { ...unit, write };
}

/** The registers of one class; `rule` has the class's name but for the timers, whose rule has the plural. */
export function classUnit(vcpu: number, registers: Registers, of: RegisterClass): RegisterUnit {
  const wanted = (id: bigint): boolean => registerClass(id) === of;
  switch (of) {
    case 'vector-lengths':
      return settled(registerUnit(named(vcpu, of, 'vector-lengths'), registers, (id) => id === SVE_VLS));
    case 'implementation':
      return registerUnit(named(vcpu, of, 'implementation-registers'), registers, wanted);
    case 'id':
      return registerUnit(named(vcpu, 'id-registers', 'id-registers'), registers, wanted);
    case 'timer':
      return registerUnit(
        named(vcpu, 'timers', 'timers'),
        registers,
        (id) => wanted(id) && !COUNTERS.has(id) && !TIMER_VALUE.test(wordOf(id)),
        (id) => TIMER_CONTROL.test(wordOf(id)),
      );
    case 'state':
      return setAndClear(registerUnit(named(vcpu, of, of), registers, wanted));
    case 'firmware':
    case 'sve':
    case 'core':
      return registerUnit(named(vcpu, of, of), registers, wanted);
  }
}

function named(vcpu: number, name: string, rule: string): { readonly name: string; readonly rule: string } {
  return { name: `vcpu/${vcpu}/${name}`, rule: `arm64/${rule}` };
}

/** Read and written on the first vCPU. */
export function counters(registers: Registers): RegisterUnit {
  return registerUnit({ name: 'vm/counters', rule: 'arm64/timers' }, registers, (id) => COUNTERS.has(id));
}

export function events(vcpu: number, fd: Vcpu): BytesUnit {
  return {
    kind: 'bytes',
    ...named(vcpu, 'events', 'events'),
    call: KVM_SET_VCPU_EVENTS.name,
    fields: KVM_ARM_VCPU_EVENTS.fields,
    read: () => {
      const buffer = new Uint8Array(KVM_ARM_VCPU_EVENTS.size);
      const done = fd.raw(KVM_GET_VCPU_EVENTS, buffer, '');
      return done.ok ? ok(buffer) : done;
    },
    write: (bytes) => fd.raw(KVM_SET_VCPU_EVENTS, bytes.slice(), ''),
  };
}

export function mpState(vcpu: number, fd: Vcpu): BytesUnit {
  const { size, fields } = KVM_GET_MP_STATE.argument.layout;
  return {
    kind: 'bytes',
    ...named(vcpu, 'mp-state', 'mp-state'),
    call: KVM_SET_MP_STATE.name,
    fields,
    read: () => {
      const buffer = new Uint8Array(size);
      const done = fd.raw(KVM_GET_MP_STATE, buffer, '');
      return done.ok ? ok(buffer) : done;
    },
    write: (bytes) => fd.raw(KVM_SET_MP_STATE, bytes.slice(), ''),
  };
}

export interface Arm64Vcpu {
  readonly id: number;
  readonly fd: Vcpu;
  readonly registers: Registers;
  readonly scratch: Scratch;
}
