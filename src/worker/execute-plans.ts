/** Carries plans out in a worker process under deadlines, on this host or wherever `launch` starts one. */
import { err, ok } from '../model/index.ts';
import type { Execution, Plan, Result } from '../model/index.ts';
import { launchLocal } from './launch.ts';
import { planStepName, planSteps } from './plan-step.ts';
import { START_SECONDS, supervise } from './supervise.ts';
import type { Launch, ProbeFailure, SuperviseOptions } from './supervise.ts';

/** A plan whose worker hung or died in it has no execution, but where. */
export type PlanExecution = Result<Execution, { readonly message: string }>;

/** One for each plan, in their order. */
export async function executePlans(
  plans: readonly Plan[],
  options: { readonly signal?: AbortSignal; readonly device?: string } = {},
): Promise<Result<readonly PlanExecution[], ProbeFailure>> {
  const { signal, device } = options;
  const launch = launchLocal({ request: { kind: 'plans', plans }, ...(device === undefined ? {} : { device }) });
  return supervisePlans(launch, plans, {
    patience: 1,
    startSeconds: START_SECONDS,
    ...(signal === undefined ? {} : { signal }),
  });
}

export async function supervisePlans(
  launch: Launch,
  plans: readonly Plan[],
  options: Omit<SuperviseOptions, 'steps'>,
): Promise<Result<readonly PlanExecution[], ProbeFailure>> {
  const collected = await supervise(launch, { ...options, steps: planSteps(plans) });
  if (!collected.ok) return collected;
  return ok(
    plans.map((_, index): PlanExecution => {
      const section = collected.value.sections[planStepName(index)];
      switch (section?.outcome) {
        case 'measured':
          // The worker is this program; its step of that name writes an execution (plan-step.ts).
          return ok(section.data as Execution);
        case 'deadline':
          return err({ message: `no answer within ${section.milliseconds} ms: ${section.during}` });
        case 'crashed':
          return err({ message: `${section.reason}: ${section.during}` });
        case 'failed':
          return err({ message: `${section.call}(${section.detail}): ${section.errno}: ${section.meaning}` });
        case 'absent':
          return err({ message: section.reason });
        case undefined:
          return err({ message: 'the worker ended without carrying it out' });
      }
    }),
  );
}
