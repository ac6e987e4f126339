/** What a plan that was carried out says of a contract, element by element. The file is `evenkeel.verification/1`. */
import type { ElementPath } from './element.ts';

export const VERIFICATION_FORMAT = 'evenkeel.verification/1';

export const OUTCOMES = ['taken', 'default', 'unreadable', 'unproved', 'refused', 'ignored', 'differs'] as const;

/**
 * `taken`: it was set, and reads as promised. `default`: the host shows it without being asked. `unreadable`: it was set,
 * and KVM has no call that reads it. `unproved`: it reads as promised, and on this host that proves nothing. `refused`:
 * the call failed. `ignored`: the call succeeded, and it reads otherwise, or KVM does not support what it reads.
 * `differs`: it reads otherwise, and there was nothing to call.
 */
export type Outcome = (typeof OUTCOMES)[number];

export interface ElementResult {
  /** Where the whole word does not read, the path of the word. */
  readonly element: ElementPath;
  readonly outcome: Outcome;
  readonly promised: bigint;
  /** Null where it could not be read. */
  readonly reads: bigint | null;
  /** For people: the call and its errno, or why it is no proof. Empty where nothing is to be said. */
  readonly text: string;
}

export interface Verification {
  /** `yes`: every element was taken or is the default. `unknown`: nothing is wrong, and some could not be decided. */
  readonly honoured: 'yes' | 'no' | 'unknown';
  readonly counts: Readonly<Record<Outcome, number>>;
  /** All elements that are not as the host shows them by default. */
  readonly elements: readonly ElementResult[];
}

/** Worst last, as a fold over elements needs it. */
export function honouredBy(outcome: Outcome): Verification['honoured'] {
  switch (outcome) {
    case 'taken':
    case 'default':
      return 'yes';
    case 'unreadable':
    case 'unproved':
      return 'unknown';
    case 'refused':
    case 'ignored':
    case 'differs':
      return 'no';
  }
}
