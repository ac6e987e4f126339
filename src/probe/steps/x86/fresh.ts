/** What most x86 steps begin with: a VM with one vCPU, closed in the right order, and the table that a guest gets. */
import { KVM_GET_SUPPORTED_CPUID, KVM_SET_CPUID2 } from '../../../kvm/index.ts';
import type { Kvm, KvmError, Vcpu, Vm } from '../../../kvm/index.ts';
import { ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';

export type CpuidEntry = {
  function: number;
  index: number;
  flags: number;
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
};

/** A VM with a vCPU; disposing closes both. */
export class Fresh {
  readonly vm: Vm;
  readonly vcpu: Vcpu;

  constructor(vm: Vm, vcpu: Vcpu) {
    this.vm = vm;
    this.vcpu = vcpu;
  }

  [Symbol.dispose](): void {
    this.vcpu.close();
    this.vm.close();
  }
}

/** `prepare` is called between the creation of the VM and of its vCPU; a failure of it ends the creation. */
export function createFresh(kvm: Kvm, prepare?: (vm: Vm) => Result<unknown, KvmError>): Result<Fresh, KvmError> {
  const vm = kvm.createVm();
  if (!vm.ok) return vm;
  const prepared = prepare?.(vm.value) ?? ok(undefined);
  const vcpu = prepared.ok ? vm.value.createVcpu(0) : prepared;
  if (vcpu.ok) return ok(new Fresh(vm.value, vcpu.value));
  vm.value.close();
  return vcpu;
}

const tables = new WeakMap<Kvm, CpuidEntry[]>();

/**
 * The supported table as a VMM would pass it to its first vCPU: what KVM_GET_SUPPORTED_CPUID says, with the APIC ids
 * of the CPU that answered the call (1.EBX[31:24], 0xB and 0x1F EDX) replaced by 0. Asked of the host once a process:
 * every step begins with the same table, and under emulation the call executes some hundred trapped CPUIDs.
 */
export function baseTable(kvm: Kvm): Result<readonly CpuidEntry[], KvmError> {
  const known = tables.get(kvm);
  if (known !== undefined) return ok(known);
  const listed = kvm.list(KVM_GET_SUPPORTED_CPUID, 128);
  if (!listed.ok) return listed;
  const entries = listed.value.map(withoutApicId);
  tables.set(kvm, entries);
  return ok(entries);
}

/** A VM with a vCPU that was given the supported table. */
export function createWithCpuid(kvm: Kvm, prepare?: (vm: Vm) => Result<unknown, KvmError>): Result<Fresh, KvmError> {
  const table = baseTable(kvm);
  if (!table.ok) return table;
  const fresh = createFresh(kvm, prepare);
  if (!fresh.ok) return fresh;
  const set = fresh.value.vcpu.entries(KVM_SET_CPUID2, table.value, 'supported table');
  if (set.ok) return fresh;
  fresh.value[Symbol.dispose]();
  return set;
}

function withoutApicId(entry: CpuidEntry): CpuidEntry {
  if (entry.function === 1) return { ...entry, ebx: entry.ebx & 0x00ff_ffff };
  if (entry.function === 0xb || entry.function === 0x1f) return { ...entry, edx: 0 };
  return entry;
}
