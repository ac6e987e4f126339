/**
 * A real kernel becomes a surface: fetch what is missing, build the image, boot, run the probe's steps inside, collect.
 * A machine that fails of itself is started again, at most twice and visibly; see docs/decisions/0004-lab-qemu.md for what
 * that looks like.
 */
import { err, ok } from '../model/index.ts';
import type { Architecture, Result, Surface } from '../model/index.ts';
import { stepsFor } from '../probe/index.ts';
import { assemble, supervise } from '../worker/index.ts';
import type { Collected, Message } from '../worker/index.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { buildImage } from './image.ts';
import { cachedKernel, fetchKernel, userKernel } from './kernel.ts';
import type { Kernel } from './kernel.ts';
import { ConsoleTail, launchVm } from './launch.ts';
import { MACHINES, cpuArgument } from './machine.ts';
import type { Boot, Medium } from './machine.ts';
import type { LabProgress } from './progress.ts';
import { provideQemu } from './qemu.ts';
import type { Qemu } from './qemu.ts';

export interface LabTarget {
  readonly architecture: Architecture;
  /** A name of the catalogue, or the path of a kernel image. */
  readonly kernel: string;
  /** For a kernel that the user built: where its modules are. */
  readonly modules?: string;
  /** QEMU to use instead of the lab's own. */
  readonly qemu?: string;
}

export interface LabProbeOptions extends LabTarget {
  /** `max`, the server model's name, or anything that `-cpu` takes. */
  readonly cpu?: string;
  /** More words for the kernel command line, such as `kvm-arm.mode=nested`. */
  readonly append?: readonly string[];
  readonly onProgress?: (progress: LabProgress) => void;
}

/** A try that did not count. */
export interface FailedAttempt {
  readonly reason: string;
  readonly console: readonly string[];
}

export interface LabProbed {
  readonly surface: Surface;
  readonly collected: Collected;
  /** Milliseconds from the start of QEMU, in the attempt that counted: to the worker's first word, and to the end. */
  readonly bootMilliseconds: number;
  readonly totalMilliseconds: number;
  readonly failedAttempts: readonly FailedAttempt[];
}

/** What a boot needs, ready on this machine's disk. */
export interface Prepared {
  readonly kernel: Kernel;
  readonly qemu: Qemu;
  readonly image: string;
  readonly medium: Medium;
}

/** Steps' deadlines are for real machines; under emulation, with every core busy, they take this many times longer. */
export const PATIENCE: number = 20;
/** From the start of QEMU to the worker's first word: 2 to 6 s alone, several times that on a busy machine. */
export const START_SECONDS: number = 120;
const ATTEMPTS = 3;

/** Fetches, builds and finds what is not there yet. */
export async function prepare(context: LabContext, target: LabTarget): Promise<Result<Prepared, LabError>> {
  const qemu = await provideQemu(context, target.architecture, target.qemu);
  if (!qemu.ok) return qemu;
  const kernel = await provideKernel(context, target);
  if (!kernel.ok) return kernel;
  const image = await buildImage(context, kernel.value);
  if (!image.ok) return image;
  const { path, medium } = image.value;
  return ok({ kernel: kernel.value, qemu: qemu.value, image: path, medium });
}

async function provideKernel(context: LabContext, target: LabTarget): Promise<Result<Kernel, LabError>> {
  if (!target.kernel.startsWith('debian:'))
    return userKernel(target.architecture, target.kernel, target.modules ?? null);
  const cached = cachedKernel(context, target.kernel, target.architecture);
  return cached === null ? fetchKernel(context, target.kernel, target.architecture) : ok(cached);
}

/** Probes a kernel in the lab, from nothing to the surface. */
export async function labProbe(context: LabContext, options: LabProbeOptions): Promise<Result<LabProbed, LabError>> {
  const prepared = await prepare(context, options);
  return prepared.ok ? probePrepared(context, prepared.value, options) : prepared;
}

/** Boots what `prepare` made ready and probes it. */
export async function probePrepared(
  context: LabContext,
  prepared: Prepared,
  options: LabProbeOptions,
): Promise<Result<LabProbed, LabError>> {
  const failedAttempts: FailedAttempt[] = [];
  let lostBefore = '';
  for (let attempt = 1; ; attempt++) {
    const tried = await tryOnce(context, prepared, options, attempt);
    const lost = tried.result.ok ? lostSections(tried.result.value) : '';
    // What is lost twice in the same place is the kernel's doing and a result; once only may be the emulator's.
    const settled = tried.result.ok && (lost === '' || lost === lostBefore);
    if (tried.result.ok && (settled || attempt === ATTEMPTS)) {
      const { result, bootMilliseconds, totalMilliseconds, warnings } = tried;
      const provenance = {
        method: 'lab',
        command: command(options),
        environment: environment(prepared, options, warnings, failedAttempts),
      } as const;
      const surface = assemble(options.architecture, result.value, provenance);
      options.onProgress?.({ phase: 'done', milliseconds: totalMilliseconds });
      return ok({ surface, collected: result.value, bootMilliseconds, totalMilliseconds, failedAttempts });
    }
    const failure = tried.result.ok ? null : tried.result.error;
    if (failure !== null && (attempt === ATTEMPTS || context.signal?.aborted === true || failure.code !== 'boot')) {
      return err(failure);
    }
    lostBefore = lost;
    const reason = failure?.message ?? `the machine was lost in ${lost}`;
    failedAttempts.push({ reason, console: tried.console });
    options.onProgress?.({ phase: 'retrying', attempt: attempt + 1, reason, console: tried.console });
  }
}

