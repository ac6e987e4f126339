/**
 * Words that are no register: what kind of vCPU the guest has, what its VM can do, attributes that it can observe.
 * Each is one element.
 */
import type { Comparison, Kind } from '../../model/index.ts';
import { VCPU_ATTRIBUTES } from './tables/vcpu-attributes.ts';
import { VCPU_FEATURES } from './tables/vcpu-features.ts';

export interface PromiseRow {
  readonly word: string;
  readonly area: string;
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly description: string;
  readonly source: string;
}

export const PROMISES: readonly PromiseRow[] = [
  // 1 where the guest's vCPU has it.
  ...VCPU_FEATURES.map(({ name, description }): PromiseRow => ({
    word: `vcpu/${name}`,
    area: 'vcpu',
    kind: 'feature',
    comparison: 'subset',
    description,
    source: 'Documentation/virt/kvm/api.rst, KVM_ARM_VCPU_INIT',
  })),
  ...VCPU_ATTRIBUTES.map(({ name, area, kind, comparison, description, source }): PromiseRow => ({
    word: `vcpu-attribute/${name}`,
    area,
    kind,
    comparison,
    description,
    source,
  })),
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
