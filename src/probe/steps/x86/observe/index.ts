/** What a guest sees of the machine that it is given by default, and how KVM behaves towards it. */
import type { Step } from '../../../step.ts';
import { behaviour } from './behaviour.ts';

export const OBSERVE: readonly Step[] = [behaviour];
