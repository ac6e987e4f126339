/**
 * What KVM does with calls that come at another place than `arch/ordering` gives them: each wrong order is tried on a VM
 * made for it, and the effect looked at where something shows it.
 */
import { failed, measured } from '../../../step.ts';
import type { Step } from '../../../step.ts';
import { OrderTrials } from '../../order-trials.ts';
import { afterRun } from './after-run.ts';
import { afterVcpu } from './after-vcpu.ts';
import { beforeCpuid } from './before-cpuid.ts';
import { quirkOrder } from './quirks.ts';
import { restoredState } from './restored-state.ts';

export const ordering: Step = {
  name: 'ordering',
  architecture: 'x86_64',
  seconds: 10,
  run(context) {
    const trials = new OrderTrials();
    for (const group of [afterVcpu, quirkOrder, beforeCpuid, restoredState]) {
      const done = group(context, trials);
      if (!done.ok) return failed(done.error);
    }
    const ran = afterRun(context, trials);
    return ran.ok ? measured({ ran: ran.value, trials: trials.rows }) : failed(ran.error);
  },
};
