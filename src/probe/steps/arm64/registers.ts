/**
 * Registers of one vCPU as numbers. The probe makes thousands of these calls on emulated machines, so one buffer is
 * used for all of them and a failure is a short text.
 */
import { KVM_GET_ONE_REG, KVM_GET_REG_LIST, KVM_SET_ONE_REG, registerBytes } from '../../../kvm/index.ts';
import type { KvmError, Scratch, Vcpu, Vm } from '../../../kvm/index.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Json, Result, Section, Trial } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { StepContext } from '../../step.ts';
import { createMachine, everyFeature } from './vcpu.ts';

/** A value, or the errno's name. */
export type Read = bigint | string;

export class Registers {
  readonly #vcpu: Vcpu;
  readonly #scratch: Scratch;
  /** struct kvm_one_reg: the id and the address of the value. */
  readonly #argument: Uint8Array = new Uint8Array(16);
  readonly #view: DataView = new DataView(this.#argument.buffer);

  constructor(vcpu: Vcpu, scratch: Scratch) {
    this.#vcpu = vcpu;
    this.#scratch = scratch;
    this.#view.setBigUint64(8, scratch.address, true);
  }

  /** The ids of KVM_GET_REG_LIST in ascending order, whatever order this kernel gives them in. */
  list(): Result<bigint[], KvmError> {
    const list = this.#vcpu.list(KVM_GET_REG_LIST, 512);
    if (!list.ok) return list;
    const ids = list.value.map(({ id }) => id);
    return ok(ids.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  }

  get(id: bigint): Read {
    this.#view.setBigUint64(0, id, true);
    const done = this.#vcpu.raw(KVM_GET_ONE_REG, this.#argument, '');
    if (!done.ok) return done.error.errnoName;
    const size = registerBytes(id);
    const { view } = this.#scratch;
    if (size === 8) return view.getBigUint64(0, true);
    if (size === 4) return BigInt(view.getUint32(0, true));
    let value = 0n;
    for (let at = size; at > 0; at--) value = (value << 8n) | BigInt(view.getUint8(at - 1));
    return value;
  }

  /** Gives null where the write was accepted, else the errno's name. */
  set(id: bigint, value: bigint): string | null {
    const { view } = this.#scratch;
    const size = registerBytes(id);
    if (size <= 8) view.setBigUint64(0, value, true);
    else for (let at = 0; at < size; at += 8) view.setBigUint64(at, BigInt.asUintN(64, value >> BigInt(8 * at)), true);
    this.#view.setBigUint64(0, id, true);
    const done = this.#vcpu.raw(KVM_SET_ONE_REG, this.#argument, '');
    return done.ok ? null : done.error.errnoName;
  }

  /** Writes `value` and reads back; `before` is what read before. Leaves the register as the write left it. */
  try(id: bigint, value: bigint, before: bigint): { readonly outcome: Trial['outcome']; readonly reads: Read } {
    const refused = this.set(id, value);
    if (refused !== null) return { outcome: refused, reads: before };
    const reads = this.get(id);
    return { outcome: reads === value ? 'taken' : reads === before ? 'ignored' : 'changed', reads };
  }

  /** As `try`, in the form of a section, and puts `before` back. */
  trial(id: bigint, value: bigint, before: bigint): Trial {
    const { outcome, reads } = this.try(id, value, before);
    if (outcome === 'taken' || outcome === 'changed') this.set(id, before);
    return trial(value, outcome, reads);
  }
}

export function trial(wrote: bigint, outcome: Trial['outcome'], reads: Read): Trial {
  return { wrote: hex(wrote), outcome, ...(outcome === 'changed' ? { reads: text(reads) } : {}) };
}

/** How a section writes what was read. */
export function text(read: Read): string {
  return typeof read === 'string' ? read : hex(read);
}

/** The section of a question that is put to the registers of a vCPU with every feature but EL2. */
export function askRegisters(
  { kvm, scratch }: StepContext,
  ask: (registers: Registers, ids: readonly bigint[], vm: Vm) => Json,
): Section {
  const created = createMachine(kvm, everyFeature(kvm));
  if (!created.ok) return failed(created.error);
  using machine = created.value;
  const registers = new Registers(machine.vcpu, scratch);
  const list = registers.list();
  return list.ok ? measured(ask(registers, list.value, machine.vm)) : failed(list.error);
}
