/** Calls that a guest's first KVM_RUN freezes, and some that it does not: made after a guest of one instruction has run. */
import {
  KVM_ENABLE_CAP,
  KVM_GET_CPUID2,
  KVM_GET_MSR_FEATURE_INDEX_LIST,
  KVM_SET_CPUID2,
  KVM_SET_PMU_EVENT_FILTER,
  KVM_SET_TSS_ADDR,
  KVM_X86_SET_MSR_FILTER,
  MAP_ANONYMOUS,
  MAP_PRIVATE,
  PROT_READ,
  PROT_WRITE,
} from '../../../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { OrderTrial, Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { CODE, GUEST_BYTES, TSS_ADDRESS, run } from '../cpuid-guest.ts';
import { baseTable, createWithCpuid } from '../fresh.ts';
import type { CpuidEntry, Fresh } from '../fresh.ts';
import { readMsrs, writeMsrs } from '../msr-batch.ts';

const RUN = 'KVM_RUN';
/** out 0x80, al: leaves the guest whether or not the kernel has the interrupt controller. */
const OUT = Uint8Array.of(0xe6, 0x80);
const LEFT = 'KVM_EXIT_IO';
const KVM_CAP_ENFORCE_PV_FEATURE_CPUID = 190;
/** KVM_MSR_FILTER_READ and KVM_MSR_FILTER_WRITE; IA32_ARCH_CAPABILITIES. */
const FILTER_BOTH = 3;
const FILTERED = 0x10a;
/** IA32_BIOS_SIGN_ID, the microcode's revision: a feature MSR that may change while the guest runs (do_set_msr). */
const MICROCODE = 0x8b;

/** Gives how the guest ended; where it did not leave as it should, there are no trials. */
export function afterRun(context: StepContext, trials: OrderTrials): Result<string, KvmError> {
  const { kvm, libc, note } = context;
  const runBytes = kvm.vcpuMmapSize();
  if (!runBytes.ok) return runBytes;
  const memory = libc.mmap(GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory === null) return ok('no memory for the guest');
  // Undone in reverse: the VM goes before its memory.
  using cleanup = new DisposableStack();
  cleanup.defer(() => void libc.munmap(memory));
  const table = baseTable(kvm);
  if (!table.ok) return table;
  const created = createWithCpuid(kvm, (vm) => {
    const tss = vm.integer(KVM_SET_TSS_ADDR, TSS_ADDRESS);
    return tss.ok ? vm.setMemory(0, 0n, memory) : tss;
  });
  if (!created.ok) return created;
  const fresh = cleanup.use(created.value);
  const feature = changeableFeature(context, fresh.vcpu);
  if (!feature.ok) return feature;
  new Uint8Array(memory.memory).set(OUT, CODE);
  const mapping = fresh.vcpu.mapRun(runBytes.value);
  if (!mapping.ok) return mapping;
  note('KVM_RUN: a guest of one instruction');
  const ended = run(fresh.vcpu, 0, mapping.value);
  libc.munmap(mapping.value);
  if (!ended.ok || ended.value !== LEFT) return ended;
  cpuidTrials(fresh.vcpu, table.value, trials);
  if (feature.value !== null) featureTrials(fresh.vcpu, feature.value, trials);
  lateTrials(context, fresh, trials);
  return ended;
}

function cpuidTrials(vcpu: Vcpu, table: readonly CpuidEntry[], trials: OrderTrials): void {
  const rule = 'x86/cpuid';
  trials.tried(rule, [RUN, 'KVM_SET_CPUID2 with the same table'], vcpu.entries(KVM_SET_CPUID2, table));
  // RDRAND: a bit on which nothing else in KVM depends.
  const other = table.map((entry) => (entry.function === 1 ? { ...entry, ecx: (entry.ecx ^ (1 << 30)) >>> 0 } : entry));
  const calls = [RUN, 'KVM_SET_CPUID2 with RDRAND changed'];
  const done = vcpu.entries(KVM_SET_CPUID2, other);
  if (!done.ok) return trials.tried(rule, calls, done);
  const reads = vcpu.entries(KVM_GET_CPUID2, other);
  const leaf = (entries: readonly CpuidEntry[]): number | undefined => entries.find((row) => row.function === 1)?.ecx;
  // OSXSAVE in the same register follows CR4, so RDRAND alone is compared.
  const shows = reads.ok && (((leaf(reads.value.entries) ?? 0) ^ (leaf(other) ?? 0)) & (1 << 30)) === 0;
  trials.seen(rule, [...calls, 'KVM_GET_CPUID2'], shows ? 'taken' : 'ignored');
}

interface Feature {
  readonly index: number;
  readonly value: bigint;
  readonly other: bigint;
}

/** The first feature MSR that can be given another value: without its lowest bit, or with bit 0. It is put back. */
function changeableFeature({ kvm }: StepContext, vcpu: Vcpu): Result<Feature | null, KvmError> {
  const listed = kvm.list(KVM_GET_MSR_FEATURE_INDEX_LIST);
  if (!listed.ok) return listed;
  const indexes = listed.value.map(({ index }) => index).filter((index) => index !== MICROCODE);
  const values = readMsrs(vcpu, indexes);
  if (!values.ok) return values;
  for (const [at, index] of indexes.entries()) {
    const value = values.value[at] ?? null;
    if (value === null) continue;
    const other = value === 0n ? 1n : value & (value - 1n);
    const accepted = unwrap(writeMsrs(vcpu, [{ index, data: other }]))[0] === true;
    const [reads] = accepted ? unwrap(readMsrs(vcpu, [index])) : [];
    if (accepted) writeMsrs(vcpu, [{ index, data: value }]);
    if (reads === other) return ok({ index, value, other });
  }
  return ok(null);
}

function unwrap<T>(result: Result<readonly T[], KvmError>): readonly T[] {
  return result.ok ? result.value : [];
}

function featureTrials(vcpu: Vcpu, { index, value, other }: Feature, trials: OrderTrials): void {
  const attempt = (what: string, data: bigint): void => {
    const accepted = unwrap(writeMsrs(vcpu, [{ index, data }]))[0] === true;
    const [reads] = unwrap(readMsrs(vcpu, [index]));
    const outcome: OrderTrial['outcome'] = !accepted ? 'refused' : reads === data ? 'taken' : 'ignored';
    trials.seen('x86/feature-msrs', [RUN, `KVM_SET_MSRS with ${what} value`], outcome, { of: [hex(index)] });
  };
  attempt('the same', value);
  attempt('another', other);
}

function lateTrials({ scratch }: StepContext, { vm, vcpu }: Fresh, trials: OrderTrials): void {
  scratch.view.setBigUint64(0, 0n, true);
  const range = { rangeFlags: FILTER_BOTH, nmsrs: 1, base: FILTERED, bitmap: scratch.address };
  trials.tried('x86/msr-filter', [RUN, 'KVM_X86_SET_MSR_FILTER'], vm.struct(KVM_X86_SET_MSR_FILTER, range));
  const events = vm.structReturning(KVM_SET_PMU_EVENT_FILTER, { action: 1, nevents: 0 });
  trials.tried('x86/pmu-event-filter', [RUN, 'KVM_SET_PMU_EVENT_FILTER'], events);
  const enforce = vcpu.structReturning(KVM_ENABLE_CAP, { cap: KVM_CAP_ENFORCE_PV_FEATURE_CPUID, arg0: 1n });
  trials.tried('x86/vcpu-switches', [RUN, 'KVM_ENABLE_CAP(KVM_CAP_ENFORCE_PV_FEATURE_CPUID, 0x1)'], enforce);
}
