/** Before anything of a machine is saved, each vCPU finishes the instruction that it left KVM_RUN in the middle of. */
import { finishExit } from '../guest/finish-exit.ts';
import type { GuestMachine } from '../guest/machine.ts';
import { err, ok } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { saveError } from './state.ts';
import type { SaveError } from './state.ts';

export function finishPending({ vcpus }: GuestMachine): Result<undefined, SaveError> {
  for (const vcpu of vcpus) {
    const done = finishExit(vcpu);
    if (!done.ok) return err(saveError(`vcpu/${vcpu.id}/run`, done.error));
  }
  return ok(undefined);
}
