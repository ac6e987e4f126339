/** The interrupt controller, the PMU that is wired to it, and the timers, in other orders than vcpu.rst and arm-vgic-v3.rst have. */
import { GIC_GROUP } from '../../../../arch/arm64/vgic.ts';
import { getAttribute, setAttribute } from '../../../../kvm/index.ts';
import type { KvmError } from '../../../../kvm/index.ts';
import { ok } from '../../../../model/index.ts';
import type { Result } from '../../../../model/index.ts';
import type { StepContext } from '../../../step.ts';
import type { OrderTrials } from '../../order-trials.ts';
import { createMachine, isDevice, missingCapability } from '../vcpu.ts';
import type { Feature } from '../vcpu.ts';

/** KVM_ARM_VCPU_PMU_V3_CTRL with its attributes; KVM_ARM_VCPU_TIMER_CTRL (arch/arm64/include/uapi/asm/kvm.h). */
const PMU = { group: 0, irq: 0n, init: 1n, filter: 2n } as const;
const TIMER = { group: 1, virtual: 0n } as const;
const CONTROL_INIT = 0n;
const GICD_CTLR = 0n;
/** struct kvm_pmu_event_filter: one event from SW_INCR on, denied. */
const DENY_SW_INCR = 0x1_0001_0000n;
const PMU_PPI = 23n;
const TIMER_PPI = 20n;

export function deviceOrder(context: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const { kvm, scratch } = context;
  const alone = withoutController(context, trials);
  if (!alone.ok) return alone;
  const pmu = missingCapability(kvm, ['PMU_V3']) === null;
  const features: readonly Feature[] = pmu ? ['PSCI_0_2', 'PMU_V3'] : ['PSCI_0_2'];
  const created = createMachine(kvm, features);
  if (!created.ok) return created;
  using machine = created.value;
  const { gic, vcpu, vm } = machine;
  if (!isDevice(gic)) return ok(undefined);
  const set = (attribute: bigint, value: bigint): Result<unknown, KvmError> =>
    setAttribute(vcpu, scratch, PMU.group, attribute, value);
  const INIT = 'KVM_DEV_ARM_VGIC_CTRL_INIT';
  if (pmu) {
    trials.tried('arm64/pmu-init', ['KVM_ARM_VCPU_INIT', 'KVM_ARM_VCPU_PMU_V3_INIT'], set(PMU.init, 0n));
    trials.tried('arm64/pmu-irq', ['KVM_ARM_VCPU_INIT', 'KVM_ARM_VCPU_PMU_V3_IRQ'], set(PMU.irq, PMU_PPI));
    trials.tried('arm64/pmu-irq', ['KVM_ARM_VCPU_PMU_V3_IRQ', 'KVM_ARM_VCPU_PMU_V3_IRQ'], set(PMU.irq, PMU_PPI));
    trials.tried(
      'arm64/pmu-init',
      ['KVM_ARM_VCPU_PMU_V3_IRQ', `KVM_ARM_VCPU_PMU_V3_INIT before ${INIT}`],
      set(PMU.init, 0n),
    );
  }
  const read = getAttribute(gic, scratch, GIC_GROUP.distributor, GICD_CTLR, 32);
  trials.tried('arm64/vgic-distributor', ['KVM_CREATE_DEVICE', 'KVM_GET_DEVICE_ATTR of GICD_CTLR'], read);
  const init = (): Result<unknown, KvmError> => setAttribute(gic, scratch, GIC_GROUP.control, CONTROL_INIT, 0n);
  const initialized = init();
  if (!initialized.ok) return initialized;
  trials.tried('arm64/vgic-init', [INIT, INIT], init());
  const second = vm.createVcpu(1);
  if (second.ok) second.value.close();
  trials.tried('arm64/vcpu', [INIT, 'KVM_CREATE_VCPU'], second);
  const irqs = setAttribute(gic, scratch, GIC_GROUP.numberOfIrqs, 0n, 64n);
  trials.tried('arm64/vgic-size', [INIT, 'KVM_DEV_ARM_VGIC_GRP_NR_IRQS'], irqs);
  if (pmu) {
    const done = set(PMU.init, 0n);
    trials.tried('arm64/pmu-init', [INIT, 'KVM_ARM_VCPU_PMU_V3_IRQ', 'KVM_ARM_VCPU_PMU_V3_INIT'], done);
    const filter = ['KVM_ARM_VCPU_PMU_V3_INIT', 'KVM_ARM_VCPU_PMU_V3_FILTER'];
    trials.tried('arm64/pmu-filter', filter, set(PMU.filter, DENY_SW_INCR));
    trials.tried('arm64/pmu-init', ['KVM_ARM_VCPU_PMU_V3_INIT', 'KVM_ARM_VCPU_PMU_V3_INIT'], set(PMU.init, 0n));
  }
  return ok(undefined);
}

function withoutController({ kvm, scratch }: StepContext, trials: OrderTrials): Result<undefined, KvmError> {
  const created = createMachine(kvm, ['PSCI_0_2'], { gic: null });
  if (!created.ok) return created;
  using machine = created.value;
  const calls = ['KVM_ARM_VCPU_INIT', 'KVM_ARM_VCPU_TIMER_IRQ_VTIMER without an interrupt controller'];
  const done = setAttribute(machine.vcpu, scratch, TIMER.group, TIMER.virtual, TIMER_PPI);
  trials.tried('arm64/timer-irqs', calls, done);
  return ok(undefined);
}
