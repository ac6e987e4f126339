/** What judging one unit of a contract gives: how many elements are the same, and a finding for each that is not. */
import type { ElementPath, Level, Rejection, Setting, WordPath } from '../model/index.ts';

export type Rule =
  | 'shown-by-default'
  | 'settable'
  | 'not-measured'
  | 'not-readable'
  | 'not-captured'
  | 'latitude-unknown'
  | 'value-varies'
  | 'feature-missing'
  | 'feature-not-maskable'
  | 'value-not-settable'
  | 'register-missing'
  | 'state-missing'
  | 'state-not-taken'
  | 'destination-only'
  | 'incomparable';

export interface Judgement {
  readonly level: Level;
  /** A stable code; see `docs/verdicts.md`. */
  readonly rule: Rule;
  readonly text: string;
  /** What the host does with the write that would be needed, where that decided. */
  readonly cause?: Rejection;
}

export interface Finding extends Judgement {
  readonly element: ElementPath;
  readonly area: string;
  /** Null where it is about a whole area or the whole host. */
  readonly word: WordPath | null;
  readonly promised: bigint | null;
  readonly shows: bigint | null;
  /** JSON pointer into the destination's surface. */
  readonly pointer: string | null;
  readonly setting: Setting | null;
}

export interface Findings {
  readonly same: number;
  readonly found: readonly Finding[];
}

export const NOTHING: Findings = { same: 0, found: [] };

export function same(count: number): Findings {
  return { same: count, found: [] };
}

/** A finding about a whole area of the machine, or about the host. */
export function ofArea(area: string, judgement: Judgement): Findings {
  return {
    same: 0,
    found: [
      { ...judgement, element: area, area, word: null, promised: null, shows: null, pointer: null, setting: null },
    ],
  };
}
