/** All probe steps, in the order in which they run. */
import type { Architecture, Plan } from '../../model/index.ts';
import type { Step } from '../step.ts';
import { ARM64_STEPS } from './arm64/index.ts';
import { OBSERVE as ARM64_OBSERVE } from './arm64/observe/index.ts';
import { observePlan as observeArm64Plan } from './arm64/observe/plan.ts';
import { capabilities } from './capabilities.ts';
import { host } from './host.ts';
import { X86_STEPS } from './x86/index.ts';
import { OBSERVE as X86_OBSERVE } from './x86/observe/index.ts';

const COMMON: readonly Step[] = [host, capabilities];

export function stepsFor(architecture: Architecture): readonly Step[] {
  switch (architecture) {
    case 'x86_64':
      return [...COMMON, ...X86_STEPS];
    case 'arm64':
      return [...COMMON, ...ARM64_STEPS];
  }
}

/** Those in which a guest looks at its machine: of the probe, or on the machine that a plan makes. */
export function observeSteps(architecture: Architecture, plan: Plan | null): readonly Step[] {
  switch (architecture) {
    case 'x86_64':
      return plan === null ? [host, ...X86_OBSERVE] : [];
    case 'arm64':
      return plan === null ? [host, ...ARM64_OBSERVE] : [observeArm64Plan(plan)];
  }
}

/** The architecture that this process runs on, or null where Evenkeel knows none. */
export function ownArchitecture(): Architecture | null {
  return process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'arm64' : null;
}
