/**
 * A live update: one lab machine in which a guest runs on one kernel, is saved, waits on a disk while kexec puts another
 * kernel in the first one's place, and goes on there.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { err, ok } from '../model/index.ts';
import type { Architecture, Result, Section } from '../model/index.ts';
import { Decoder, arriving, leaving, stepsOf, supervise } from '../worker/index.ts';
import type { JobDone, Launch, LiveUpdate, Message, SuperviseResult, WorkerEvents } from '../worker/index.ts';
import type { LabContext } from './context.ts';
import { fileError, labError } from './error.ts';
import type { LabError } from './error.ts';
import { ConsoleTail } from './launch.ts';
import { writeUpdateDisk } from './live-update-disk.ts';
import { commandLine, cpuArgument } from './machine.ts';
import type { Boot } from './machine.ts';
import { copyNamed, partitionName } from './named-disk.ts';
import { PATIENCE, START_SECONDS } from './probe.ts';
import type { Prepared } from './probe.ts';
import { startVm } from './vm.ts';

export interface LiveUpdateOptions {
  readonly architecture: Architecture;
  readonly cpu?: string;
  readonly from: Prepared;
  readonly to: Prepared;
  readonly update: LiveUpdate;
  /** Told of each stage as it begins: `boot`, `leave`, `kexec`, `arrive`. */
  readonly onStage?: (stage: Stage) => void;
}

export type Stage = 'boot' | 'leave' | 'kexec' | 'arrive';

export interface LiveUpdated {
  readonly left: JobDone;
  readonly arrived: JobDone;
  /** From the moment at which the guest's state began to be read to the one at which its vCPUs could run again. */
  readonly pauseMilliseconds: number;
}

/** Disk signatures of the two images; any two would do. */
const SIGNATURES = { from: 0x4b45_0001, to: 0x4b45_0002 } as const;

/** The next command line is written in the place of the first, on arm64, and must not be longer. */
const ROOM = `room=${'_'.repeat(16)}`;

