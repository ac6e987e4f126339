/** Calls that belong before KVM_CREATE_VCPU, after it; and those that need the interrupt controller, without it. */
import {
  KVM_CREATE_IRQCHIP,
  KVM_ENABLE_CAP,
  KVM_GET_TSC_KHZ,
  KVM_LAPIC_STATE,
  KVM_SET_LAPIC,
  KVM_SET_TSC_KHZ,
} from '../../../../kvm/index.ts';
import type { KvmError } from '../../../../kvm/index.ts';
import { hex, ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { createFresh } from '../fresh.ts';
import { CAPABILITY } from './capabilities.ts';

const IOAPIC_PINS = 24n;
const VCPU = 'KVM_CREATE_VCPU';

/** Rule, capability, args[0]: asked of a VM whose first vCPU is there. */
const LATE: readonly (readonly [rule: string, capability: keyof typeof CAPABILITY, argument: bigint])[] = [
  ['x86/max-vcpu-id', 'KVM_CAP_MAX_VCPU_ID', 255n],
  ['x86/split-irqchip', 'KVM_CAP_SPLIT_IRQCHIP', IOAPIC_PINS],
  ['x86/vm-model', 'KVM_CAP_PMU_CAPABILITY', 1n],
  ['x86/disable-exits', 'KVM_CAP_X86_DISABLE_EXITS', 4n],
];

export function afterVcpu({ kvm }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const created = createFresh(kvm);
  if (!created.ok) return created;
  using fresh = created.value;
  const { vm, vcpu } = fresh;
  for (const [rule, name, argument] of LATE) {
    const present = vm.checkExtension(CAPABILITY[name]);
    if (!present.ok) return present;
    if (present.value === 0) continue;
    trials.tried(
      rule,
      [VCPU, `KVM_ENABLE_CAP(${name}, ${hex(argument)})`],
      vm.enableCapability(CAPABILITY[name], argument),
    );
  }
  trials.tried('x86/irqchip', [VCPU, 'KVM_CREATE_IRQCHIP'], vm.integer(KVM_CREATE_IRQCHIP, 0));
  const khz = vcpu.integer(KVM_GET_TSC_KHZ, 0);
  const scales = vm.checkExtension(CAPABILITY.KVM_CAP_VM_TSC_CONTROL);
  if (khz.ok && scales.ok && scales.value > 0) {
    trials.tried('x86/vm-tsc-khz', [VCPU, 'KVM_SET_TSC_KHZ of the VM'], vm.integer(KVM_SET_TSC_KHZ, khz.value));
  }
  const page = { regs: new Uint8Array(KVM_LAPIC_STATE.size) };
  trials.tried('x86/lapic', [VCPU, 'KVM_SET_LAPIC without an interrupt controller'], vcpu.struct(KVM_SET_LAPIC, page));
  const synic = vm.checkExtension(CAPABILITY.KVM_CAP_HYPERV_SYNIC2);
  if (synic.ok && synic.value > 0) {
    const enabled = vcpu.structReturning(KVM_ENABLE_CAP, { cap: CAPABILITY.KVM_CAP_HYPERV_SYNIC2 });
    trials.tried(
      'x86/vcpu-switches',
      [VCPU, 'KVM_ENABLE_CAP(KVM_CAP_HYPERV_SYNIC2) without an interrupt controller'],
      enabled,
    );
  }
  return busCycles({ kvm }, trials);
}

/** The rate of the APIC's timer: without an APIC, and when it has vCPUs already. */
function busCycles({ kvm }: Pick<StepContext, 'kvm'>, trials: OrderTrials): Result<undefined, KvmError> {
  const { KVM_CAP_SPLIT_IRQCHIP: split, KVM_CAP_X86_APIC_BUS_CYCLES_NS: cycles } = CAPABILITY;
  const present = kvm.checkExtension(cycles);
  if (!present.ok || present.value === 0) return ok(undefined);
  const made = kvm.createVm();
  if (!made.ok) return made;
  using vm = made.value;
  const enable = 'KVM_ENABLE_CAP(KVM_CAP_X86_APIC_BUS_CYCLES_NS, 0x28)';
  trials.tried('x86/apic-bus-cycles', [enable], vm.enableCapability(cycles, 40n));
  const enabled = vm.enableCapability(split, IOAPIC_PINS);
  if (!enabled.ok) return enabled;
  const vcpu = vm.createVcpu(0);
  if (!vcpu.ok) return vcpu;
  const done = vm.enableCapability(cycles, 40n);
  vcpu.value.close();
  trials.tried('x86/apic-bus-cycles', ['KVM_ENABLE_CAP(KVM_CAP_SPLIT_IRQCHIP, 0x18)', VCPU, enable], done);
  return ok(undefined);
}
