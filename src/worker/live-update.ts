/**
 * A live update as two requests: what the kernel that goes does with the guest, and what the one that comes does. The
 * snapshot is the one thing between them.
 */
import type { Plan, Section } from '../model/index.ts';
import type { Request } from './request.ts';
import type { JobDone, RestoreJob, SaveJob } from './round-trip.ts';

export type LiveUpdate = {
  readonly plans: readonly Plan[];
  readonly save: SaveJob;
  readonly restore: Omit<RestoreJob, 'snapshot'>;
};

export function leaving({ plans, save }: LiveUpdate): Request {
  return { kind: 'round-trip', plans, jobs: [save] };
}

/** `saved`: the section of the step that saved, as the kernel before kept it. Null where it holds no snapshot. */
export function arriving({ plans, restore }: LiveUpdate, saved: unknown): Request | null {
  // The same version of the same program wrote it.
  const section = saved as Section | undefined | null;
  const done = section?.outcome === 'measured' ? (section.data as JobDone) : null;
  if (done === null || done.snapshot === null) return null;
  return { kind: 'round-trip', plans, jobs: [{ ...restore, snapshot: done.snapshot }] };
}
