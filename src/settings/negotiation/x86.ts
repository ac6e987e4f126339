/**
 * Negotiation of an x86 vCPU: read the most that this host offers, take away what the guest is not to have, write it,
 * read back what it became, and freeze it with the first KVM_RUN. Order: src/arch/ordering, `x86/cpuid` and
 * `x86/feature-msrs`.
 */
import {
  KVM_GET_CPUID2,
  KVM_GET_SUPPORTED_CPUID,
  KVM_RUN,
  KVM_SET_CPUID2,
  readMsrs,
  writeMsrs,
} from '../../kvm/index.ts';
import type { Kvm, KvmError, MsrWrite, Vcpu } from '../../kvm/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { Spendable } from './spent.ts';

/** One `struct kvm_cpuid_entry2`, as unsigned 32-bit numbers. `flags` bit 0: the index counts. */
export interface CpuidEntry {
  readonly function: number;
  readonly index: number;
  readonly flags: number;
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** Bits of one register of one leaf. */
export interface CpuidBits {
  readonly function: number;
  readonly index: number;
  readonly register: 'eax' | 'ebx' | 'ecx' | 'edx';
  readonly bits: number;
}

/** A vCPU that has just been made: it has no CPUID, and no MSR that depends on one. */
export class NewX86Vcpu extends Spendable {
  readonly #kvm: Kvm;
  readonly #vcpu: Vcpu;

  constructor(kvm: Kvm, vcpu: Vcpu) {
    super();
    this.#kvm = kvm;
    this.#vcpu = vcpu;
  }

  /**
   * What KVM_GET_SUPPORTED_CPUID offers, with the APIC id of the CPU that answered taken out (1.EBX[31:24], EDX of 0xB
   * and 0x1F): the ids are the VMM's to give.
   */
  maximum(): Result<readonly CpuidEntry[], KvmError> {
    this.live();
    const listed = this.#kvm.list(KVM_GET_SUPPORTED_CPUID, 128);
    return listed.ok ? ok(listed.value.map(withoutApicId)) : listed;
  }

  /** Sets the whole table. Where KVM refuses it, the vCPU is still new and another table may be tried. */
  setCpuid(entries: readonly CpuidEntry[]): Result<ConfiguredX86Vcpu, KvmError> {
    this.live();
    const done = this.#vcpu.entries(KVM_SET_CPUID2, entries);
    if (!done.ok) return done;
    this.spend('it has CPUID');
    return ok(new ConfiguredX86Vcpu(this.#kvm, this.#vcpu));
  }
}

/** A vCPU with CPUID that has not run: feature MSRs can be set, and CPUID can be replaced. */
export class ConfiguredX86Vcpu extends Spendable {
  readonly #kvm: Kvm;
  readonly #vcpu: Vcpu;

  constructor(kvm: Kvm, vcpu: Vcpu) {
    super();
    this.#kvm = kvm;
    this.#vcpu = vcpu;
  }

  /** The fd, for state that is restored before the first run. */
  get vcpu(): Vcpu {
    this.live();
    return this.#vcpu;
  }

  /** What the vCPU has now, after KVM has put in what depends on state. */
  cpuid(): Result<readonly CpuidEntry[], KvmError> {
    this.live();
    return this.#vcpu.list(KVM_GET_CPUID2, 256);
  }

  /** The most that this host supports of each feature MSR; null for one that it does not know. */
  maximumMsrs(indexes: readonly number[]): Result<(bigint | null)[], KvmError> {
    this.live();
    return readMsrs(this.#kvm, indexes);
  }

  /** What the vCPU has; null for one that does not read. */
  msrs(indexes: readonly number[]): Result<(bigint | null)[], KvmError> {
    this.live();
    return readMsrs(this.#vcpu, indexes);
  }

  /** For each write whether it was accepted. That it was is no proof: read back. */
  setMsrs(writes: readonly MsrWrite[]): Result<boolean[], KvmError> {
    this.live();
    return writeMsrs(this.#vcpu, writes);
  }

  /** No call: a promise that the next thing is KVM_RUN, after which nothing of the above can be changed. */
  freeze(): FrozenX86Vcpu {
    this.spend('it is frozen');
    return new FrozenX86Vcpu(this.#vcpu);
  }
}

/** A vCPU that runs: what the guest finds is settled. */
export class FrozenX86Vcpu extends Spendable {
  readonly vcpu: Vcpu;

  constructor(vcpu: Vcpu) {
    super();
    this.vcpu = vcpu;
  }

  /** Blocks while the guest runs: only in a process that may be killed. The reason of the exit is in the kvm_run page. */
  run(): Result<number, KvmError> {
    return this.vcpu.integer(KVM_RUN, 0);
  }
}

/** The table without these bits; leaves that it does not have are passed over, for they are zeros already. */
export function clearBits(entries: readonly CpuidEntry[], unwanted: readonly CpuidBits[]): readonly CpuidEntry[] {
  return entries.map((entry) =>
    unwanted
      .filter((each) => each.function === entry.function && each.index === entry.index)
      .reduce<CpuidEntry>(
        (left, { register, bits }) => ({ ...left, [register]: (left[register] & ~bits) >>> 0 }),
        entry,
      ),
  );
}

function withoutApicId<Entry extends CpuidEntry>(entry: Entry): Entry {
  if (entry.function === 1) return { ...entry, ebx: entry.ebx & 0x00ff_ffff };
  if (entry.function === 0xb || entry.function === 0x1f) return { ...entry, edx: 0 };
  return entry;
}
