/**
 * How a VMM can show an MSR other than KVM does: hide it from the guest with a filter (KVM_X86_SET_MSR_FILTER, reads
 * and writes apart), and answer it itself (KVM_CAP_X86_USER_SPACE_MSR).
 */
import { KVM_X86_SET_MSR_FILTER } from '../../../kvm/index.ts';
import type { FlagTrial, MsrControlData } from '../../../arch/x86/sections.ts';
import { hex } from '../../../model/index.ts';
import { absent, failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { UNKNOWN_FLAG, bitsOf, tryFlags } from './flags.ts';

const KVM_CAP_X86_USER_SPACE_MSR = 188;
const KVM_CAP_X86_MSR_FILTER = 189;
/** IA32_ARCH_CAPABILITIES: any MSR would do. */
const FILTERED = 0x10a;
/** KVM_MSR_FILTER_READ, KVM_MSR_FILTER_WRITE, both, and a flag that does not exist. */
const FILTER_FLAGS = [1, 2, 3, 1 << 30];

export const msrControl: Step = {
  name: 'msr-control',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm, scratch }) {
    const created = kvm.createVm();
    if (!created.ok) return failed(created.error);
    using vm = created.value;
    const userSpace = vm.checkExtension(KVM_CAP_X86_USER_SPACE_MSR);
    if (!userSpace.ok) return failed(userSpace.error);
    const filter = vm.checkExtension(KVM_CAP_X86_MSR_FILTER);
    if (!filter.ok) return failed(filter.error);
    if (userSpace.value === 0 && filter.value === 0) {
      return absent('KVM_CAP_X86_USER_SPACE_MSR and KVM_CAP_X86_MSR_FILTER are both 0');
    }
    // A bitmap of one bit, clear: the operation is denied.
    scratch.view.setBigUint64(0, 0n, true);
    const data: MsrControlData = {
      userSpace: hex(userSpace.value),
      userSpaceTrials: tryFlags(vm, KVM_CAP_X86_USER_SPACE_MSR, [...bitsOf(7n), UNKNOWN_FLAG]),
      filterTrials: FILTER_FLAGS.map((rangeFlags): FlagTrial => {
        const range = { rangeFlags, nmsrs: 1, base: FILTERED, bitmap: scratch.address };
        const done = vm.struct(KVM_X86_SET_MSR_FILTER, range, `flags=${rangeFlags} base=${hex(FILTERED)}`);
        return { flags: hex(rangeFlags), outcome: done.ok ? 'accepted' : done.error.errnoName };
      }),
    };
    return measured(data);
  },
};
