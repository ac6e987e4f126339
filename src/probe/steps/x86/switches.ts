/**
 * What a VMM turns on and KVM does not tell afterwards (`tables/switches.ts`): is it announced, is it taken, and is an
 * argument refused that the document does not allow. Whether a call is taken depends on its argument and on what the VM
 * is made of, not on other switches, so two VMs serve for all of them.
 */
import { KVM_ENABLE_CAP, KVM_SET_PMU_EVENT_FILTER, KVM_X86_SET_MSR_FILTER } from '../../../kvm/index.ts';
import type { KvmError, Scratch, Vcpu, Vm } from '../../../kvm/index.ts';
import type { FlagTrial, SwitchTrials, SwitchesData } from '../../../arch/x86/sections.ts';
import { SWITCHES, argumentOf } from '../../../arch/x86/tables/switches.ts';
import type { SwitchRow } from '../../../arch/x86/tables/switches.ts';
import { hex, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';

const KVM_CAP_SPLIT_IRQCHIP = 121;
/** Pins of the IOAPIC that stays in user space: what QEMU's machines have. */
const IOAPIC_PINS = 24n;
/** Read and write: KVM_MSR_FILTER_READ and KVM_MSR_FILTER_WRITE. */
const FILTER_BOTH = 3;
/** IA32_ARCH_CAPABILITIES: any MSR would do. */
const FILTERED = 0x10a;

export const switches: Step = {
  name: 'switches',
  architecture: 'x86_64',
  seconds: 5,
  run({ kvm, scratch }) {
    const plain = kvm.createVm();
    if (!plain.ok) return failed(plain.error);
    using bare = plain.value;
    const second = kvm.createVm();
    if (!second.ok) return failed(second.error);
    using vm = second.value;
    const split = vm.enableCapability(KVM_CAP_SPLIT_IRQCHIP, IOAPIC_PINS);
    if (!split.ok) return failed(split.error);

    const rows: SwitchTrials[] = [];
    const ask = (on: Vm | Vcpu, wanted: (row: SwitchRow) => boolean): Result<undefined, KvmError> => {
      for (const row of SWITCHES.filter(wanted)) {
        const announced = bare.checkExtension(row.number);
        if (!announced.ok) return announced;
        const attempt = (argument: bigint): FlagTrial => put(on, row, argument, scratch);
        rows.push({
          name: row.name,
          announced: hex(announced.value),
          // First, because some calls are taken only once.
          invalid: row.invalid === null ? null : attempt(row.invalid),
          trials: row.values.map((value) => attempt(argumentOf(row, value))),
        });
      }
      return ok(undefined);
    };
    const first = ask(bare, ({ needs }) => needs === 'nothing');
    if (!first.ok) return failed(first.error);
    const withApic = ask(vm, ({ needs, on }) => needs === 'split-irqchip' && on === 'vm');
    if (!withApic.ok) return failed(withApic.error);
    const created = vm.createVcpu(0);
    if (!created.ok) return failed(created.error);
    using vcpu = created.value;
    const ofVcpu = ask(vcpu, ({ on }) => on === 'vcpu');
    if (!ofVcpu.ok) return failed(ofVcpu.error);
    const data: SwitchesData = { rows };
    return measured(data);
  },
};

function put(on: Vm | Vcpu, row: SwitchRow, argument: bigint, scratch: Scratch): FlagTrial {
  const done = call(on, row, argument, scratch);
  return { flags: hex(argument), outcome: done.ok ? 'accepted' : done.error.errnoName };
}

function call(on: Vm | Vcpu, row: SwitchRow, argument: bigint, scratch: Scratch): Result<unknown, KvmError> {
  const text = `${row.capability} ${hex(argument)}`;
  if (on.kind === 'vm') {
    switch (row.call) {
      case 'KVM_ENABLE_CAP':
        return on.structReturning(KVM_ENABLE_CAP, { cap: row.number, arg0: argument }, text);
      case 'KVM_SET_PMU_EVENT_FILTER':
        // No event is named: KVM_PMU_EVENT_DENY (1) of none, or an action that does not exist.
        return on.structReturning(KVM_SET_PMU_EVENT_FILTER, { action: Number(argument), nevents: 0 }, text);
      case 'KVM_X86_SET_MSR_FILTER': {
        // A bitmap of one bit, clear: the operation is denied.
        scratch.view.setBigUint64(0, 0n, true);
        const rangeFlags = argument === 1n ? FILTER_BOTH : Number(argument);
        const range = { rangeFlags, nmsrs: 1, base: FILTERED, bitmap: scratch.address };
        return on.structReturning(KVM_X86_SET_MSR_FILTER, range, text);
      }
    }
  }
  return on.structReturning(KVM_ENABLE_CAP, { cap: row.number, arg0: argument }, text);
}
