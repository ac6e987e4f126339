/** What a guest reads of CPUID, XCR0 and MSRs, and which bits of its control registers it can change. */
import type { ObservedBits, ObservedData, ObservedLeaf, ObservedMsr } from '../../../../arch/x86/observed-sections.ts';
import { CPUID_REGISTERS, cpuidWord } from '../../../../arch/x86/paths.ts';
import { OBSERVED_MSRS } from '../../../../arch/x86/tables/observed-msrs.ts';
import { SAVED_MSRS } from '../../../../arch/x86/tables/saved-msrs.ts';
import { flippedBits, readCpuid, readGuestMsrs } from '../../../../guest/x86/observe/index.ts';
import type { BitsRegister, CpuidKey, CpuidRead } from '../../../../guest/x86/observe/index.ts';
import { INITIAL, PAGE_TABLES, runTable } from '../../../../guest/x86/index.ts';
import type { GuestOperation, GuestOutcome, X86Guest } from '../../../../guest/x86/index.ts';
import { KVM_GET_MSR_FEATURE_INDEX_LIST, KVM_GET_MSR_INDEX_LIST, KVM_GET_XCRS } from '../../../../kvm/index.ts';
import type { Kvm, KvmError, Vcpu } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { CpuidEntry } from '../fresh.ts';

/** So many operations fit a program in either mode. */
const CHUNK = 100;

/** One operation for each: for real mode, and where a loop did not come to its end. */
function oneByOne(guest: X86Guest, operations: readonly GuestOperation[]): Result<GuestOutcome[], KvmError> {
  const outcomes: GuestOutcome[] = [];
  for (let first = 0; first < operations.length; first += CHUNK) {
    const run = runTable(guest, operations.slice(first, first + CHUNK));
    if (!run.ok) return run;
    outcomes.push(...run.value.outcomes);
  }
  return ok(outcomes);
}

export function cpuidOf(guest: X86Guest, keys: readonly CpuidKey[]): Result<CpuidRead[] | null, KvmError> {
  const swept = guest.mode === 'long' ? readCpuid(guest, keys) : ok(null);
  if (!swept.ok || swept.value !== null) return swept;
  const each = oneByOne(
    guest,
    keys.map((key) => ({ do: 'cpuid', ...key })),
  );
  if (!each.ok) return each;
  const reads = each.value.flatMap((outcome, at): CpuidRead[] => {
    const key = keys[at];
    if (outcome.outcome !== 'values' || key === undefined) return [];
    const [eax = 0, ebx = 0, ecx = 0, edx = 0] = outcome.values.map(Number);
    return [{ ...key, eax, ebx, ecx, edx }];
  });
  return ok(reads.length === keys.length ? reads : null);
}

/** Leaf 7's and 0xD's and the like have subleaves that the table does not have: one behind the last of each. */
function beside(table: readonly CpuidEntry[]): CpuidKey[] {
  const lasts = new Map<number, number>();
  for (const { function: leaf, index, flags } of table) if ((flags & 1) !== 0) lasts.set(leaf, index);
  const has = new Set(table.map((entry) => entry.function));
  const ranges = [0x0, 0x4000_0000, 0x8000_0000].flatMap((first) => {
    const last = table.find((entry) => entry.function === first)?.eax;
    return last === undefined ? [] : [(last + 1) >>> 0];
  });
  return [
    ...[...lasts].map(([leaf, last]) => ({ leaf, subleaf: last + 1 })),
    ...[...ranges, 0x4000_0100, 0x8086_0000, 0xc000_0000, 0x2000_0000]
      .filter((leaf) => !has.has(leaf))
      .map((leaf) => ({ leaf, subleaf: 0 })),
  ];
}

