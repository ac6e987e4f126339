/** The steps that only an x86_64 host answers. */
import type { Step } from '../../step.ts';

export const X86_STEPS: readonly Step[] = [];
