/**
 * The rate of a guest's TSC: the default, and whether it can be made slower and faster (KVM_SET_TSC_KHZ, KVM API
 * document, 4.55), read back. kHz are calibrated by the host at each boot, hence the factors.
 */
import { KVM_GET_TSC_KHZ, KVM_SET_TSC_KHZ } from '../../../kvm/index.ts';
import type { TscData } from '../../../arch/x86/sections.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { createFresh } from './fresh.ts';

const KVM_CAP_TSC_CONTROL = 60;
const KVM_CAP_VM_TSC_CONTROL = 214;

export const tsc: Step = {
  name: 'tsc',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm }) {
    const control = kvm.checkExtension(KVM_CAP_TSC_CONTROL);
    if (!control.ok) return failed(control.error);
    const vmControl = kvm.checkExtension(KVM_CAP_VM_TSC_CONTROL);
    if (!vmControl.ok) return failed(vmControl.error);
    const created = createFresh(kvm);
    if (!created.ok) return failed(created.error);
    using fresh = created.value;
    const { vcpu } = fresh;
    const khz = vcpu.integer(KVM_GET_TSC_KHZ, 0);
    const attempt = (factor: '1/2' | '2', wrote: number): TscData['trials'][number] => {
      const set = vcpu.integer(KVM_SET_TSC_KHZ, wrote);
      const reads = vcpu.integer(KVM_GET_TSC_KHZ, 0);
      const outcome = !set.ok
        ? set.error.errnoName
        : reads.ok && reads.value === wrote
          ? 'taken'
          : reads.ok && khz.ok && reads.value === khz.value
            ? 'ignored'
            : 'changed';
      return { factor, wrote, outcome, reads: reads.ok ? reads.value : null };
    };
    const data: TscData = {
      control: control.value,
      vmControl: vmControl.value,
      khz: khz.ok ? khz.value : null,
      trials: khz.ok ? [attempt('1/2', khz.value >> 1), attempt('2', khz.value * 2)] : [],
    };
    return measured(data);
  },
};
