/**
 * Every MSR that KVM says a VMM must save and restore (KVM_GET_MSR_INDEX_LIST): its value on a fresh vCPU before and
 * after it was given the supported CPUID table, and whether the value is taken back, as a restore would write it.
 */
import { KVM_GET_MSR_INDEX_LIST, KVM_SET_CPUID2 } from '../../../kvm/index.ts';
import type { KvmError, Vcpu } from '../../../kvm/index.ts';
import type { MsrData, MsrRow } from '../../../arch/x86/sections.ts';
import { SAVED_MSRS } from '../../../arch/x86/tables/saved-msrs.ts';
import { VOLATILE_MSRS } from '../../../arch/x86/volatile.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { baseTable, createFresh } from './fresh.ts';
import { readMsrs, writeMsrs } from './msr-batch.ts';
import { tryBits } from './msr-bits.ts';

const ALL_ONES = (1n << 64n) - 1n;

export const msr: Step = {
  name: 'msr',
  architecture: 'x86_64',
  seconds: 20,
  run({ kvm, note }) {
    const listed = kvm.list(KVM_GET_MSR_INDEX_LIST, 256);
    if (!listed.ok) return failed(listed.error);
    const table = baseTable(kvm);
    if (!table.ok) return failed(table.error);
    const created = createFresh(kvm);
    if (!created.ok) return failed(created.error);
    using fresh = created.value;
    const { vcpu } = fresh;
    const indexes = listed.value.map(({ index }) => index);

    const before = readMsrs(vcpu, indexes);
    if (!before.ok) return failed(before.error);
    const set = vcpu.entries(KVM_SET_CPUID2, table.value, 'supported table');
    if (!set.ok) return failed(set.error);
    const after = readMsrs(vcpu, indexes);
    if (!after.ok) return failed(after.error);

    note('writing back');
    const written = writeBack(vcpu, indexes, after.value);
    if (!written.ok) return failed(written.error);

    note('MSRs that only other kernels list');
    const others = SAVED_MSRS.filter((index) => !indexes.includes(index));
    const unlisted = readMsrs(vcpu, others);
    if (!unlisted.ok) return failed(unlisted.error);
    const rewritten = writeBack(vcpu, others, unlisted.value);
    if (!rewritten.ok) return failed(rewritten.error);

    const rows: MsrRow[] = [];
    for (const [at, index] of others.entries()) {
      const value = unlisted.value[at] ?? null;
      if (value === null) continue;
      const write = rewritten.value.get(index);
      // A saved state may hold another value than a fresh vCPU has.
      const bits = write === 'refused' || VOLATILE_MSRS.has(index) ? null : tryBits(vcpu, index, value);
      if (bits?.ok === false) return failed(bits.error);
      const tried = bits === null ? {} : { takes: hex(bits.value.takes), ignored: hex(bits.value.ignored) };
      rows.push({ ...row(index, value, value, write), ...tried });
    }

    note('MSRs that hold nothing, or only 0');
    const holds = whatZeroesHold(vcpu, indexes, after.value);
    if (!holds.ok) return failed(holds.error);

    const data: MsrData = {
      list: indexes.map((index, at) => ({
        ...row(index, before.value[at] ?? null, after.value[at] ?? null, written.value.get(index)),
        ...holdsOf(holds.value.get(index)),
      })),
      unlisted: rows,
      asked: others.length,
    };
    return measured(data);
  },
};

/** Writes each value that was read once more, and says what came of it, by index. */
function writeBack(
  vcpu: Vcpu,
  indexes: readonly number[],
  values: readonly (bigint | null)[],
): Result<ReadonlyMap<number, MsrRow['write']>, KvmError> {
  const readable = indexes.flatMap((index, at) => {
    const data = values[at] ?? null;
    return data === null ? [] : [{ index, data }];
  });
  const written = writeMsrs(vcpu, readable);
  if (!written.ok) return written;
  const again = readMsrs(
    vcpu,
    readable.map(({ index }) => index),
  );
  if (!again.ok) return again;
  return ok(
    new Map(
      readable.map(({ index, data }, at): [number, MsrRow['write']] => {
        const reads = again.value[at] ?? null;
        if (written.value[at] !== true) return [index, 'refused'];
        return [index, reads === data || reads === null ? undefined : hex(reads)];
      }),
    ),
  );
}

/**
 * Some kernels list MSRs of units that the guest does not have: a write goes nowhere and they read 0, or each is refused
 * but that of 0. Of those that refuse all ones, which may be for their reserved bits, each bit is tried.
 */
function whatZeroesHold(
  vcpu: Vcpu,
  indexes: readonly number[],
  values: readonly (bigint | null)[],
): Result<ReadonlyMap<number, NonNullable<MsrRow['holds']>>, KvmError> {
  const zero = indexes.filter((index, at) => values[at] === 0n && !VOLATILE_MSRS.has(index));
  const ones = writeMsrs(
    vcpu,
    zero.map((index) => ({ index, data: ALL_ONES })),
  );
  if (!ones.ok) return ones;
  const reads = readMsrs(vcpu, zero);
  if (!reads.ok) return reads;
  const restored = writeMsrs(
    vcpu,
    zero.map((index) => ({ index, data: 0n })),
  );
  if (!restored.ok) return restored;
  const holds = new Map<number, NonNullable<MsrRow['holds']>>();
  for (const [at, index] of zero.entries()) {
    if (ones.value[at] === true) {
      if (reads.value[at] === 0n) holds.set(index, 'nothing');
      continue;
    }
    if (needsMore(index)) continue;
    const bits = tryBits(vcpu, index, 0n);
    if (!bits.ok) return bits;
    if (bits.value.takes === 0n) holds.set(index, bits.value.ignored === 0n ? 'zero' : 'nothing');
  }
  return ok(holds);
}

/**
 * What is refused here may be taken on another VM: Hyper-V's and KVM's own MSRs want services that a VMM enables, an interrupt
 * controller or guest memory, and IA32_MCG_CTL the banks of KVM_X86_SETUP_MCE.
 */
function needsMore(index: number): boolean {
  const page = index >>> 16;
  return page === 0x4000 || page === 0x4b56 || index === 0x17b;
}

function holdsOf(holds: MsrRow['holds']): Pick<MsrRow, 'holds'> {
  return holds === undefined ? {} : { holds };
}

function row(index: number, before: bigint | null, after: bigint | null, write: MsrRow['write']): MsrRow {
  return {
    index: hex(index),
    ...(before === after ? {} : { fresh: before === null ? null : hex(before) }),
    value: after === null ? null : hex(after),
    ...(write === undefined ? {} : { write }),
  };
}
