/** The steps that only an arm64 host answers. */
import type { Step } from '../../step.ts';

export const ARM64_STEPS: readonly Step[] = [];
