/**
 * The quirks that can be disabled: historical behaviour that KVM keeps by default (KVM API document, 7.x,
 * KVM_CAP_DISABLE_QUIRKS2). Each valid bit is disabled alone, and one that is not valid, on one VM made for this:
 * whether a call is accepted depends on its argument alone (kvm_vm_ioctl_enable_cap), not on what was disabled before.
 */
import type { QuirkData } from '../../../arch/x86/sections.ts';
import { hex } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { UNKNOWN_FLAG, bitsOf, tryFlags } from './flags.ts';
import { quirkEffects } from './quirk-effects.ts';

const KVM_CAP_DISABLE_QUIRKS = 116;
const KVM_CAP_DISABLE_QUIRKS2 = 213;
/** KVM_CAP_DISABLE_QUIRKS does not say which bits it knows: those of the last kernel without its successor, 5.16. */
const OLD_QUIRKS = 0x1fn;

export const quirk: Step = {
  name: 'quirk',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm }) {
    const created = kvm.createVm();
    if (!created.ok) return failed(created.error);
    using vm = created.value;
    const valid = vm.checkExtension(KVM_CAP_DISABLE_QUIRKS2);
    if (!valid.ok) return failed(valid.error);
    const old = vm.checkExtension(KVM_CAP_DISABLE_QUIRKS);
    if (!old.ok) return failed(old.error);
    const call = valid.value > 0 ? 'KVM_CAP_DISABLE_QUIRKS2' : old.value > 0 ? 'KVM_CAP_DISABLE_QUIRKS' : null;
    if (call === null) return measured(NONE);
    const capability = call === 'KVM_CAP_DISABLE_QUIRKS2' ? KVM_CAP_DISABLE_QUIRKS2 : KVM_CAP_DISABLE_QUIRKS;
    const mask = call === 'KVM_CAP_DISABLE_QUIRKS2' ? BigInt(valid.value) : OLD_QUIRKS;
    const trials = tryFlags(vm, capability, [...bitsOf(mask), UNKNOWN_FLAG]);
    const effects = quirkEffects(kvm, capability, mask);
    if (!effects.ok) return failed(effects.error);
    const data: QuirkData = {
      call,
      valid: valid.value > 0 ? hex(valid.value) : null,
      trials,
      effects: effects.value,
    };
    return measured(data);
  },
};

const NONE: QuirkData = { call: null, valid: null, trials: [], effects: [] };
