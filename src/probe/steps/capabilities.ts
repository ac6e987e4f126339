/**
 * Every KVM capability with its value, asked of the system fd and of a fresh VM (KVM_CHECK_EXTENSION). Numbers that
 * this version has no name for are asked too, far beyond the highest that any kernel has given out.
 */
import { CAPABILITY_NAMES } from '../../kvm/index.ts';
import type { KvmError } from '../../kvm/index.ts';
import type { Json, Result } from '../../model/index.ts';
import { failed, measured } from '../step.ts';
import type { Step } from '../step.ts';

/** Linux 7.3 ends at 251. */
const SCANNED = 512;

type Ask = (capability: number) => Result<number, KvmError>;

export const capabilities: Step = {
  name: 'capabilities',
  seconds: 5,
  run({ kvm }) {
    const system = scan((number) => kvm.checkExtension(number));
    const created = kvm.createVm();
    if (!created.ok) return failed(created.error);
    using vm = created.value;
    return measured({ scanned: SCANNED, system, vm: scan((number) => vm.checkExtension(number)) });
  },
};

function scan(ask: Ask): Json[] {
  const present: Json[] = [];
  for (let number = 0; number < SCANNED; number++) {
    const answer = ask(number);
    const name = CAPABILITY_NAMES[number] ?? null;
    if (!answer.ok) present.push({ number, name, errno: answer.error.errnoName });
    else if (answer.value !== 0) present.push({ number, name, value: answer.value });
  }
  return present;
}