/** What was set is `table`; leaf 0x40000000 and others that KVM fills by itself are in it too. */
export function observeCpuid(guest: X86Guest, table: readonly CpuidEntry[]): Result<ObservedData['cpuid'], KvmError> {
  const keys = table.map(({ function: leaf, index: subleaf }) => ({ leaf, subleaf }));
  const read = cpuidOf(guest, [...keys, ...beside(table)]);
  if (!read.ok || read.value === null) return read.ok ? ok(null) : read;
  const differs = table.flatMap((entry, at) =>
    CPUID_REGISTERS.flatMap((register) => {
      const [wrote, reads] = [entry[register] >>> 0, (read.value?.[at]?.[register] ?? 0) >>> 0];
      if (wrote === reads) return [];
      return [{ word: cpuidWord(entry.function, entry.index, register), wrote: hex(wrote), reads: hex(reads) }];
    }),
  );
  const empty = ({ eax, ebx, ecx, edx }: CpuidRead): boolean => (eax | ebx | ecx | edx) === 0;
  const besides = read.value.slice(keys.length).filter((leaf) => !empty(leaf));
  const beyond = besides.map(({ leaf, subleaf, eax, ebx, ecx, edx }): ObservedLeaf => ({
    leaf: hex(leaf),
    subleaf: hex(subleaf),
    eax: hex(eax),
    ebx: hex(ebx),
    ecx: hex(ecx),
    edx: hex(edx),
  }));
  return ok({ leaves: keys.length, differs, asked: read.value.length - keys.length, beyond });
}

/** All that this kernel lists, all that others list, and what operating systems look at; ascending. */
export function msrsToRead(kvm: Kvm): Result<number[], KvmError> {
  const listed = kvm.list(KVM_GET_MSR_INDEX_LIST, 256);
  if (!listed.ok) return listed;
  const features = kvm.list(KVM_GET_MSR_FEATURE_INDEX_LIST);
  const indexes = [...listed.value, ...(features.ok ? features.value : [])].map(({ index }) => index);
  return ok([...new Set([...indexes, ...SAVED_MSRS, ...OBSERVED_MSRS])].toSorted((a, b) => a - b));
}

const EXCEPTIONS: Readonly<Record<number, string>> = { 6: '#UD', 13: '#GP', 14: '#PF' };

/** As the manuals call an exception. */
export function exceptionText(vector: number): string {
  return EXCEPTIONS[vector] ?? `exception ${vector}`;
}

export function observeMsrs(guest: X86Guest, indexes: readonly number[]): Result<ObservedMsr[], KvmError> {
  const swept = guest.mode === 'long' ? readGuestMsrs(guest, indexes) : ok(null);
  if (!swept.ok) return swept;
  if (swept.value !== null) {
    return ok(
      swept.value.map(({ key, value }) => ({
        index: hex(key),
        ...(value === null ? { fault: '#GP' } : { value: hex(value) }),
      })),
    );
  }
  const each = oneByOne(
    guest,
    indexes.map((index) => ({ do: 'rdmsr', index })),
  );
  if (!each.ok) return each;
  return ok(
    each.value.flatMap((outcome, at): ObservedMsr[] => {
      const index = hex(indexes[at] ?? 0);
      if (outcome.outcome === 'values') return [{ index, value: hex(outcome.values[0] ?? 0n) }];
      return outcome.outcome === 'fault' ? [{ index, fault: exceptionText(outcome.vector) }] : [];
    }),
  );
}

const CR4_OSXSAVE = 1n << 18n;

/**
 * XGETBV, then XSETBV of all that leaf 0xD lists, then XGETBV behind a CPUID, which leaves the guest: an emulated CPU
 * that does not intercept XSETBV (QEMU's TCG) shows the value until then, and KVM never hears of it.
 */
