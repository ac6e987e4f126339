/** Carries a plan out on a throw-away VM: every step, whatever came of those before, then every word read back. */
import type { Execution, Plan } from '../model/index.ts';
import { makeCall } from './calls.ts';
import { Machine } from './machine.ts';
import type { Host } from './machine.ts';
import { readWords } from './reads.ts';

/**
 * Blocks for as long as its ioctls do: for a process that may be killed. `note` is told what is being done, so that a
 * deadline can name it. Nothing of the host is changed, and the VM is gone when it returns.
 */
export function execute(host: Host, plan: Plan, note: (what: string) => void = () => undefined): Execution {
  using machine = new Machine(host);
  const steps = plan.steps.map(({ rule, call }) => {
    note(`${rule}: ${call.call}`);
    return makeCall(machine, call, 0);
  });
  note('reading back');
  return { steps, reads: readWords(machine, plan.words) };
}
