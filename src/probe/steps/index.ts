/** All probe steps, in the order in which they run. */
import type { Architecture } from '../../model/index.ts';
import type { Step } from '../step.ts';
import { ARM64_STEPS } from './arm64/index.ts';
import { capabilities } from './capabilities.ts';
import { host } from './host.ts';
import { X86_STEPS } from './x86/index.ts';

const COMMON: readonly Step[] = [host, capabilities];

export function stepsFor(architecture: Architecture): readonly Step[] {
  switch (architecture) {
    case 'x86_64':
      return [...COMMON, ...X86_STEPS];
    case 'arm64':
      return [...COMMON, ...ARM64_STEPS];
  }
}

/** The architecture that this process runs on, or null where Evenkeel knows none. */
export function ownArchitecture(): Architecture | null {
  return process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'arm64' : null;
}
