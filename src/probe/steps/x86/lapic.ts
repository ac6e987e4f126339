/** The local APIC of a fresh vCPU, with the interrupt controller in the kernel (KVM API document, 4.57). */
import { KVM_CREATE_IRQCHIP, KVM_GET_LAPIC } from '../../../kvm/index.ts';
import type { LapicData } from '../../../arch/x86/sections.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { createFresh } from './fresh.ts';
import { nonzeroWords } from './words.ts';

export const lapic: Step = {
  name: 'lapic',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm }) {
    const created = createFresh(kvm, (vm) => vm.integer(KVM_CREATE_IRQCHIP, 0));
    if (!created.ok) return failed(created.error);
    using fresh = created.value;
    const page = fresh.vcpu.struct(KVM_GET_LAPIC, {});
    if (!page.ok) return failed(page.error);
    const data: LapicData = { registers: nonzeroWords(page.value.regs) };
    return measured(data);
  },
};
