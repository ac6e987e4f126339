/** What the units of a machine's state are read from and written to. */
import type { GuestMachine } from '../../guest/machine.ts';
import type { KvmError } from '../../kvm/index.ts';
import { err, fromHex, ok } from '../../model/index.ts';
import type { Result, SavedState, SavedUnit } from '../../model/index.ts';
import type { Host } from '../../settings/index.ts';
import type { Unit } from '../unit.ts';

/** Numbers of include/uapi/linux/kvm.h. */
export const CAPABILITY = {
  ADJUST_CLOCK: 39,
  DEBUGREGS: 50,
  XSAVE: 55,
  XCRS: 56,
  GET_TSC_KHZ: 61,
  ONE_REG: 70,
  VCPU_ATTRIBUTES: 127,
  NESTED_STATE: 157,
  SREGS2: 200,
  XSAVE2: 208,
} as const;

export interface Target {
  readonly host: Host;
  readonly machine: GuestMachine;
  /** What is restored: a unit that a kernel can have in two forms is read and written in the form that was saved. */
  readonly state: SavedState | null;
  /** What KVM_CHECK_EXTENSION on the VM gives; 0 where the kernel does not know the capability. */
  readonly has: (capability: (typeof CAPABILITY)[keyof typeof CAPABILITY]) => number;
  /** `still`: the guest's clock goes on from what was saved. `realtime`: from there plus the time that has passed. */
  readonly clock: 'still' | 'realtime';
  /** Notes what of a unit is not handed over as it was saved, and why. */
  readonly adapt: (unit: string, what: string) => void;
  /** Says that a unit cannot be read back here, and that nothing was lost by it: it is not compared. */
  readonly skipComparison: (unit: string) => void;
  /** Notes registers of a unit that the kernel lists and does not let be read. */
  readonly unread: (unit: string, ids: readonly bigint[]) => void;
}

/** A unit with what saving needs to know besides. */
export interface X86Unit {
  readonly unit: Unit;
  /** The errno by which KVM says that the machine has no such part; any other failure ends the saving. */
  readonly absent?: string;
}

/** All that units ask for, at once: a question that fails is not an answer. */
export function capabilitiesOf({ vm }: GuestMachine): Result<Target['has'], KvmError> {
  const known = new Map<number, number>();
  for (const capability of Object.values(CAPABILITY)) {
    const asked = vm.checkExtension(capability);
    if (!asked.ok) return asked;
    known.set(capability, asked.value);
  }
  return ok((capability) => known.get(capability) ?? 0);
}

/** An error of a call that a unit makes besides the one that sets it: said so, because reports name the unit's own. */
export function besides<T>(done: Result<T, KvmError>): Result<T, KvmError> {
  if (done.ok) return done;
  const { call, detail } = done.error;
  return err({ ...done.error, detail: `${call}(${detail})` });
}

export function savedUnit({ state }: Target, name: string): SavedUnit | null {
  return state?.units.find((unit) => unit.name === name) ?? null;
}

/** The values of a saved unit of registers, by id; empty where the state has none. */
export function savedRegisters(target: Target, name: string): ReadonlyMap<bigint, bigint> {
  const data = savedUnit(target, name)?.data;
  if (data?.kind !== 'registers') return new Map();
  return new Map(data.registers.map(({ id, value }) => [fromHex(id), fromHex(value)]));
}

export type Bytes = Result<Uint8Array, KvmError>;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
