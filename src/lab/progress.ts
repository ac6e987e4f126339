/** What a lab machine is doing, told as events; `Board` keeps the state of several at once for whoever shows it. */
export type LabProgress =
  | { readonly phase: 'waiting' }
  | { readonly phase: 'booting'; readonly attempt: number }
  /** `done` of `of` steps have ended; `step` is being worked on. */
  | { readonly phase: 'probing'; readonly step: string; readonly done: number; readonly of: number }
  /** A job other than a probe's step, such as a restore. */
  | { readonly phase: 'working'; readonly job: string; readonly done: number; readonly of: number }
  /** The machine failed of itself and is started once more; shown, never hidden. */
  | {
      readonly phase: 'retrying';
      readonly attempt: number;
      readonly reason: string;
      readonly console: readonly string[];
    }
  | { readonly phase: 'done'; readonly milliseconds: number }
  | { readonly phase: 'failed'; readonly message: string };

export interface JobState {
  readonly job: string;
  readonly progress: LabProgress;
  /** When the job left `waiting`, and when it ended; milliseconds of one clock. */
  readonly begun: number | null;
  readonly ended: number | null;
}

export class Board {
  readonly #jobs = new Map<string, JobState>();

  constructor(jobs: readonly string[]) {
    for (const job of jobs) this.#jobs.set(job, { job, progress: { phase: 'waiting' }, begun: null, ended: null });
  }

  update(job: string, progress: LabProgress, now: number): void {
    const before = this.#jobs.get(job);
    if (before === undefined) throw new RangeError(`no such job: ${job}`);
    const over = progress.phase === 'done' || progress.phase === 'failed';
    const begun = before.begun ?? (progress.phase === 'waiting' ? null : now);
    this.#jobs.set(job, { job, progress, begun, ended: over ? now : null });
  }

  /** In the order in which the jobs were given. */
  states(): readonly JobState[] {
    return [...this.#jobs.values()];
  }
}

/** One line: `probing 4/21 cpuid, 3.2 s`. */
export function describeProgress({ progress, begun, ended }: JobState, now: number): string {
  const seconds = begun === null ? '' : `, ${(((ended ?? now) - begun) / 1000).toFixed(1)} s`;
  switch (progress.phase) {
    case 'waiting':
      return 'waiting';
    case 'booting':
      return `booting${progress.attempt > 1 ? ` (attempt ${progress.attempt})` : ''}${seconds}`;
    case 'probing':
      return `probing ${progress.done}/${progress.of} ${progress.step}${seconds}`;
    case 'working':
      return `${progress.done}/${progress.of} ${progress.job}${seconds}`;
    case 'retrying':
      return `starting again: ${progress.reason}${seconds}`;
    case 'done':
      return `done${seconds}`;
    case 'failed':
      return `failed: ${progress.message}${seconds}`;
  }
}
