/** A guest's job in a worker of this host, for commands. */
import { err, ok } from '../model/index.ts';
import type { Json, Plan, Result } from '../model/index.ts';
import type { JobDone, RoundTripJob } from '../worker/index.ts';
import { askWorker, stepFailure } from './ask-worker.ts';
import type { Failure } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Node's own start-up and the loading of koffi; a snapshot's memory goes through its standard input. */
const START_SECONDS = 60;

export async function runGuestJob(
  terminal: Terminal,
  plan: Plan,
  job: RoundTripJob,
): Promise<Result<JobDone, Failure>> {
  const request = { kind: 'round-trip', plans: [plan], jobs: [job] } as const;
  const sections = await askWorker(terminal, request, plan.architecture, START_SECONDS);
  if (!sections.ok) return sections;
  const section = sections.value[job.name];
  // The worker is this program; its step of that name writes what came of the job (worker/snapshot-step.ts).
  return section?.outcome === 'measured' ? ok(section.data as JobDone) : err(stepFailure(section));
}

/** As a snapshot keeps it. It is JSON, which the types of its interfaces do not say. */
export function guestReport(witness: JobDone['witness']): Json {
  return JSON.parse(JSON.stringify(witness ?? null)) as Json;
}
