/** Whether a VM can be made without a PMU (KVM_CAP_PMU_CAPABILITY, before its first vCPU). */
import type { PmuData } from '../../../arch/x86/sections.ts';
import { absent, failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { UNKNOWN_FLAG, tryFlags } from './flags.ts';

const KVM_CAP_PMU_CAPABILITY = 212;
const KVM_PMU_CAP_DISABLE = 1n;

export const pmu: Step = {
  name: 'pmu',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm }) {
    const created = kvm.createVm();
    if (!created.ok) return failed(created.error);
    using vm = created.value;
    const capability = vm.checkExtension(KVM_CAP_PMU_CAPABILITY);
    if (!capability.ok) return failed(capability.error);
    const trials = tryFlags(vm, KVM_CAP_PMU_CAPABILITY, [KVM_PMU_CAP_DISABLE, UNKNOWN_FLAG]);
    if (capability.value === 0 && trials.every(({ outcome }) => outcome !== 'accepted')) {
      return absent('KVM_CHECK_EXTENSION(KVM_CAP_PMU_CAPABILITY) is 0, and KVM_ENABLE_CAP refuses its flags');
    }
    const data: PmuData = { capability: capability.value, trials };
    return measured(data);
  },
};
