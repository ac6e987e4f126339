/**
 * Jobs done by QEMUs on lab kernels, or remembered: a result is kept in the cache under a hash of everything that it follows
 * from (kernel, image with this program in it, the lab's QEMU and CPU, the disk of QEMUs, job, its files and stream), so that
 * what was interrupted goes on where it was.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ok } from '../../model/index.ts';
import type { Architecture, Result, Section } from '../../model/index.ts';
import type { Message } from '../../worker/index.ts';
import type { QemuJob, QemuJobDone, QemuRequest } from '../../worker/qemu-job.ts';
import { ask } from '../ask.ts';
import type { LabContext } from '../context.ts';
import type { LabError } from '../error.ts';
import { cpuArgument } from '../machine.ts';
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
  { architecture, cpu, again, onBoot, onJob }: QemuPerformOptions,
): Promise<Result<QemuPerformed, LabError>> {
  const identity = `${identityOfQemus(prepared)}\n${cpuArgument(architecture, cpu)}`;
  const paths = new Map(request.jobs.map((job) => [job.name, pathOf(context, identity, request, job)]));
  const jobs = new Map<string, QemuOutcome>();
  const open: QemuJob[] = [];
  for (const job of request.jobs) {
    const known = again ? null : remembered(paths.get(job.name) ?? '');
    if (known === null) open.push(job);
    else jobs.set(job.name, { how: 'done', done: known });
  }
  const result = { jobs, remembered: jobs.size };
  if (open.length === 0) return ok(result);
  const onMessage = (message: Message): void => {
    if (message.event === 'begin') onJob(message.step, jobs.size, request.jobs.length);
    if (message.event !== 'end' || message.section.outcome !== 'measured') return;
    // The worker is this program; its steps of this request say what came of a job.
    const done = message.section.data as QemuJobDone;
    jobs.set(message.step, { how: 'done', done });
    const path = paths.get(message.step);
    if (path !== undefined) remember(path, done);
  };
  const collected = await ask(context, prepared, {
    architecture,
    cpu,
    request: { ...request, blobs: usedBlobs(request, open), jobs: open },
    patience: PATIENCE,
    disks: [{ file: prepared.disk, writable: false }],
    root: prepared.root,
    onBoot,
    onMessage,
  });
  if (!collected.ok) return collected;
  for (const { name } of open) {
    if (!jobs.has(name)) jobs.set(name, { how: 'lost', why: whyLost(collected.value.sections[name]) });
  }
  return ok(result);
}

function blobsOf({ files, stream }: QemuJob): readonly string[] {
  return [...Object.values(files), ...(stream === null ? [] : [stream])];
}

function usedBlobs({ blobs }: QemuRequest, jobs: readonly QemuJob[]): QemuRequest['blobs'] {
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

/** A file that cannot be read is as good as none: the job is done again. */
function remembered(path: string): QemuJobDone | null {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(zstdDecompressSync(readFileSync(path)).toString()) as QemuJobDone;
  } catch {
    return null;
  }
}

/** Whole or not at all. A cache that cannot be written is no cache: the next run does the job again. */
function remember(path: string, done: QemuJobDone): void {
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, zstdCompressSync(JSON.stringify(done)));
    renameSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
  }
}
