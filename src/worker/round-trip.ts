/**
 * The jobs of a round trip as a worker is asked for them, and what it says of each. One request holds dozens: a lab
 * machine takes seconds to boot, a job a fraction of one. Plain JSON.
 */
import type { Execution, Hex, Plan, SavedState, WordPath } from '../model/index.ts';
import type { WitnessReport } from '../guest/witness.ts';
import type { SavedMemory } from '../snapshot/memory.ts';
import type { RestoreReport } from '../snapshot/restore-report.ts';

/** What code in the guest does before its first round. */
export type Deed =
  /** WRMSR, or MSR of a system register. */
  | { readonly do: 'write'; readonly word: WordPath; readonly value: Hex }
  /** XCR0 is set and the component is given contents. */
  | { readonly do: 'use-xfeature'; readonly component: 'avx' | 'pkru' };

export type SaveJob = {
  readonly job: 'save';
  readonly name: string;
  /** Index into the request's plans. */
  readonly plan: number;
  readonly vcpus: number;
  /** Words that the witness reads in each round. */
  readonly reads: readonly WordPath[];
  readonly deeds: readonly Deed[];
  readonly rounds: number;
  /** Default: the witness. */
  readonly guest?: 'witness' | 'counter';
};

export type RestoreJob = {
  readonly job: 'restore';
  readonly name: string;
  readonly plan: number;
  readonly vcpus: number;
  readonly snapshot: MachineState;
  /** As the save job had them: the witness that comes back reads these. */
  readonly reads: readonly WordPath[];
  /** Rounds that are run before it is saved again. */
  readonly rounds: number;
  /** `stop` is what VMMs do; `continue` tells everything that a host refuses, and whether the guest would have differed. */
  readonly onRefusal: 'stop' | 'continue';
  /** Units or words that are not restored, as in `RestoreOptions`. */
  readonly leaveOut?: readonly string[];
  readonly guest?: 'witness' | 'counter';
};

export type RoundTripJob = SaveJob | RestoreJob;

export type RoundTripRequest = {
  readonly kind: 'round-trip';
  readonly plans: readonly Plan[];
  readonly jobs: readonly RoundTripJob[];
};

/** All that a guest is, beside its plan. */
export type MachineState = { readonly state: SavedState; readonly memory: SavedMemory };

/** What the guest says of itself. */
export type Testimony = {
  /** True where every vCPU did the rounds that were asked for, and its timer, interrupts and memory went on. */
  readonly runsOn: boolean;
  /** For people: how it ended, what did not go on. */
  readonly text: string;
  /** What it found otherwise than in its first round; each word once, with what it read first and last. */
  readonly changes: readonly { readonly word: WordPath; readonly before: string; readonly now: string }[];
  /** Words that it could read at all. */
  readonly read: readonly WordPath[];
};

export type JobMilliseconds = {
  readonly plan: number;
  readonly restore: number;
  readonly run: number;
  readonly save: number;
};

/** What came of a job. */
export type JobDone = {
  readonly execution: Execution;
  /** Null for a save, and where there was no machine to restore onto. */
  readonly report: RestoreReport | null;
  /** Null where the guest could not be loaded or restored. */
  readonly guest: Testimony | null;
  /** The guest's report itself. */
  readonly witness?: WitnessReport | null;
  /** Null where it could not be saved. */
  readonly snapshot: MachineState | null;
  /** The call that ended it early, in words; null where it went to its end. */
  readonly failure: string | null;
  /** How the last run of the guest ended, where there was one. */
  readonly ran?: string;
  readonly milliseconds: JobMilliseconds;
};
