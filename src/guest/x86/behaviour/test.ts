/** A behaviour test as a program: what a row of `arch/x86/tables/behaviours.ts` says in words. */
import type { KvmError } from '../../../kvm/index.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Hex, Result } from '../../../model/index.ts';
import { runTable } from '../index.ts';
import type { GuestOperation, GuestOutcome, Mode, TableOptions } from '../index.ts';
import type { Bench, CpuidEntry, Needs } from './bench.ts';

/** What came of it; `outcome` is one of the row's names. */
export type Came =
  | { readonly outcome: string; readonly reads?: readonly Hex[] }
  | { readonly outcome: null; readonly why: string; readonly reads?: readonly Hex[] };

export interface BehaviourTest {
  readonly id: string;
  readonly needs: Needs;
  /** Of what `needs.cpuid` hides, what this test is about; left out: all of it. */
  readonly hides?: NonNullable<Needs['cpuid']>;
  /** Modes in which it can be run. */
  readonly modes: readonly Mode[];
  readonly run: (bench: Bench) => Result<Came, KvmError>;
}

export const ANY_MODE: readonly Mode[] = ['long', 'real'];
export const LONG_MODE: readonly Mode[] = ['long'];
export const PLAIN: Needs = { irqchip: 'kernel', vcpu: 0 };

const without =
  (leaf: number, register: 'ecx' | 'edx', bit: number): NonNullable<Needs['cpuid']> =>
  (entry) =>
    entry.function === leaf ? { ...entry, [register]: entry[register] & ~(1 << bit) } : entry;

/** MONITOR, PDCM and 1 GiB pages (Intel SDM volume 2, CPUID leaf 1; AMD APM volume 3, CPUID 0x80000001). */
export const WITHOUT_MONITOR: NonNullable<Needs['cpuid']> = without(1, 'ecx', 3);
export const WITHOUT_PDCM: NonNullable<Needs['cpuid']> = without(1, 'ecx', 15);
export const WITHOUT_GBPAGES: NonNullable<Needs['cpuid']> = without(0x8000_0001, 'edx', 26);

/** One machine for the tests of what CPUID hides. */
export const HIDDEN: Needs = {
  ...PLAIN,
  cpuid: (entry: CpuidEntry) =>
    [WITHOUT_MONITOR, WITHOUT_PDCM, WITHOUT_GBPAGES].reduce((left, hide) => hide(left), entry),
};

export const came = (outcome: string, ...reads: readonly bigint[]): Came => ({
  outcome,
  ...(reads.length === 0 ? {} : { reads: reads.map((value) => hex(value)) }),
});
export const undecided = (why: string, ...reads: readonly bigint[]): Came => ({
  outcome: null,
  why,
  ...(reads.length === 0 ? {} : { reads: reads.map((value) => hex(value)) }),
});

/** #DB, #UD, #GP and #PF (Intel SDM volume 3, table 7-1). */
export const VECTOR = { db: 1, ud: 6, gp: 13, pf: 14 } as const;

/**
 * One table on the bench; `decide` sees an outcome for each operation, and how often each vector was taken. A guest that
 * did not get to its end says how.
 */
export function tried(
  { guest }: Bench,
  operations: readonly GuestOperation[],
  options: TableOptions,
  decide: (outcomes: readonly GuestOutcome[], taken: ReadonlyMap<number, number>) => Came,
): Result<Came, KvmError> {
  const run = runTable(guest, operations, { deadline: DEADLINE, patience: PATIENCE, ...options });
  if (!run.ok) return run;
  const { ended, outcomes, taken } = run.value;
  return ok(ended === 'finished' ? decide(outcomes, taken) : undecided(`the guest ended with ${ended}`));
}

/** Milliseconds for a table and for one operation of it; emulated machines share their host with others. */
const DEADLINE = 8000;
const PATIENCE = 2000;

/** A value of an operation, or null where it came to none. */
export function valueOf(outcome: GuestOutcome | undefined, index: number = 0): bigint | null {
  return outcome?.outcome === 'values' ? (outcome.values[index] ?? null) : null;
}

/** The vector of an operation that faulted, or null. */
export function faultOf(outcome: GuestOutcome | undefined): number | null {
  return outcome?.outcome === 'fault' ? outcome.vector : null;
}

/** What an operation came to that has no value, for people. */
export function said(outcome: GuestOutcome | undefined): string {
  switch (outcome?.outcome) {
    case undefined:
      return 'no such operation';
    case 'values':
      return 'values';
    case 'fault':
      return `exception ${outcome.vector}`;
    case 'exit':
      return outcome.exit;
    case 'impossible':
      return outcome.why;
    case 'unfinished':
    case 'not-reached':
      return outcome.outcome;
  }
}
