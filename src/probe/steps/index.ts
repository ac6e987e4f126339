/**
 * All probe steps, in the order in which they run. An architecture's are loaded when they are asked for: within an emulated
 * machine the tables of the other one would cost a good part of the boot.
 */
import type { Architecture, Plan } from '../../model/index.ts';
import type { Step } from '../step.ts';
import { capabilities } from './capabilities.ts';
import { host } from './host.ts';

const COMMON: readonly Step[] = [host, capabilities];

export async function stepsFor(architecture: Architecture): Promise<readonly Step[]> {
  switch (architecture) {
    case 'x86_64':
      return [...COMMON, ...(await import('./x86/index.ts')).X86_STEPS];
    case 'arm64':
      return [...COMMON, ...(await import('./arm64/index.ts')).ARM64_STEPS];
  }
}

/** Those in which a guest looks at its machine: of the probe, or on the machine that a plan makes. */
export async function observeSteps(architecture: Architecture, plan: Plan | null): Promise<readonly Step[]> {
  switch (architecture) {
    case 'x86_64':
      return plan === null
        ? [host, ...(await import('./x86/observe/index.ts')).OBSERVE]
        : [(await import('./x86/observe/plan.ts')).observePlan(plan)];
    case 'arm64':
      return plan === null
        ? [host, ...(await import('./arm64/observe/index.ts')).OBSERVE]
        : [(await import('./arm64/observe/plan.ts')).observePlan(plan)];
  }
}

/** The architecture that this process runs on, or null where Evenkeel knows none. */
export function ownArchitecture(): Architecture | null {
  return process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'arm64' : null;
}
