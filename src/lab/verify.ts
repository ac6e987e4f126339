/**
 * Plans carried out on a lab kernel: the machine is told them through its channel, as soon as its program is there, and
 * answers with what came of each call. One boot for all plans of a kernel.
 */
import { err, ok } from '../model/index.ts';
import type { Plan, Result } from '../model/index.ts';
import { supervisePlans } from '../worker/index.ts';
import type { PlanExecution } from '../worker/index.ts';
import type { LabContext } from './context.ts';
import { labError } from './error.ts';
import type { LabError } from './error.ts';
import { ConsoleTail, launchVm } from './launch.ts';
import { cpuArgument } from './machine.ts';
import { PATIENCE, START_SECONDS, prepare } from './probe.ts';
import type { LabProbeOptions, Prepared } from './probe.ts';

const ATTEMPTS = 3;

export type LabVerifyOptions = Omit<LabProbeOptions, 'onProgress'>;

/** One execution for each plan, in their order. */
export async function labExecute(
  context: LabContext,
  options: LabVerifyOptions,
  plans: readonly Plan[],
): Promise<Result<readonly PlanExecution[], LabError>> {
  const prepared = await prepare(context, options);
  if (!prepared.ok) return prepared;
  for (let attempt = 1; ; attempt++) {
    const tried = await tryOnce(context, prepared.value, options, plans);
    if (tried.ok || tried.error.code !== 'boot' || attempt === ATTEMPTS) return tried;
    context.notify({ level: 'warning', text: `${tried.error.message}; once more` });
  }
}

async function tryOnce(
  context: LabContext,
  prepared: Prepared,
  { architecture, cpu, append }: LabVerifyOptions,
  plans: readonly Plan[],
): Promise<Result<readonly PlanExecution[], LabError>> {
  const tail = new ConsoleTail();
  const boot = {
    architecture,
    kernel: prepared.kernel.image,
    image: prepared.image,
    medium: prepared.medium,
    cpu: cpuArgument(architecture, cpu),
    append: append ?? [],
    words: [],
  };
  const listener = { onBoot: () => undefined, onConsole: (line: string) => tail.push(line) };
  const launch = launchVm(prepared.qemu, boot, listener, { kind: 'plans', plans });
  const executed = await supervisePlans(launch, plans, {
    patience: PATIENCE,
    startSeconds: START_SECONDS,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  if (executed.ok) return ok(executed.value);
  if (context.signal?.aborted === true) return err(labError('interrupted', 'interrupted; the machine was ended'));
  const console = tail.lines();
  return executed.error.code === 'unavailable'
    ? err(labError('unavailable', `inside the machine: ${executed.error.message}`, { console }))
    : err(labError('boot', executed.error.message, { console }));
}
