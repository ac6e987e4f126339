/**
 * The self-checking guest, as both architectures have it: the same table, the same report. It reads its machine over and
 * over, compares inside of the guest with what it read first, and keeps a timer, interrupts between its vCPUs, vector
 * registers and changing memory going. All that it knows lies in its memory, so that a copy that was saved on one host
 * and restored on another goes on and tells of both.
 */
import type { Hex, WordPath } from '../model/index.ts';

/** One thing that every vCPU reads in every round. */
export interface WitnessRead<Operation> {
  readonly path: WordPath;
  readonly operation: Operation;
  /** For each value the bits that count; all of them where it is not given. */
  readonly masks?: readonly Hex[];
}

export interface WitnessTable<Operation> {
  readonly reads: readonly WitnessRead<Operation>[];
  /** Made once by every vCPU, before its first round. */
  readonly setup: readonly Operation[];
}

/** What an operation gave: values under their masks, or the fault in words, with what tells it from another. */
export type WitnessValue =
  | { readonly kind: 'values'; readonly values: readonly Hex[] }
  | { readonly kind: 'fault'; readonly fault: string }
  /** The guest has not come to it yet. */
  | { readonly kind: 'not-reached' };

/** Plain JSON. */
export interface WitnessReport {
  readonly vcpus: readonly WitnessVcpu[];
}

/** Counts are since the guest was loaded; a restore does not begin them anew. */
export interface WitnessVcpu {
  readonly rounds: number;
  readonly timerTicks: number;
  /** Interrupts that it was sent by a vCPU, and those of its own that were not answered while it waited. */
  readonly ipis: number;
  readonly unanswered: number;
  /** Message-signalled interrupts, in a machine that has a controller for them and a guest that uses it. */
  readonly messages?: number;
  /** Interrupts that nobody sent. */
  readonly strayInterrupts: number;
  readonly checks: readonly WitnessCheck[];
  /** One for each setup operation. */
  readonly setup: readonly WitnessValue[];
  /** One for each read, from the first round. */
  readonly first: readonly { readonly path: WordPath; readonly value: WitnessValue }[];
  /** In the order in which they were noticed, each read a few times at most. */
  readonly changes: readonly WitnessChange[];
  /** Changes that were noticed and not kept. */
  readonly changesNotKept: number;
}

export interface WitnessChange {
  readonly path: WordPath;
  /** The round in which it was noticed; the first is 0. */
  readonly round: number;
  readonly before: WitnessValue;
  readonly now: WitnessValue;
}

/** Something that the guest keeps and holds against what it must be. */
export interface WitnessCheck {
  /**
   * `memory`: a page that is written anew in each round. `vectors`: FP, SIMD and wider registers. `registers`: general
   * registers that the guest leaves alone. `counter`: time does not go back. `exceptions`: nothing faults but reads and
   * setup.
   */
  readonly name: 'memory' | 'vectors' | 'registers' | 'counter' | 'exceptions';
  readonly failures: number;
  /** The first of them; null where there is none. What `at` is follows from the check: an address, a place, a vector. */
  readonly first: null | {
    readonly round: number;
    readonly at: Hex;
    readonly expected: Hex;
    readonly found: Hex;
  };
}

export interface WitnessRunOptions {
  /** Rounds that every vCPU does from now on. */
  readonly rounds: number;
  /** Milliseconds. */
  readonly deadline: number;
}

/** How a run of the witness ended. `rounds`: as asked, then stopped at an instruction of nobody's choice. */
export type WitnessEnd =
  { readonly how: 'rounds' | 'deadline' } | { readonly how: 'exit' | 'error'; readonly what: string };