export async function labLiveUpdate(
  context: LabContext,
  options: LiveUpdateOptions,
): Promise<Result<LiveUpdated, LabError>> {
  const { from, to } = options;
  if (from.medium !== 'disk' || to.medium !== 'disk') {
    return err(labError('tool', 'a live update needs images that are disks', { hint: 'apt-get install e2fsprogs' }));
  }
  const directory = await mkdtemp(join(tmpdir(), 'evenkeel-live-update-'));
  try {
    const boot = await prepareDisks(directory, options);
    return await inOneMachine(context, options, boot);
  } catch (error) {
    return err(fileError('cannot write the disks of a live update', error));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepareDisks(
  directory: string,
  { architecture, cpu, from, to, update }: LiveUpdateOptions,
): Promise<Boot> {
  const file = (name: string): string => join(directory, name);
  await copyNamed(from.image, file('from.disk'), SIGNATURES.from);
  await copyNamed(to.image, file('to.disk'), SIGNATURES.to);
  const common = { architecture, medium: 'disk', append: [] } as const;
  const next = commandLine({ ...common, root: partitionName(SIGNATURES.to), words: ['arrive'] });
  await writeUpdateDisk(file('update.disk'), {
    kernel: await readFile(to.kernel.image),
    commandLine: next,
    orders: update,
  });
  return {
    ...common,
    kernel: from.kernel.image,
    image: file('from.disk'),
    disks: [
      { file: file('to.disk'), writable: false },
      { file: file('update.disk'), writable: true },
    ],
    root: partitionName(SIGNATURES.from),
    cpu: cpuArgument(architecture, cpu),
    words: ['leave', ROOM],
  };
}

async function inOneMachine(
  context: LabContext,
  { architecture, from, update, onStage }: LiveUpdateOptions,
  boot: Boot,
): Promise<Result<LiveUpdated, LabError>> {
  const tail = new ConsoleTail();
  const relay = new Relay();
  onStage?.('boot');
  const vm = startVm(from.qemu, boot, {
    onConsole: (line) => tail.push(line),
    onChannel: (chunk) => relay.push(chunk),
    onExit: (how) => relay.end(how),
  });
  const stage = async (request: ReturnType<typeof leaving>, name: Stage): Promise<SuperviseResult> =>
    supervise(relay.launch, {
      steps: await stepsOf(request, architecture),
      patience: PATIENCE,
      startSeconds: START_SECONDS,
      onProgress: (message) => {
        if (message.event === 'hello') onStage?.(name);
      },
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    });
  const failed = (what: string): Result<never, LabError> =>
    err(
      context.signal?.aborted === true
        ? labError('interrupted', 'interrupted; the machine was ended')
        : labError('boot', what, { console: tail.lines() }),
    );
  try {
    const left = await stage(leaving(update), 'leave');
    if (!left.ok) return failed(`on the first kernel: ${left.error.message}`);
    const saved = left.value.sections[update.save.name];
    const second = arriving(update, saved);
    const leftJob = jobOf(saved);
    if (second === null || leftJob === null) return failed(`the guest was not saved: ${whyNot(saved)}`);
    onStage?.('kexec');
    const arrived = await stage(second, 'arrive');
    if (!arrived.ok) return failed(`on the second kernel: ${arrived.error.message}`);
    const restored = arrived.value.sections[update.restore.name];
    const arrivedJob = jobOf(restored);
    if (arrivedJob === null) return failed(`the guest was not restored: ${whyNot(restored)}`);
    const away = relay.at('begin', update.restore.name) - relay.at('end', update.save.name);
    const pauseMilliseconds =
      away + leftJob.milliseconds.save + arrivedJob.milliseconds.plan + arrivedJob.milliseconds.restore;
    return ok({ left: leftJob, arrived: arrivedJob, pauseMilliseconds: Math.round(pauseMilliseconds) });
  } finally {
    await vm.kill();
  }
}

function jobOf(section: Section | undefined): JobDone | null {
  // The worker inside is this program; its steps of a round trip say what came of a job.
  return section?.outcome === 'measured' ? (section.data as JobDone) : null;
}

function whyNot(section: Section | undefined): string {
  if (section === undefined) return 'the machine ended before';
  if (section.outcome === 'measured') return jobOf(section)?.failure ?? 'there is no snapshot';
  return JSON.stringify(section);
}

/**
 * One machine as two workers, one after the other: what it says goes to the worker of the day, and is kept for the next
 * one while there is none.
 */
class Relay {
  readonly #decoder: Decoder = new Decoder();
  readonly #times: Map<string, number> = new Map();
  #waiting: Message[] = [];
  #events: WorkerEvents | null = null;
  #ended: string | null = null;

  push(chunk: Uint8Array): void {
    this.#decoder.push(
      chunk,
      (message) => {
        if ('step' in message) this.#times.set(`${message.event} ${message.step}`, performance.now());
        if (this.#events === null) this.#waiting.push(message);
        else this.#events.onMessage(message);
      },
      () => undefined,
    );
  }

  end(how: string): void {
    this.#ended = how;
    this.#events?.onExit(how);
  }

  /** Milliseconds on this program's clock at which a step began or ended. */
  at(event: 'begin' | 'end', step: string): number {
    return this.#times.get(`${event} ${step}`) ?? Number.NaN;
  }

  /** The machine cannot be started again in the middle: a worker that should leave steps out is one that ended. */
  readonly launch: Launch = (skip, events) => {
    queueMicrotask(() => {
      if (skip.length > 0) return events.onExit('the machine of a live update is not started again');
      this.#events = events;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const message of waiting) events.onMessage(message);
      if (this.#ended !== null) events.onExit(this.#ended);
    });
    return {
      kill: () => {
        this.#events = null;
        return Promise.resolve();
      },
    };
  };
}
