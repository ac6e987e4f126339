/**
 * Jobs done on lab kernels, or remembered: a result is kept in the cache under a hash of everything that it follows from
 * (kernel, image with this program in it, QEMU, CPU, plan, job), so that what was interrupted goes on where it was.
 */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { ok } from '../../model/index.ts';
import type { Result, Section } from '../../model/index.ts';
import type { JobDone, Message, RoundTripJob, RoundTripRequest } from '../../worker/index.ts';
import { ask } from '../ask.ts';
import type { LabContext } from '../context.ts';
import type { LabError } from '../error.ts';
import { cpuArgument } from '../machine.ts';
import { remember, remembered } from '../remembered.ts';
import type { Prepared } from '../probe.ts';
import type { RoundTripGroup, RoundTripHost } from './host.ts';

/** A job whose machine died or did not answer has no result, but where that was. */
export type JobOutcome =
  { readonly how: 'done'; readonly done: JobDone } | { readonly how: 'lost'; readonly why: string };

export interface Performed {
  readonly jobs: ReadonlyMap<string, JobOutcome>;
  /** How many were remembered. */
  readonly remembered: number;
}

/** What the phases need of the lab; tests hand another. */
export type Perform = (
  group: RoundTripGroup,
  host: RoundTripHost,
  request: RoundTripRequest,
  events: PerformEvents,
) => Promise<Result<Performed, LabError>>;

export interface PerformEvents {
  readonly onBoot: (attempt: number) => void;
  /** A job begins; `done` of `of` have ended. */
  readonly onJob: (name: string, done: number, of: number) => void;
}

/** Steps' deadlines are for real machines; a guest in an emulated one counts its own deadline besides. */
const PATIENCE = 12;

/** `prepared`: what a boot of each kernel needs. `again`: do also what is remembered. */
export function labPerform(
  context: LabContext,
  prepared: (group: RoundTripGroup, host: RoundTripHost) => Promise<Result<Prepared, LabError>>,
  { again = false }: { readonly again?: boolean } = {},
): Perform {
  return async (group, host, request, events) => {
    const ready = await prepared(group, host);
    if (!ready.ok) return ready;
    const identity = identityOf(ready.value, group);
    const jobs = new Map<string, JobOutcome>();
    const open: RoundTripJob[] = [];
    for (const job of request.jobs) {
      const known = again ? null : remembered<JobDone>(pathOf(context, identity, request, job));
      if (known === null) open.push(job);
      else jobs.set(job.name, { how: 'done', done: known });
    }
    const result = { jobs, remembered: jobs.size };
    if (open.length === 0) return ok(result);
    const byName = new Map(open.map((job) => [job.name, job]));
    const asked = { ...request, jobs: open };
    const onMessage = (message: Message): void => {
      if (message.event === 'begin') events.onJob(message.step, jobs.size, request.jobs.length);
      const job = message.event === 'end' ? byName.get(message.step) : undefined;
      if (message.event !== 'end' || job === undefined || message.section.outcome !== 'measured') return;
      // The worker is this program; its steps of a round trip say what came of a job.
      const done = message.section.data as JobDone;
      jobs.set(job.name, { how: 'done', done });
      remember(pathOf(context, identity, request, job), done);
    };
    const { architecture, cpu } = group;
    const collected = await ask(context, ready.value, {
      architecture,
      cpu,
      request: asked,
      patience: PATIENCE,
      onBoot: events.onBoot,
      onMessage,
    });
    if (!collected.ok) return collected;
    for (const { name } of open) {
      if (jobs.has(name)) continue;
      const section = collected.value.sections[name];
      jobs.set(name, { how: 'lost', why: whyLost(section) });
    }
    return ok(result);
  };
}

function whyLost(section: Section | undefined): string {
  switch (section?.outcome) {
    case undefined:
    case 'measured':
      return 'the machine ended without doing it';
    case 'deadline':
      return `no answer within ${section.milliseconds} ms: ${section.during}`;
    case 'crashed':
      return `${section.reason}: ${section.during}`;
    case 'failed':
      return `${section.call}(${section.detail}): ${section.errno}`;
    case 'absent':
      return section.reason;
  }
}

function identityOf({ kernel, qemu, image }: Prepared, { architecture, cpu }: RoundTripGroup): string {
  return [kernel.identity, basename(image), qemu.version, qemu.package ?? '', cpuArgument(architecture, cpu)].join(
    '\n',
  );
}

function pathOf(context: LabContext, identity: string, { plans }: RoundTripRequest, job: RoundTripJob): string {
  const hash = createHash('sha256')
    .update(identity)
    .update(JSON.stringify([plans[job.plan], { ...job, plan: 0 }]));
  return join(context.cache, 'roundtrip', `${hash.digest('hex').slice(0, 40)}.json.zst`);
}