interface Tried {
  readonly result: Result<Collected, LabError>;
  readonly bootMilliseconds: number;
  readonly totalMilliseconds: number;
  readonly console: readonly string[];
  /** What QEMU itself complained about, such as CPU features that it does not emulate. */
  readonly warnings: readonly string[];
}

async function tryOnce(
  context: LabContext,
  prepared: Prepared,
  options: LabProbeOptions,
  attempt: number,
): Promise<Tried> {
  const boot: Boot = {
    architecture: options.architecture,
    kernel: prepared.kernel.image,
    image: prepared.image,
    medium: prepared.medium,
    cpu: cpuArgument(options.architecture, options.cpu),
    append: options.append ?? [],
    words: [],
  };
  const tail = new ConsoleTail();
  const warnings = new Set<string>();
  const started = performance.now();
  const counter = { boot: 0, done: 0, of: 0 };
  const launch = launchVm(prepared.qemu, boot, {
    onBoot: () => options.onProgress?.({ phase: 'booting', attempt }),
    onConsole(line) {
      tail.push(line);
      const warning = /^qemu-system-\S+: warning: (.*)$/.exec(line)?.[1];
      if (warning !== undefined) warnings.add(warning.trim());
    },
  });
  const onMessage = (message: Message): void => {
    if (message.event === 'hello') {
      if (counter.boot === 0) counter.boot = performance.now() - started;
      counter.of = counter.done + message.steps.length;
    } else if (message.event === 'begin') {
      options.onProgress?.({ phase: 'probing', step: message.step, done: counter.done, of: counter.of });
    } else if (message.event === 'end') counter.done++;
  };
  const collected = await supervise(launch, {
    steps: await stepsFor(options.architecture),
    patience: PATIENCE,
    startSeconds: START_SECONDS,
    onProgress: onMessage,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  return {
    result: collected.ok ? collected : err(failureOf(context, collected.error, tail)),
    bootMilliseconds: counter.boot,
    totalMilliseconds: performance.now() - started,
    console: tail.lines(),
    warnings: [...warnings],
  };
}

/** QEMU's own words, by error_report: it says what it was asked for that it cannot do, and another try would too. */
const QEMU_ERROR = /^qemu(?:-system-[^: ]+)?: (?!warning: |terminating )/;

function failureOf(
  context: LabContext,
  failure: { readonly code: 'unavailable' | 'worker'; readonly message: string },
  tail: ConsoleTail,
): LabError {
  if (context.signal?.aborted === true) return labError('interrupted', 'interrupted; the machine was ended');
  const console = tail.lines();
  const refusal = console.findLast((line) => QEMU_ERROR.test(line));
  if (refusal !== undefined) return labError('qemu', `QEMU refuses: ${refusal}`, { console });
  return failure.code === 'unavailable'
    ? labError('unavailable', `inside the machine: ${failure.message}`, { console })
    : labError('boot', failure.message, { console });
}

/** Names of the sections that ended with the machine. */
function lostSections(collected: Collected): string {
  return Object.entries(collected.sections)
    .filter(([, section]) => section.outcome === 'crashed' || section.outcome === 'deadline')
    .map(([name]) => name)
    .join(', ');
}

/** The command that does this again. */
function command(options: LabProbeOptions): string {
  const { architecture, kernel, modules, qemu, cpu, append = [] } = options;
  return [
    `evenkeel lab probe --arch ${architecture} --kernel ${kernel}`,
    ...(modules === undefined ? [] : [`--modules ${modules}`]),
    ...(qemu === undefined ? [] : [`--qemu ${qemu}`]),
    `--cpu ${cpu ?? MACHINES[architecture].cpus[0]?.name}`,
    ...append.map((word) => `--append ${word}`),
  ].join(' ');
}

function environment(
  { kernel, qemu, medium }: Prepared,
  { architecture, cpu, append = [] }: LabProbeOptions,
  warnings: readonly string[],
  failed: readonly FailedAttempt[],
): Readonly<Record<string, string>> {
  return {
    qemu: qemu.package === null ? qemu.version : `${qemu.version}; ${qemu.package}`,
    machine: `${MACHINES[architecture].machine}, accel=tcg`,
    cpu: cpuArgument(architecture, cpu),
    kernel: kernel.identity,
    image: medium,
    ...(append.length === 0 ? {} : { append: append.join(' ') }),
    ...(warnings.length === 0 ? {} : { 'qemu warnings': warnings.join('; ') }),
    ...(failed.length === 0 ? {} : { 'failed attempts': failed.map(({ reason }) => reason).join('; ') }),
  };
}
