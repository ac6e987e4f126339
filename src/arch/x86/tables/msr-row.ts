/** The rows of the tables of MSRs. */
import type { Comparison, Kind } from '../../../model/index.ts';

export type MsrField = readonly [
  shift: number,
  width: number,
  name: string,
  comparison: Comparison,
  description: string,
  /** Left out: the MSR's. */
  kind?: Kind,
];

/** An MSR that says what the guest's CPU can do. */
export interface FeatureMsr {
  readonly index: number;
  readonly kind: Extract<Kind, 'feature' | 'identity' | 'limit'>;
  /** How bits that have no name compare. */
  readonly rest: Comparison;
  /** The same for bits 0 to 31, where those compare otherwise. */
  readonly lowRest?: Comparison;
  readonly description: string;
  readonly source: string;
  readonly fields: readonly MsrField[];
}

/** An MSR, or several in a row, that hold state which a guest carries. */
export interface StateMsr {
  readonly first: number;
  /** Left out: one MSR. */
  readonly last?: number;
  readonly description: string;
  readonly source: string;
  /** The value that means that the guest does not use it, and why; null where there is none. */
  readonly neutral: { readonly value: bigint; readonly why: string } | null;
  /** Bits with names of their own; left out: the register is one element. Bits between them are state too. */
  readonly fields?: readonly (readonly [shift: number, width: number, name: string, description: string])[];
}
