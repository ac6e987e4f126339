/**
 * What code inside a guest read, and how KVM behaved towards it: plain JSON, because a program inside of a lab kernel
 * writes it.
 */
import type { Element, WordPath } from './element.ts';
import type { StepResult } from './plan.ts';
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

/** What a guest read. `text` of a fault as the architecture's manual calls it: `#GP`. */
export type Reading =
  { readonly kind: 'value'; readonly value: bigint } | { readonly kind: 'fault'; readonly text: string };

/** One word that both were asked for, on the machine that a guest gets by default. */
export interface Observation {
  readonly word: WordPath;
  /** Bits. */
  readonly width: number;
  /** What an ioctl gives; null where none does. */
  readonly declared: bigint | null;
  readonly observed: Reading;
  /** JSON pointer into the surface: what the guest read. */
  readonly evidence: string;
}

/** Why a guest may read something else than KVM declares without anything being wrong. */
export interface ObservationRule {
  /** Short and stable: `dynamic-cpuid`. */
  readonly id: string;
  /** A sentence without its full stop, or null where the rule does not speak of this difference. */
  readonly explains: (difference: ElementDifference) => string | null;
}

/** One element that a guest read otherwise. `observed` is null where the read faulted. */
export interface ElementDifference {
  readonly element: Element;
  readonly declared: bigint;
  readonly observed: bigint | null;
  /** Whole words, for rules that look at more than the field. */
  readonly observation: Observation;
}

/** What a guest read of the machine that a plan made, and how KVM behaved towards it there. */
export type ObservedMachine = {
  /** What came of the plan's steps, in their order. */
  readonly steps: readonly StepResult[];
  readonly observed: readonly ObservedWord[];
  readonly behaviours: readonly BehaviourResult[];
};
