/** A guest's job in a worker of this host, for commands: progress, the answer, failures. */
import { err, ok } from '../model/index.ts';
import type { Json, Plan, Result } from '../model/index.ts';
import { launchLocal, stepsOf, supervise } from '../worker/index.ts';
import type { JobDone, RoundTripJob } from '../worker/index.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';
import { probeFailure } from './probe.ts';
import type { Terminal } from './terminal.ts';

/** Node's own start-up and the loading of koffi; a snapshot's memory goes through its standard input. */
const START_SECONDS = 60;

export async function runGuestJob(
  terminal: Terminal,
  plan: Plan,
  job: RoundTripJob,
): Promise<Result<JobDone, Failure>> {
  const request = { kind: 'round-trip', plans: [plan], jobs: [job] } as const;
  const collected = await supervise(launchLocal({ request }), {
    steps: await stepsOf(request, plan.architecture),
    patience: 1,
    startSeconds: START_SECONDS,
    signal: terminal.signal,
    onProgress: (message) => {
      if (message.event === 'note') terminal.status(message.what);
    },
  });
  terminal.status('');
  if (!collected.ok) return err(probeFailure(collected.error, terminal.signal.aborted));
  const section = collected.value.sections[job.name];
  switch (section?.outcome) {
    case 'measured':
      // The worker is this program; its step of that name writes what came of the job (worker/snapshot-step.ts).
      return ok(section.data as JobDone);
    case 'deadline':
      return err(failure(EXIT.kvm, `no answer within ${section.milliseconds} ms while it was at: ${section.during}`));
    case 'crashed':
      return err(failure(EXIT.kvm, `the worker ended (${section.reason}) while it was at: ${section.during}`));
    case 'failed':
      return err(failure(EXIT.kvm, `${section.call}(${section.detail}): ${section.errno} (${section.meaning})`));
    case 'absent':
      return err(failure(EXIT.kvm, section.reason));
    case undefined:
      return err(failure(EXIT.internal, 'the worker ended without doing it'));
  }
}

/** As a snapshot keeps it. It is JSON, which the types of its interfaces do not say. */
export function guestReport(witness: JobDone['witness']): Json {
  return JSON.parse(JSON.stringify(witness ?? null)) as Json;
}
