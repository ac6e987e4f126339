/** Re-records `surfaces/`: every catalogue kernel of both architectures on two CPUs each, as many at once as cores allow. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { surfaceText } from '../format/index.ts';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { KERNELS } from './catalogue.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { MACHINES } from './machine.ts';
import { prepare, probePrepared } from './probe.ts';
import type { FailedAttempt, Prepared } from './probe.ts';
import type { LabProgress } from './progress.ts';
import { writeRecording } from './recorded-file.ts';
import type { Compared } from './recorded-file.ts';

export interface RecordOptions {
  /** Where `ARCHITECTURE/CPU/KERNEL.json` are written. */
  readonly directory: string;
  /** Only some; all where not given. */
  readonly architectures?: readonly Architecture[];
  readonly kernels?: readonly string[];
  readonly cpus?: readonly string[];
  /** Machines at once; the number of cores where not given. */
  readonly parallel?: number;
  /** All jobs, before the first of them begins. */
  readonly onJobs?: (jobs: readonly string[]) => void;
  readonly onProgress?: (job: string, progress: LabProgress) => void;
}

export interface RecordedJob {
  /** `arm64/max/debian-6.12`: the name of the surface. */
  readonly job: string;
  readonly path: string;
  readonly result: Result<
    {
      readonly fingerprint: string;
      /** Against the file that was there. A file that says the same is left as it is. */
      readonly compared: Compared;
      readonly milliseconds: number;
      readonly failedAttempts: readonly FailedAttempt[];
    },
    LabError
  >;
}

interface Job {
  readonly job: string;
  readonly architecture: Architecture;
  readonly kernel: string;
  readonly cpu: string;
}

/** One result a job, in the order of `onJobs`; the error is for what stops all of them. */
export async function record(
  context: LabContext,
  options: RecordOptions,
): Promise<Result<readonly RecordedJob[], LabError>> {
  const jobs = recordJobs(options);
  options.onJobs?.(jobs.map(({ job }) => job));
  const prepared = new Map<string, Result<Prepared, LabError>>();
  for (const { architecture, kernel } of jobs) {
    const key = `${architecture} ${kernel}`;
    if (prepared.has(key)) continue;
    const ready = await prepare(context, { architecture, kernel });
    if (!ready.ok && ready.error.code === 'interrupted') return ready;
    prepared.set(key, ready);
  }
  const results = new Map<string, RecordedJob>();
  const queue = jobs.values();
  const worker = async (): Promise<void> => {
    for (const job of queue) {
      const ready = prepared.get(`${job.architecture} ${job.kernel}`);
      if (ready !== undefined) results.set(job.job, await recordOne(context, options, job, ready));
    }
  };
  await Promise.all(Array.from({ length: options.parallel ?? availableParallelism() }, worker));
  if (context.signal?.aborted === true) return err(labError('interrupted', 'interrupted; all machines were ended'));
  return ok(jobs.flatMap(({ job }) => results.get(job) ?? []));
}

/** All that is to be recorded, kernels of one CPU together. */
export function recordJobs(options: Pick<RecordOptions, 'architectures' | 'kernels' | 'cpus'>): readonly Job[] {
  const { architectures = ['x86_64', 'arm64'], kernels = KERNELS.map(({ name }) => name), cpus } = options;
  return architectures.flatMap((architecture) =>
    MACHINES[architecture].cpus
      .filter(({ name }) => cpus === undefined || cpus.includes(name))
      .flatMap(({ name: cpu }) =>
        kernels.map((kernel) => ({
          job: `${architecture}/${cpu}/${kernel.replace(':', '-')}`,
          architecture,
          kernel,
          cpu,
        })),
      ),
  );
}

async function recordOne(
  context: LabContext,
  options: RecordOptions,
  { job, architecture, kernel, cpu }: Job,
  ready: Result<Prepared, LabError>,
): Promise<RecordedJob> {
  const path = join(options.directory, `${job}.json`);
  const tell = (progress: LabProgress): void => options.onProgress?.(job, progress);
  const fail = (error: LabError): RecordedJob => {
    tell({ phase: 'failed', message: error.message });
    return { job, path, result: err(error) };
  };
  if (!ready.ok) return fail(ready.error);
  const probed = await probePrepared(context, ready.value, { architecture, kernel, cpu, onProgress: tell });
  if (!probed.ok) return fail(probed.error);
  const { surface, totalMilliseconds: milliseconds, failedAttempts } = probed.value;
  const written = writeRecording(path, surface.fingerprint, surfaceText(surface));
  if (!written.ok) return fail(written.error);
  const compared = written.value;
  return { job, path, result: ok({ fingerprint: surface.fingerprint, compared, milliseconds, failedAttempts }) };
}
