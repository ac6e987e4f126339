/** A plan as a step of the worker: carried out on a throw-away VM, its section what came of each call and each read. */
import type { Plan } from '../model/index.ts';
import { execute } from '../settings/index.ts';
import { measured } from '../probe/index.ts';
import type { Step } from '../probe/index.ts';

/** A plan makes some hundred ioctls at most; on a host they take milliseconds. */
const SECONDS = 10;

export function planSteps(plans: readonly Plan[]): Step[] {
  return plans.map((plan, index): Step => ({
    name: planStepName(index),
    seconds: SECONDS,
    run: (context) => measured(execute(context, plan, context.note)),
  }));
}

export function planStepName(index: number): string {
  return `plan-${index}`;
}
