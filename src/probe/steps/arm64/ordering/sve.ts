/** Vector registers before KVM_ARM_VCPU_FINALIZE, vector lengths after it. */
import { idOf } from '../../../../arch/arm64/names.ts';
import { SVE_VLS } from '../../../../arch/arm64/ids.ts';
import { KVM_ARM_VCPU_FINALIZE, KVM_GET_REG_LIST, KVM_RUN } from '../../../../kvm/index.ts';
import type { KvmError } from '../../../../kvm/index.ts';
import { ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { createMachine, FEATURE_BITS, missingCapability } from '../vcpu.ts';

const INIT = 'KVM_ARM_VCPU_INIT with SVE';
const FINALIZE = 'KVM_ARM_VCPU_FINALIZE';

export function sveOrder({ kvm, scratch }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  if (missingCapability(kvm, ['SVE']) !== null) return ok(undefined);
  const created = createMachine(kvm, ['PSCI_0_2', 'SVE'], { finalize: false, gic: null });
  if (!created.ok) return created;
  using machine = created.value;
  const { vcpu } = machine;
  const z0 = idOf('reg/Z0');
  const early = (call: string, done: Result<unknown, KvmError>): void =>
    trials.tried('arm64/finalize', [INIT, call], done);
  early('KVM_GET_REG_LIST', vcpu.list(KVM_GET_REG_LIST, 512));
  if (z0 !== null) early('KVM_GET_ONE_REG of Z0', vcpu.getOneReg(scratch, z0));
  // Nothing is run: a vCPU that is not finalized is refused.
  early('KVM_RUN', vcpu.integer(KVM_RUN, 0));
  const lengths = vcpu.getOneReg(scratch, SVE_VLS);
  const finalize = (): Result<unknown, KvmError> => vcpu.pointerToInt(KVM_ARM_VCPU_FINALIZE, FEATURE_BITS.SVE);
  const done = finalize();
  if (!done.ok) return done;
  if (lengths.ok) {
    const calls = [FINALIZE, 'KVM_SET_ONE_REG of KVM_REG_ARM64_SVE_VLS'];
    trials.tried('arm64/vector-lengths', calls, vcpu.setOneReg(scratch, SVE_VLS, lengths.value));
  }
  trials.tried('arm64/finalize', [FINALIZE, FINALIZE], finalize());
  return ok(undefined);
}
