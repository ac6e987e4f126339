/** What a guest sees of the machine that it is given by default, and how KVM behaves towards it. */
import type { Step } from '../../../step.ts';
import { behaviour } from './behaviour.ts';
import { observed } from './observed.ts';

export const OBSERVE: readonly Step[] = [observed, behaviour];