export function observeXcr0(
  vcpu: Vcpu,
  guest: X86Guest,
  table: readonly CpuidEntry[],
): Result<ObservedData['xcr0'] | string, KvmError> {
  const leaf = table.find((entry) => entry.function === 0xd && entry.index === 0);
  if (leaf === undefined) return ok('the guest has no leaf 0xD');
  const supported = (BigInt(leaf.edx >>> 0) << 32n) | BigInt(leaf.eax >>> 0);
  let noted: bigint | null = null;
  const operations: GuestOperation[] = [
    { do: 'write-control', register: 'cr4', value: INITIAL[guest.mode].cr4 | CR4_OSXSAVE },
    { do: 'xgetbv', index: 0 },
    { do: 'xsetbv', index: 0, value: supported },
    { do: 'cpuid', leaf: 0, subleaf: 0 },
    { do: 'xgetbv', index: 0 },
    { do: 'host', token: 0 },
    { do: 'xsetbv', index: 0, value: 1n },
  ];
  const run = runTable(guest, operations, {
    onHost() {
      const xcrs = vcpu.struct(KVM_GET_XCRS, {});
      if (xcrs.ok) noted = xcrs.value.value;
    },
  });
  if (!run.ok) return run;
  const [, before, set, , after] = run.value.outcomes;
  if (before?.outcome !== 'values' || after?.outcome !== 'values') {
    return ok(`XGETBV: ${before?.outcome === 'exit' ? before.exit : (before?.outcome ?? 'not reached')}`);
  }
  const [initial = 0n, taken = 0n] = [before.values[0], after.values[0]];
  return ok({
    initial: hex(initial),
    supported: hex(supported),
    write: set?.outcome === 'fault' ? exceptionText(set.vector) : 'accepted',
    taken: hex(taken),
    noted: noted === null ? null : hex(noted),
  });
}

const EFER = 0xc000_0080;
const EFER_LMSLE = 1n << 13n;
const IA32_XSS = 0xda0;
const ALL = (1n << 64n) - 1n;
const without = (...bits: readonly bigint[]): bigint => bits.reduce((mask, bit) => mask & ~(1n << bit), ALL);

/**
 * Every bit but those that the guest runs by: CR0 PE and PG; CR4 PAE and LA57; EFER LME and LMA (Intel SDM volume 3, 2.5;
 * AMD APM volume 2, 3.1.7). Of EFER not LMSLE either: KVM takes it, and a CPU without it does not enter the guest again.
 */
const REGISTERS: readonly (readonly [name: string, register: BitsRegister, candidates: bigint])[] = [
  ['CR0', 'cr0', without(0n, 31n)],
  ['CR4', 'cr4', without(5n, 12n)],
  ['EFER', EFER, without(8n, 10n, 13n)],
  ['IA32_XSS', IA32_XSS, ALL],
];

/** Bit 2 of a paging entry: with SMEP or SMAP a guest in ring 0 must not run from pages of ring 3. */
const USER = 4n;

export function observeBits(
  guest: X86Guest,
): Result<{ readonly bits: ObservedBits[]; readonly missing: ObservedData['missing'] }, KvmError> {
  const operations = REGISTERS.map(([, register, candidates]) => flippedBits(register, candidates));
  const alone: GuestOperation = { do: 'wrmsr', index: EFER, value: INITIAL.long.efer | EFER_LMSLE };
  const run = runTable(guest, [{ do: 'host', token: 0 }, ...operations, alone], {
    onHost(_, { memory: { view } }) {
      view.setBigUint64(PAGE_TABLES, view.getBigUint64(PAGE_TABLES, true) & ~USER, true);
    },
  });
  if (!run.ok) return run;
  const outcomes = run.value.outcomes.slice(1, 1 + REGISTERS.length);
  const lmsle = run.value.outcomes.at(-1);
  const bits = outcomes.flatMap((outcome, at): ObservedBits[] => {
    const name = REGISTERS[at]?.[0];
    if (outcome.outcome !== 'values' || name === undefined) return [];
    const [initial = 0n, taken = 0n, ignored = 0n, faulted = 0n] = outcome.values;
    return [{ register: name, initial: hex(initial), taken: hex(taken), ignored: hex(ignored), faulted: hex(faulted) }];
  });
  const missing = outcomes.flatMap((outcome, at) => {
    if (outcome.outcome === 'values') return [];
    const why =
      outcome.outcome === 'fault'
        ? `it does not read: ${exceptionText(outcome.vector)}`
        : outcome.outcome === 'exit'
          ? outcome.exit
          : outcome.outcome;
    return [{ what: `bits of ${REGISTERS[at]?.[0] ?? ''}`, why }];
  });
  const fatal = lmsle?.outcome === 'exit' ? [{ what: 'a guest that sets EFER.LMSLE goes on', why: lmsle.exit }] : [];
  return ok({ bits, missing: [...missing, ...fatal] });
}
