/**
 * Words that are no register: what kind of vCPU the guest has, what its VM can do, attributes that it can observe.
 * Each is one element.
 */
import type { Comparison, Kind } from '../../model/index.ts';

export interface PromiseRow {
  readonly word: string;
  readonly area: string;
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly description: string;
  readonly source: string;
}

const VCPU = 'Documentation/virt/kvm/api.rst, KVM_ARM_VCPU_INIT';
const ATTRIBUTE = 'Documentation/virt/kvm/devices/vcpu.rst';

/** KVM_ARM_VCPU_*: 1 where the guest's vCPU has it. */
const feature = (name: string, description: string): PromiseRow => ({
  word: `vcpu/${name}`,
  area: 'vcpu',
  kind: 'feature',
  comparison: 'subset',
  description,
  source: VCPU,
});

const timer = (name: string, description: string): PromiseRow => ({
  word: `vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ_${name}`,
  area: 'timer',
  kind: 'identity',
  comparison: 'exact',
  description,
  source: ATTRIBUTE,
});

export const PROMISES: readonly PromiseRow[] = [
  feature('PSCI_0_2', 'PSCI 0.2 or later'),
  feature('PMU_V3', 'performance counters, PMUv3'),
  feature('SVE', 'scalable vectors'),
  feature('PTRAUTH_ADDRESS', 'pointer authentication, addresses'),
  feature('PTRAUTH_GENERIC', 'pointer authentication, generic'),
  feature('HAS_EL2', 'nested virtualization, EL2 with E2H'),
  feature('HAS_EL2_E2H0', 'nested virtualization, EL2 without E2H'),
  feature('PMU_V3_STRICT', 'performance counters of one physical PMU, chosen by the VMM'),
  timer('VTIMER', 'interrupt of the virtual timer'),
  timer('PTIMER', 'interrupt of the physical timer'),
  {
    word: 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA',
    area: 'pvtime',
    kind: 'paravirtual',
    comparison: 'subset',
    description: 'steal time in shared memory',
    source: ATTRIBUTE,
  },
  {
    word: 'vm/ipa-size',
    area: 'vm',
    kind: 'limit',
    comparison: 'lower-safe',
    description: 'size of the guest-physical address space, bits',
    source: 'Documentation/virt/kvm/api.rst, KVM_CREATE_VM',
  },
  {
    word: 'capability/KVM_CAP_ARM_MTE',
    area: 'vm',
    kind: 'feature',
    comparison: 'subset',
    description: 'memory tagging for the guest',
    source: 'Documentation/virt/kvm/api.rst, KVM_CAP_ARM_MTE',
  },
];
