/** Calls before KVM_ARM_VCPU_INIT, a second one, and those that belong before KVM_CREATE_VCPU. */
import { KVM_ARM_PREFERRED_TARGET, KVM_ARM_VCPU_INIT, KVM_GET_REG_LIST, KVM_RUN } from '../../../../kvm/index.ts';
import type { KvmError } from '../../../../kvm/index.ts';
import { MIDR_EL1 } from '../../../../arch/arm64/ids.ts';
import { ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { featureWord } from '../vcpu.ts';

/** Rule, capability: a VM whose first vCPU is there is told of it. */
const LATE: readonly (readonly [name: string, number: number])[] = [
  ['KVM_CAP_ARM_MTE', 205],
  ['KVM_CAP_ARM_WRITABLE_IMP_ID_REGS', 239],
];

export function beforeInit({ kvm, scratch }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const created = kvm.createVm();
  if (!created.ok) return created;
  using vm = created.value;
  const made = vm.createVcpu(0);
  if (!made.ok) return made;
  using vcpu = made.value;
  for (const [name, number] of LATE) {
    const present = vm.checkExtension(number);
    if (!present.ok || present.value === 0) continue;
    trials.tried('arm64/vm-model', ['KVM_CREATE_VCPU', `KVM_ENABLE_CAP(${name})`], vm.enableCapability(number));
  }
  const early = (call: string, done: Result<unknown, KvmError>): void =>
    trials.tried('arm64/vcpu-init', ['KVM_CREATE_VCPU', call], done);
  early('KVM_GET_ONE_REG of MIDR_EL1', vcpu.getOneReg(scratch, MIDR_EL1));
  early('KVM_GET_REG_LIST', vcpu.list(KVM_GET_REG_LIST, 512));
  // Nothing is run: a vCPU that is not initialized is refused.
  early('KVM_RUN', vcpu.integer(KVM_RUN, 0));

  const target = vm.struct(KVM_ARM_PREFERRED_TARGET, {});
  if (!target.ok) return target;
  const init = (features0: number): Result<unknown, KvmError> =>
    vcpu.struct(KVM_ARM_VCPU_INIT, { target: target.value.target, features0 });
  const psci = featureWord(['PSCI_0_2']);
  const first = init(psci);
  if (!first.ok) return first;
  const again = (which: string, features: number): void =>
    trials.tried('arm64/vcpu-init', ['KVM_ARM_VCPU_INIT', `KVM_ARM_VCPU_INIT with ${which} features`], init(features));
  again('the same', psci);
  again('other', 0);
  return ok(undefined);
}
