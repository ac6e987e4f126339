/**
 * Negotiation of an arm64 vCPU: initialize it with features, choose vector lengths, finalize; then read what the ID and
 * firmware registers offer, write less, read back, and freeze with the first KVM_RUN of any vCPU. Order:
 * src/arch/ordering, `arm64/vcpu-init` to `arm64/firmware`.
 */
import {
  KVM_ARM_PREFERRED_TARGET,
  KVM_ARM_VCPU_FINALIZE,
  KVM_ARM_VCPU_INIT,
  KVM_GET_REG_LIST,
  KVM_RUN,
  registerBytes,
} from '../../kvm/index.ts';
import type { KvmError, Scratch, Vcpu, Vm } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { Spendable } from './spent.ts';

/** KVM_ARM_VCPU_SVE, and the argument of KVM_ARM_VCPU_FINALIZE. */
const SVE = 4;
/** KVM_REG_ARM64_SVE_VLS: 512 bits, bit n for a vector of n + 1 times 128 bits. */
const SVE_VLS = 0x6060_0000_0015_ffffn;

interface Fds {
  readonly vcpu: Vcpu;
  readonly scratch: Scratch;
}

/** A vCPU that has just been made: it has no registers. */
export class NewArm64Vcpu extends Spendable {
  readonly #vm: Vm;
  readonly #fds: Fds;

  constructor(vm: Vm, vcpu: Vcpu, scratch: Scratch) {
    super();
    this.#vm = vm;
    this.#fds = { vcpu, scratch };
  }

  /** `features`: bits of kvm_vcpu_init.features[0] (KVM_ARM_VCPU_*). All vCPUs of a VM must have the same. */
  initialize(features: readonly number[]): Result<InitializedArm64Vcpu, KvmError> {
    this.live();
    const preferred = this.#vm.struct(KVM_ARM_PREFERRED_TARGET, {});
    if (!preferred.ok) return preferred;
    const features0 = features.reduce((word, bit) => word | (1 << bit), 0) >>> 0;
    const { target } = preferred.value;
    const text = `target=${target} features=0x${features0.toString(16)}`;
    const done = this.#fds.vcpu.struct(KVM_ARM_VCPU_INIT, { target, features0 }, text);
    if (!done.ok) return done;
    this.spend('it is initialized');
    return ok(new InitializedArm64Vcpu(this.#fds, features.includes(SVE)));
  }
}

/** A vCPU with features that is not finalized: its vector lengths can be chosen, its registers not yet. */
export class InitializedArm64Vcpu extends Spendable {
  readonly #fds: Fds;
  readonly #sve: boolean;

  constructor(fds: Fds, sve: boolean) {
    super();
    this.#fds = fds;
    this.#sve = sve;
  }

  /** The vector lengths that the host offers, as a set of bits. */
  vectorLengths(): Result<bigint, KvmError> {
    this.live();
    return get(this.#fds, SVE_VLS);
  }

  setVectorLengths(lengths: bigint): Result<number, KvmError> {
    this.live();
    return set(this.#fds, SVE_VLS, lengths);
  }

  /** KVM_ARM_VCPU_FINALIZE where the vCPU has SVE; without, there is nothing to be finalized and no call is made. */
  finalize(): Result<FinalizedArm64Vcpu, KvmError> {
    this.live();
    const done = this.#sve ? this.#fds.vcpu.pointerToInt(KVM_ARM_VCPU_FINALIZE, SVE) : ok(0);
    if (!done.ok) return done;
    this.spend('it is finalized');
    return ok(new FinalizedArm64Vcpu(this.#fds));
  }
}

/** A vCPU with all its registers that has not run: ID and firmware registers can be written. */
export class FinalizedArm64Vcpu extends Spendable {
  readonly #fds: Fds;

  constructor(fds: Fds) {
    super();
    this.#fds = fds;
  }

  /** The fd, for state and attributes that are set before the first run. */
  get vcpu(): Vcpu {
    this.live();
    return this.#fds.vcpu;
  }

  /** Ids of all registers; it follows the ID registers, so that it is read after they are written. */
  registers(): Result<bigint[], KvmError> {
    this.live();
    const list = this.#fds.vcpu.list(KVM_GET_REG_LIST, 512);
    return list.ok ? ok(list.value.map(({ id }) => id)) : list;
  }

  /** Before any write, what an ID or firmware register reads is the most that this host offers. */
  get(id: bigint): Result<bigint, KvmError> {
    this.live();
    return get(this.#fds, id);
  }

  /** That a write is accepted is no proof: read back. */
  set(id: bigint, value: bigint): Result<number, KvmError> {
    this.live();
    return set(this.#fds, id, value);
  }

  /** No call: a promise that the next thing is KVM_RUN, after which no vCPU of the VM takes other ID registers. */
  freeze(): FrozenArm64Vcpu {
    this.spend('it is frozen');
    return new FrozenArm64Vcpu(this.#fds.vcpu);
  }
}

/** A vCPU that runs: what the guest finds is settled. */
export class FrozenArm64Vcpu extends Spendable {
  readonly vcpu: Vcpu;

  constructor(vcpu: Vcpu) {
    super();
    this.vcpu = vcpu;
  }

  /** Blocks while the guest runs: only in a process that may be killed. */
  run(): Result<number, KvmError> {
    return this.vcpu.integer(KVM_RUN, 0);
  }
}

/** A register as one number, little-endian whatever its size. */
function get({ vcpu, scratch }: Fds, id: bigint): Result<bigint, KvmError> {
  const read = vcpu.getOneReg(scratch, id);
  if (!read.ok) return read;
  return ok(read.value.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n));
}

function set({ vcpu, scratch }: Fds, id: bigint, value: bigint): Result<number, KvmError> {
  const bytes = Uint8Array.from({ length: registerBytes(id) }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
  return vcpu.setOneReg(scratch, id, bytes);
}
