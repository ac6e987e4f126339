/** A behaviour test as a program: what a row of `arch/x86/tables/behaviours.ts` says in words. */
import type { KvmError } from '../../../kvm/index.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Hex, Result } from '../../../model/index.ts';
import { runTable } from '../index.ts';
import type { GuestOperation, GuestOutcome, Mode, TableOptions } from '../index.ts';
import type { Bench, Needs } from './bench.ts';

/** What came of it; `outcome` is one of the row's names. */
export type Came =
  | { readonly outcome: string; readonly reads?: readonly Hex[] }
  | { readonly outcome: null; readonly why: string; readonly reads?: readonly Hex[] };

export interface BehaviourTest {
  readonly id: string;
  readonly needs: Needs;
  /** Modes in which it can be run. */
  readonly modes: readonly Mode[];
  readonly run: (bench: Bench) => Result<Came, KvmError>;
}

export const ANY_MODE: readonly Mode[] = ['long', 'real'];
export const LONG_MODE: readonly Mode[] = ['long'];
export const PLAIN: Needs = { irqchip: 'kernel', vcpu: 0 };

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
  const run = runTable(guest, operations, { deadline: 2000, ...options });
  if (!run.ok) return run;
  const { ended, outcomes, taken } = run.value;
  return ok(ended === 'finished' ? decide(outcomes, taken) : undecided(`the guest ended with ${ended}`));
}

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
