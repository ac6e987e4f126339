/** What came of a test's operations, in the words of the table of behaviours. */
import type { Outcome } from '../mailbox.ts';

/** An outcome's name, or why there is none. */
export type Judged = string | { readonly why: string };

/** ESR_EL1.EC (Arm ARM D19.2.40). */
export const CLASS = { unknown: 0x00, sve: 0x19, trappedRegister: 0x18, dataAbort: 0x25 } as const;

/** As people read it. */
export function describeOutcome(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'not-reached':
      return 'the guest did not come to it';
    case 'begun':
      return 'the guest ended in it';
    case 'values':
      return outcome.values.map((value) => `0x${value.toString(16)}`).join(' ');
    case 'fault':
      return faultName(outcome.exception, outcome.exceptionClass);
  }
}

export function faultName(exception: string, exceptionClass: number): string {
  if (exception !== 'synchronous') return exception;
  switch (exceptionClass) {
    case CLASS.unknown:
      return 'undefined';
    case CLASS.trappedRegister:
      return 'trapped';
    case CLASS.dataAbort:
      return 'data abort';
    default:
      return `exception class 0x${exceptionClass.toString(16)}`;
  }
}

/** One value of an operation, or null where it gave none. */
export function valueOf(outcome: Outcome | undefined, index: number = 0): bigint | null {
  return outcome?.kind === 'values' ? (outcome.values[index] ?? null) : null;
}

/** Whether a register is there, and whether it reads as zero. */
export function availability(outcome: Outcome | undefined): Judged {
  const value = valueOf(outcome);
  if (value !== null) return value === 0n ? 'zero' : 'value';
  return absence(outcome);
}

/** Whether an instruction runs. */
export function instruction(outcome: Outcome | undefined): Judged {
  return outcome?.kind === 'values' ? 'runs' : absence(outcome);
}

function absence(outcome: Outcome | undefined): Judged {
  if (outcome === undefined) return { why: 'nothing was tried' };
  if (outcome.kind === 'fault' && outcome.exception === 'synchronous') {
    if (outcome.exceptionClass === CLASS.unknown) return 'undefined';
    if (outcome.exceptionClass === CLASS.trappedRegister || outcome.exceptionClass === CLASS.sve) return 'trapped';
  }
  return { why: describeOutcome(outcome) };
}

/** For tests that need values of every operation, or of those that are looked at. */
export function unlessFaulted(
  outcomes: readonly Outcome[],
  judge: (values: readonly bigint[]) => Judged,
  undefinedAs: string | null = null,
): Judged {
  const values: bigint[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind === 'values') values.push(...outcome.values);
    else
      return undefinedAs !== null && absence(outcome) === 'undefined' ? undefinedAs : { why: describeOutcome(outcome) };
  }
  return judge(values);
}

/** x0 of a call: a 32-bit -1 or a 64-bit one (SMCCC, NOT_SUPPORTED). */
export function isNotSupported(x0: bigint): boolean {
  return BigInt.asIntN(32, x0) === -1n;
}

export function callOutcome(outcome: Outcome | undefined): Judged {
  const x0 = valueOf(outcome);
  if (x0 === null) return { why: outcome === undefined ? 'nothing was tried' : describeOutcome(outcome) };
  return isNotSupported(x0) ? 'not-supported' : 'offered';
}
