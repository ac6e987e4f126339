/**
 * The x2APIC flags (KVM API document, KVM_CAP_X2APIC_API), each enabled alone on a VM without and on one with the
 * split interrupt controller: suppression of EOI broadcasts is only for the latter. KVM does not give them back.
 */
import type { Kvm, KvmError, Vm } from '../../../kvm/index.ts';
import type { FlagTrial, X2apicData } from '../../../arch/x86/sections.ts';
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { UNKNOWN_FLAG, tryFlags } from './flags.ts';

const KVM_CAP_SPLIT_IRQCHIP = 121;
const KVM_CAP_X2APIC_API = 129;
/** Pins of the IOAPIC that stays in user space: what QEMU's machines have. */
const IOAPIC_PINS = 24n;
const FLAGS = [1n, 2n, 4n, 8n, UNKNOWN_FLAG];

export const x2apic: Step = {
  name: 'x2apic',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm }) {
    const system = kvm.checkExtension(KVM_CAP_X2APIC_API);
    if (!system.ok) return failed(system.error);
    const plain = tryOn(kvm, () => ok(0));
    if (!plain.ok) return failed(plain.error);
    const split = tryOn(kvm, (vm) => vm.enableCapability(KVM_CAP_SPLIT_IRQCHIP, IOAPIC_PINS));
    const data: X2apicData = {
      system: system.value,
      vm: plain.value.capability,
      splitIrqchip: split.ok ? 'accepted' : split.error.errnoName,
      trials: [
        ...plain.value.trials.map((trial) => ({ ...trial, split: false })),
        ...(split.ok ? split.value.trials.map((trial) => ({ ...trial, split: true })) : []),
      ],
    };
    return measured(data);
  },
};

interface Tried {
  readonly capability: number;
  readonly trials: readonly FlagTrial[];
}

function tryOn(kvm: Kvm, prepare: (vm: Vm) => Result<number, KvmError>): Result<Tried, KvmError> {
  const created = kvm.createVm();
  if (!created.ok) return created;
  using vm = created.value;
  const prepared = prepare(vm);
  if (!prepared.ok) return err(prepared.error);
  const capability = vm.checkExtension(KVM_CAP_X2APIC_API);
  if (!capability.ok) return capability;
  return ok({ capability: capability.value, trials: tryFlags(vm, KVM_CAP_X2APIC_API, FLAGS) });
}
