/** Runs every behaviour test on one machine. */
import { describeExit } from '../../exit.ts';
import type { Exit } from '../../exit.ts';
import type { Outcome } from '../mailbox.ts';
import type { GuestOperation } from '../operation.ts';
import { a64, code } from '../index.ts';
import type { Ended, TableResult } from '../index.ts';
import { NOWHERE } from './frames.ts';
import { CLASS, describeOutcome } from './outcome.ts';
import type { Judged } from './outcome.ts';
import { PROGRAMS } from './programs.ts';

/** What came of a test, and the values that it was read off: none where they differ from run to run. */
export interface Tested {
  readonly judged: Judged;
  readonly reads: readonly bigint[];
}

export type RunTable = (operations: readonly GuestOperation[]) => TableResult;

/** Every test by its id. Two tables: the last test ends its guest. */
export function runBehaviours(run: RunTable): ReadonlyMap<string, Tested> {
  const { outcomes } = run(PROGRAMS.flatMap(({ operations }) => operations));
  const judged = new Map<string, Tested>();
  let at = 0;
  for (const { id, operations, judge, varies } of PROGRAMS) {
    const own = outcomes.slice(at, at + operations.length);
    judged.set(id, { judged: judge(own), reads: varies === true ? [] : own.flatMap(valuesRead) });
    at += operations.length;
  }
  return judged.set('mmio/no-syndrome', { judged: noSyndrome(run), reads: [] });
}

/** Of a call x0, and what follows as far as it is not 0. */
function valuesRead(outcome: Outcome): readonly bigint[] {
  if (outcome.kind !== 'values') return [];
  const last = outcome.values.findLastIndex((value) => value !== 0n);
  return outcome.values.slice(0, Math.max(1, last + 1));
}

/** LDP from where nothing is: the CPU reports the abort without saying which registers are loaded (ISV 0). */
function noSyndrome(run: RunTable): Judged {
  const { ended, outcomes } = run([code(2, () => [...a64.mov(20, NOWHERE), a64.ldp(0, 1, 20)])]);
  if (ended.how === 'error' && ended.what === 'KVM_RUN: ENOSYS') return 'run-fails';
  if (ended.how === 'exit' && ended.what.startsWith(NO_SYNDROME)) return 'vmm-asked';
  const [outcome] = outcomes;
  if (outcome?.kind === 'fault' && outcome.exceptionClass === CLASS.dataAbort) return 'external-abort';
  return { why: `${describeEnd(ended)}; ${outcome === undefined ? '' : describeOutcome(outcome)}` };
}

const NO_SYNDROME_EXIT: Exit = { reason: 'no-syndrome', iss: 0n, address: 0n };
const NO_SYNDROME = describeExit(NO_SYNDROME_EXIT).split(' ')[0] ?? '';

export function describeEnd(ended: Ended): string {
  switch (ended.how) {
    case 'done':
      return 'it came to its end';
    case 'deadline':
      return 'it did not come to its end in time';
    case 'exit':
    case 'error':
      return ended.what;
  }
}
