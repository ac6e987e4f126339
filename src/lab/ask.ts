/**
 * A request carried out on a lab kernel: the machine is told it through its channel, and answers step by step. A machine
 * that fails to start is started again; one that dies in a step costs that step.
 */
import { err, ok } from '../model/index.ts';
import type { Architecture, Result } from '../model/index.ts';
import { stepsOf, supervise } from '../worker/index.ts';
import type { Collected, Message, Request } from '../worker/index.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { ConsoleTail, launchVm } from './launch.ts';
import { cpuArgument } from './machine.ts';
import type { Disk } from './machine.ts';
import { START_SECONDS } from './probe.ts';
import type { Prepared } from './probe.ts';

const ATTEMPTS = 3;

export interface Asked {
  readonly architecture: Architecture;
  readonly cpu?: string;
  readonly request: Request;
  /** How many times longer than on a host a step may take. */
  readonly patience: number;
  /** Further disks, and for `root=` the name of the image's among them. */
  readonly disks?: readonly Disk[];
  readonly root?: string;
  readonly onBoot?: (attempt: number) => void;
  readonly onMessage?: (message: Message) => void;
}

export async function ask(context: LabContext, prepared: Prepared, asked: Asked): Promise<Result<Collected, LabError>> {
  for (let attempt = 1; ; attempt++) {
    asked.onBoot?.(attempt);
    const tried = await tryOnce(context, prepared, asked);
    if (tried.ok || tried.error.code !== 'boot' || attempt === ATTEMPTS) return tried;
    context.notify({ level: 'warning', text: `${tried.error.message}; once more` });
  }
}

async function tryOnce(
  context: LabContext,
  prepared: Prepared,
  { architecture, cpu, request, patience, disks, root, onMessage }: Asked,
): Promise<Result<Collected, LabError>> {
  const tail = new ConsoleTail();
  const boot = {
    architecture,
    kernel: prepared.kernel.image,
    image: prepared.image,
    medium: prepared.medium,
    ...(disks === undefined ? {} : { disks }),
    ...(root === undefined ? {} : { root }),
    cpu: cpuArgument(architecture, cpu),
    append: [],
    words: [],
  };
  const listener = { onBoot: () => undefined, onConsole: (line: string) => tail.push(line) };
  const collected = await supervise(launchVm(prepared.qemu, boot, listener, request), {
    steps: await stepsOf(request, architecture),
    patience,
    startSeconds: START_SECONDS,
    ...(onMessage === undefined ? {} : { onProgress: onMessage }),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  if (collected.ok) return ok(collected.value);
  if (context.signal?.aborted === true) return err(labError('interrupted', 'interrupted; the machine was ended'));
  const console = tail.lines();
  return collected.error.code === 'unavailable'
    ? err(labError('unavailable', `inside the machine: ${collected.error.message}`, { console }))
    : err(labError('boot', collected.error.message, { console }));
}
