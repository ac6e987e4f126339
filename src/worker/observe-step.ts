/** A request to let a guest look at its machine: the one that it gets by default, or the one that a plan makes. */
import type { Architecture, Plan } from '../model/index.ts';
import { observeSteps } from '../probe/index.ts';
import type { Step } from '../probe/index.ts';

export type ObserveRequest =
  /** `plan` null: the default machine, as the probe does it. */
  { readonly kind: 'observe'; readonly plan: Plan | null };

export function observation({ plan }: ObserveRequest, architecture: Architecture): Promise<readonly Step[]> {
  return observeSteps(architecture, plan);
}
