/**
 * What code inside a guest read, and how KVM behaved towards it: plain JSON, because a program inside of a lab kernel
 * writes it.
 */
import type { WordPath } from './element.ts';
import type { Hex } from './hex.ts';

/** One word as a guest read it on a machine that was made for it. */
export type ObservedWord = {
  readonly word: WordPath;
  /** Bits. */
  readonly width: number;
  /** Null: the read faulted. */
  readonly value: Hex | null;
  /** `#GP`, `#UD`, `undefined instruction`, … */
  readonly fault?: string;
};

/** A behaviour test with its mechanism: what was selected (`quirk/LINT0_REENABLED=0`), and what came of the test then. */
export type BehaviourRun = {
  readonly selected: string;
  /** The outcome's name in the architecture's table of behaviours; null where the test came to none, with why. */
  readonly outcome: string | null;
  readonly why?: string;
  /** Values that the outcome was read off, hex. */
  readonly reads?: readonly string[];
};

/** One behaviour test: without its mechanism, and with each setting of it that the kernel has. */
export type BehaviourResult = {
  /** As in the architecture's table; the word is `behaviour/ID`. */
  readonly id: string;
  readonly outcome: string | null;
  readonly why?: string;
  readonly reads?: readonly string[];
  readonly with: readonly BehaviourRun[];
};

/** Section `behaviour` of both architectures. */
export type BehaviourData = { readonly rows: readonly BehaviourResult[] };
