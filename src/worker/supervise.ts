/**
 * The supervisor: starts a worker, collects its sections, and ends it where a step exceeds its deadline or the worker
 * dies. A step that was ended is recorded as such and the rest goes on in a fresh worker, so that one hung ioctl costs
 * one section. Works over any channel that carries the protocol (`Launch`).
 */
import type { Section } from '../model/index.ts';
import type { Step } from '../probe/index.ts';
import type { Collected } from './assemble.ts';
import type { Message } from './protocol.ts';

/** One running worker, as seen by the supervisor. */
export interface Worker {
  /** Ends the worker for good; must not return before it is gone. */
  readonly kill: () => Promise<void>;
}

export interface WorkerEvents {
  readonly onMessage: (message: Message) => void;
  /** The worker is gone: how, and the last of what it said besides messages. */
  readonly onExit: (reason: string) => void;
}

/** Node's own start-up and the loading of koffi; generous, because a machine may be busy. */
export const START_SECONDS: number = 30;

/** Starts a worker that leaves out the steps of `skip`. */
export type Launch = (skip: readonly string[], events: WorkerEvents) => Worker;

export interface ProbeFailure {
  readonly code: 'unavailable' | 'worker';
  readonly message: string;
  readonly errno?: string;
}

export interface SuperviseOptions {
  readonly steps: readonly Step[];
  /** Multiplies every step's deadline; the lab's emulated machines are slower. */
  readonly patience: number;
  /** Seconds from launch to the worker's first message. */
  readonly startSeconds: number;
  readonly onProgress?: (message: Message) => void;
  /** Ends the whole probe early; the worker is killed. */
  readonly signal?: AbortSignal;
}

export type SuperviseResult =
  { readonly ok: true; readonly value: Collected } | { readonly ok: false; readonly error: ProbeFailure };

type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'unavailable'; readonly failure: ProbeFailure }
  | { readonly kind: 'deadline' | 'exit' | 'abort'; readonly reason: string };

export async function supervise(launch: Launch, options: SuperviseOptions): Promise<SuperviseResult> {
  const sections: Record<string, Section> = {};
  const stepMilliseconds: Record<string, number> = {};
  let ioctls: number | null = null;
  for (;;) {
    const state: RoundState = { step: null, during: 'starting', begun: performance.now() };
    const ending = await round(launch, options, Object.keys(sections), state, (message) => {
      if (message.event === 'end') {
        sections[message.step] = message.section;
        stepMilliseconds[message.step] = message.milliseconds;
      } else if (message.event === 'done') ioctls = (ioctls ?? 0) + message.ioctls;
    });
    if (ending.kind === 'unavailable') return { ok: false, error: ending.failure };
    if (ending.kind === 'abort') return { ok: false, error: { code: 'worker', message: ending.reason } };
    if (ending.kind === 'done') {
      const milliseconds = Object.values(stepMilliseconds).reduce((sum, value) => sum + value, 0);
      return { ok: true, value: { sections, ioctls, milliseconds, stepMilliseconds } };
    }
    if (state.step === null) {
      return { ok: false, error: { code: 'worker', message: `the probe did not start: ${ending.reason}` } };
    }
    sections[state.step] =
      ending.kind === 'deadline'
        ? { outcome: 'deadline', milliseconds: Math.round(performance.now() - state.begun), during: state.during }
        : { outcome: 'crashed', reason: ending.reason, during: state.during };
    // The calls of a round that was ended are not known.
    ioctls = null;
  }
}

interface RoundState {
  step: string | null;
  during: string;
  begun: number;
}

function round(
  launch: Launch,
  options: SuperviseOptions,
  skip: readonly string[],
  state: RoundState,
  record: (message: Message) => void,
): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  let timer: NodeJS.Timeout | undefined;
  let worker: Worker | null = null;
  let settled = false;
  const settle = (ending: Ending): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    const gone = worker?.kill() ?? Promise.resolve();
    void gone.then(() => resolve(ending));
  };
  const abort = (): void => settle({ kind: 'abort', reason: 'interrupted' });
  const arm = (seconds: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => settle({ kind: 'deadline', reason: `no answer within ${seconds} s` }), seconds * 1000);
  };
  if (options.signal?.aborted === true) return Promise.resolve({ kind: 'abort', reason: 'interrupted' });
  options.signal?.addEventListener('abort', abort);
  arm(options.startSeconds);
  worker = launch(skip, {
    onMessage(message) {
      if (settled) return;
      record(message);
      options.onProgress?.(message);
      switch (message.event) {
        case 'hello':
          return;
        case 'begin': {
          state.step = message.step;
          state.during = message.step;
          state.begun = performance.now();
          const step = options.steps.find((candidate) => candidate.name === message.step);
          return arm((step?.seconds ?? 10) * options.patience);
        }
        case 'note':
          state.during = message.what;
          return;
        case 'end':
          state.step = null;
          return arm(options.startSeconds);
        case 'done':
          return settle({ kind: 'done' });
        case 'unavailable':
          return settle({
            kind: 'unavailable',
            failure: {
              code: 'unavailable',
              errno: message.errno,
              message: `${message.call}(${message.detail}): ${message.errno}: ${message.meaning}`,
            },
          });
      }
    },
    onExit: (reason) => settle({ kind: 'exit', reason }),
  });
  return promise;
}
