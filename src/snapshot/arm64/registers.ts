/** The registers of one vCPU by KVM_GET_ONE_REG and KVM_SET_ONE_REG, as one number each, little-endian. */
import { KVM_GET_REG_LIST, registerBytes } from '../../kvm/index.ts';
import type { KvmError, Scratch, Vcpu } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';

/** More than any kernel has listed so far, so that one call is enough. */
const ROOM = 640;

export class Registers {
  readonly #vcpu: Vcpu;
  readonly #scratch: Scratch;
  #listed: readonly bigint[] | null = null;

  constructor(vcpu: Vcpu, scratch: Scratch) {
    this.#vcpu = vcpu;
    this.#scratch = scratch;
  }

  /** All ids in ascending order, whatever order this kernel gives them in. The list is final once a vCPU is finalized. */
  list(): Result<readonly bigint[], KvmError> {
    if (this.#listed !== null) return ok(this.#listed);
    const list = this.#vcpu.list(KVM_GET_REG_LIST, ROOM);
    if (!list.ok) return list;
    this.#listed = list.value.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return ok(this.#listed);
  }

  get(id: bigint): Result<bigint, KvmError> {
    const read = this.#vcpu.getOneReg(this.#scratch, id);
    return read.ok ? ok(read.value.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n)) : read;
  }

  set(id: bigint, value: bigint): Result<unknown, KvmError> {
    const bytes = Uint8Array.from({ length: registerBytes(id) }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
    return this.#vcpu.setOneReg(this.#scratch, id, bytes);
  }
}
