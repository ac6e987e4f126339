/**
 * Jobs done by QEMUs on lab kernels, or remembered: a result is kept in the cache under a hash of everything that it follows
 * from (kernel, image with this program in it, the lab's QEMU and CPU, the disk of QEMUs, job, its files and stream), so that
 * what was interrupted goes on where it was.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ok } from '../../model/index.ts';
import type { Architecture, Result, Section } from '../../model/index.ts';
import type { Message } from '../../worker/index.ts';
import type { QemuJob, QemuJobDone, QemuRequest } from '../../worker/qemu-job.ts';
import { ask } from '../ask.ts';
import type { LabContext } from '../context.ts';
import type { LabError } from '../error.ts';
import { cpuArgument } from '../machine.ts';
import { remember, remembered } from '../remembered.ts';
import { identityOfQemus } from './prepare.ts';
import type { PreparedQemus } from './prepare.ts';

/** A job whose machine died or did not answer has no result, but where that was. */
export type QemuOutcome =
  { readonly how: 'done'; readonly done: QemuJobDone } | { readonly how: 'lost'; readonly why: string };

export interface QemuPerformed {
  readonly jobs: ReadonlyMap<string, QemuOutcome>;
  /** How many were remembered. */
  readonly remembered: number;
}

export interface QemuPerformOptions {
  readonly architecture: Architecture;
  readonly cpu: string;
  /** Do also what is remembered. */
  readonly again: boolean;
  readonly onBoot: (attempt: number) => void;
  /** A job begins; `done` of `of` have ended. */
  readonly onJob: (name: string, done: number, of: number) => void;
}

/** A job's own deadlines are for emulated machines already. */
const PATIENCE = 12;

export async function performQemuJobs(
  context: LabContext,
  prepared: PreparedQemus,
  request: QemuRequest,
  options: QemuPerformOptions,
): Promise<Result<QemuPerformed, LabError>> {
  const identity = `${identityOfQemus(prepared)}\n${cpuArgument(options.architecture, options.cpu)}`;
  const paths = new Map(request.jobs.map((job) => [job.name, pathOf(context, identity, request, job)]));
  const jobs = new Map<string, QemuOutcome>();
  for (const { name } of options.again ? [] : request.jobs) {
    const known = remembered<QemuJobDone>(paths.get(name) ?? '');
    if (known !== null && !isBroken({ how: 'done', done: known })) jobs.set(name, { how: 'done', done: known });
  }
  const result = { jobs, remembered: jobs.size };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const open = request.jobs.filter(({ name }) => isBroken(jobs.get(name)));
    if (open.length === 0) break;
    const asked = await askFor(context, prepared, { ...request, jobs: open }, options, (name, done) => {
      jobs.set(name, { how: 'done', done });
      remember(paths.get(name) ?? '', done);
    });
    if (!asked.ok) return asked;
    for (const { name } of open) {
      if (!jobs.has(name)) jobs.set(name, { how: 'lost', why: whyLost(asked.value[name]) });
    }
  }
  return ok(result);
}

/**
 * A QEMU that dies of a signal, or with its machine, may do so for the emulator's sake (docs/decisions/0004-lab-qemu.md): only
 * what happens twice counts.
 */
const ATTEMPTS = 2;

function isBroken(outcome: QemuOutcome | undefined): boolean {
  return outcome?.how !== 'done' || outcome.done.ended?.startsWith('SIG') === true;
}

/** One boot, as long as its machine lives. */
async function askFor(
  context: LabContext,
  prepared: PreparedQemus,
  request: QemuRequest,
  { architecture, cpu, onBoot, onJob }: QemuPerformOptions,
  onDone: (name: string, done: QemuJobDone) => void,
): Promise<Result<Readonly<Record<string, Section>>, LabError>> {
  let ended = 0;
  const onMessage = (message: Message): void => {
    if (message.event === 'begin') onJob(message.step, ended, request.jobs.length);
    if (message.event !== 'end' || message.section.outcome !== 'measured') return;
    ended++;
    // The worker is this program; its steps of this request say what came of a job.
    onDone(message.step, message.section.data as QemuJobDone);
  };
  const collected = await ask(context, prepared, {
    architecture,
    cpu,
    request: { ...request, blobs: usedBlobs(request) },
    patience: PATIENCE,
    disks: [{ file: prepared.disk, writable: false }],
    root: prepared.root,
    onBoot,
    onMessage,
  });
  return collected.ok ? ok(collected.value.sections) : collected;
}

function blobsOf({ files, stream }: QemuJob): readonly string[] {
  return [...Object.values(files), ...(stream === null ? [] : [stream])];
}

function usedBlobs({ blobs, jobs }: QemuRequest): QemuRequest['blobs'] {
  const used = new Set(jobs.flatMap(blobsOf));
  return Object.fromEntries(Object.entries(blobs).filter(([name]) => used.has(name)));
}

function whyLost(section: Section | undefined): string {
  switch (section?.outcome) {
    case 'deadline':
      return `no answer within ${section.milliseconds} ms: ${section.during}`;
    case 'crashed':
      return `${section.reason}: ${section.during}`;
    default:
      return 'the machine ended without doing it';
  }
}

function pathOf(context: LabContext, identity: string, { blobs }: QemuRequest, job: QemuJob): string {
  const hash = createHash('sha256')
    .update(identity)
    .update(JSON.stringify([{ ...job, name: '', files: Object.keys(job.files), stream: null }]));
  for (const name of blobsOf(job)) hash.update('\n').update(blobs[name] ?? '');
  return join(context.cache, 'qemu-roundtrip', `${hash.digest('hex').slice(0, 40)}.json.zst`);
}
