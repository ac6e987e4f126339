/** What a guest sees of an arm64 host. */
import type { Step } from '../../../step.ts';
import { behaviour } from './behaviour.ts';
import { observed } from './observed.ts';

export const OBSERVE: readonly Step[] = [observed, behaviour];
