/**
 * The feature MSRs: what KVM supports (KVM_GET_MSRS on the system fd), what a vCPU with the supported CPUID table
 * has, and bit by bit what a VMM can make of it before the vCPU first runs.
 */
import { KVM_GET_MSR_FEATURE_INDEX_LIST } from '../../../kvm/index.ts';
import type { FeatureMsrData, FeatureMsrRow } from '../../../arch/x86/sections.ts';
import { hex, ok } from '../../../model/index.ts';
import { absent, failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { createWithCpuid } from './fresh.ts';
import { readMsrs } from './msr-batch.ts';
import { tryBits } from './msr-bits.ts';

const KVM_CAP_GET_MSR_FEATURES = 153;

export const featureMsr: Step = {
  name: 'feature-msr',
  architecture: 'x86_64',
  seconds: 20,
  run({ kvm, note }) {
    const capability = kvm.checkExtension(KVM_CAP_GET_MSR_FEATURES);
    if (!capability.ok) return failed(capability.error);
    if (capability.value === 0) return absent('KVM_CHECK_EXTENSION(KVM_CAP_GET_MSR_FEATURES) is 0');
    const listed = kvm.list(KVM_GET_MSR_FEATURE_INDEX_LIST);
    if (!listed.ok) return failed(listed.error);
    const indexes = listed.value.map(({ index }) => index);
    const system = readMsrs(kvm, indexes);
    if (!system.ok) return failed(system.error);
    const created = createWithCpuid(kvm);
    if (!created.ok) return failed(created.error);
    using fresh = created.value;
    const vcpu = readMsrs(fresh.vcpu, indexes);
    if (!vcpu.ok) return failed(vcpu.error);
    const list: FeatureMsrRow[] = [];
    for (const [at, index] of indexes.entries()) {
      const value = vcpu.value[at] ?? null;
      note(`MSR ${hex(index)}`);
      const tried = value === null ? ok({ takes: 0n, ignored: 0n }) : tryBits(fresh.vcpu, index, value);
      if (!tried.ok) return failed(tried.error);
      list.push({
        index: hex(index),
        system: hexOrNull(system.value[at] ?? null),
        vcpu: hexOrNull(value),
        takes: hex(tried.value.takes),
        ignored: hex(tried.value.ignored),
      });
    }
    const data: FeatureMsrData = { list };
    return measured(data);
  },
};

function hexOrNull(value: bigint | null): FeatureMsrRow['vcpu'] {
  return value === null ? null : hex(value);
}
