/**
 * What code inside a guest reads with CPUID, for the supported table and for the same with every register cleared but
 * those that say how far the leaves go. What KVM_GET_CPUID2 gives back is only what KVM noted; a module that does not
 * intercept CPUID lets the guest see the CPU.
 */
import {
  KVM_SET_CPUID2,
  KVM_SET_TSS_ADDR,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
  errnoName,
} from '../../../kvm/index.ts';
import type { KvmError, Libc, Mapping, Vm } from '../../../kvm/index.ts';
import { CPUID_REGISTERS, cpuidWord } from '../../../arch/x86/paths.ts';
import type { CpuidDifference, CpuidObservation, CpuidObservedData } from '../../../arch/x86/sections.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { GUEST_BYTES, MAXIMUM_LEAVES, TSS_ADDRESS, load, results, run } from './cpuid-guest.ts';
import { baseTable } from './fresh.ts';
import type { CpuidEntry } from './fresh.ts';

export const cpuidObserved: Step = {
  name: 'cpuid-observed',
  architecture: 'x86_64',
  seconds: 10,
  run({ kvm, libc, note }) {
    const table = baseTable(kvm);
    if (!table.ok) return failed(table.error);
    const runBytes = kvm.vcpuMmapSize();
    if (!runBytes.ok) return failed(runBytes.error);
    const created = kvm.createVm();
    if (!created.ok) return failed(created.error);
    using vm = created.value;
    const tss = vm.integer(KVM_SET_TSS_ADDR, TSS_ADDRESS);
    if (!tss.ok) return failed(tss.error);
    const memory = libc.mmap(GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory === null) {
      const errno = errnoName(libc.errno());
      return {
        outcome: 'failed',
        call: 'mmap',
        detail: `${GUEST_BYTES} bytes`,
        errno,
        meaning: 'no memory for the guest',
      };
    }
    try {
      const slot = vm.setMemory(0, 0n, memory);
      if (!slot.ok) return failed(slot.error);
      const entries = table.value.slice(0, Math.floor(MAXIMUM_LEAVES));
      const guest: Guest = { vm, libc, memory, runBytes: runBytes.value, note };
      const base = observed(observe(guest, 0, entries, 'the supported table'));
      const cleared = observed(observe(guest, 1, entries.map(clearedEntry), 'every register 0'));
      const data: CpuidObservedData = {
        mode: 'real-mode',
        leaves: entries.length,
        base,
        cleared,
      };
      return measured(data);
    } finally {
      vm.close();
      libc.munmap(memory);
    }
  },
};

interface Guest {
  readonly vm: Vm;
  readonly libc: Libc;
  readonly memory: Mapping;
  /** Bytes of the kvm_run mapping. */
  readonly runBytes: number;
  readonly note: (what: string) => void;
}

/** A vCPU of its own for each table: after its first KVM_RUN a vCPU keeps the CPUID it has. */
function observe(
  { vm, libc, memory, runBytes, note }: Guest,
  id: number,
  table: readonly CpuidEntry[],
  what: string,
): Result<CpuidObservation, KvmError> {
  const created = vm.createVcpu(id);
  if (!created.ok) return created;
  using vcpu = created.value;
  const set = vcpu.entries(KVM_SET_CPUID2, table, what);
  if (!set.ok) return set;
  const mapping = vcpu.mapRun(runBytes);
  if (!mapping.ok) return mapping;
  const leaves = table.map((entry) => ({ leaf: entry.function, subleaf: entry.index }));
  load(memory, leaves);
  note(`KVM_RUN: a guest that reads CPUID (${what})`);
  const ended = run(vcpu, leaves.length, mapping.value);
  libc.munmap(mapping.value);
  if (!ended.ok) return ended;
  return ok({ ended: ended.value, differs: ended.value === 'halted' ? differences(table, memory) : [] });
}

/** A call that failed is how the guest ended: the other table's observation stands by itself. */
function observed(result: Result<CpuidObservation, KvmError>): CpuidObservation {
  return result.ok ? result.value : { ended: `${result.error.call}: ${result.error.errnoName}`, differs: [] };
}

function differences(table: readonly CpuidEntry[], memory: Mapping): CpuidDifference[] {
  const leaves = table.map((entry) => ({ leaf: entry.function, subleaf: entry.index }));
  return results(memory, leaves).flatMap((reads, row) =>
    CPUID_REGISTERS.flatMap((register) => {
      const wrote = table[row]?.[register] ?? 0;
      if (wrote === reads[register]) return [];
      return [{ word: cpuidWord(reads.leaf, reads.subleaf, register), wrote: hex(wrote), reads: hex(reads[register]) }];
    }),
  );
}

/**
 * Leaves 0, 0x40000000 and 0x80000000 hold the highest leaf of their range; below it a leaf reads as it was set.
 * 0x80000008 EAX holds the widths of addresses: with none, kernels up to 6.12 take no address of the local APIC.
 */
const KEPT: readonly number[] = [0x0, 0x4000_0000, 0x8000_0000, 0x8000_0008];

function clearedEntry(entry: CpuidEntry): CpuidEntry {
  const eax = KEPT.includes(entry.function) ? entry.eax : 0;
  return { ...entry, eax, ebx: 0, ecx: 0, edx: 0 };
}
