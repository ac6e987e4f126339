/**
 * The CPUID tables that the host offers: what KVM supports, what it emulates although the CPU lacks it, and what it
 * has for guests that speak Hyper-V's interface. Each is an ioctl on the system fd (KVM API document, 4.46, 4.88,
 * 4.118); before KVM_CAP_SYS_HYPERV_CPUID the Hyper-V one was a vCPU's.
 */
import { KVM_GET_EMULATED_CPUID, KVM_GET_SUPPORTED_CPUID, KVM_GET_SUPPORTED_HV_CPUID } from '../../../kvm/index.ts';
import type { Kvm, KvmError } from '../../../kvm/index.ts';
import type { CpuidData, CpuidRow } from '../../../arch/x86/sections.ts';
import { hex } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { createFresh } from './fresh.ts';
import type { CpuidEntry } from './fresh.ts';

const KVM_CAP_EXT_EMUL_CPUID = 95;
const KVM_CAP_HYPERV_CPUID = 167;
const KVM_CAP_SYS_HYPERV_CPUID = 191;

export const cpuid: Step = {
  name: 'cpuid',
  architecture: 'x86_64',
  seconds: 10,
  run({ kvm }) {
    const supported = kvm.list(KVM_GET_SUPPORTED_CPUID, 128);
    if (!supported.ok) return failed(supported.error);
    const missing: { call: string; why: string }[] = [];
    const optional = (call: string, listed: Result<CpuidEntry[], KvmError> | null): CpuidRow[] | null => {
      if (listed?.ok === true) return listed.value.map(row);
      missing.push({ call, why: listed === null ? 'no capability' : listed.error.errnoName });
      return null;
    };
    const data: CpuidData = {
      supported: supported.value.map(row),
      emulated: optional('KVM_GET_EMULATED_CPUID', emulated(kvm)),
      hyperv: optional('KVM_GET_SUPPORTED_HV_CPUID', hyperv(kvm)),
      missing,
    };
    return measured(data);
  },
};

function emulated(kvm: Kvm): Result<CpuidEntry[], KvmError> | null {
  return has(kvm, KVM_CAP_EXT_EMUL_CPUID) ? kvm.list(KVM_GET_EMULATED_CPUID) : null;
}

function hyperv(kvm: Kvm): Result<CpuidEntry[], KvmError> | null {
  if (has(kvm, KVM_CAP_SYS_HYPERV_CPUID)) return kvm.list(KVM_GET_SUPPORTED_HV_CPUID);
  if (!has(kvm, KVM_CAP_HYPERV_CPUID)) return null;
  const created = createFresh(kvm);
  if (!created.ok) return created;
  using fresh = created.value;
  return fresh.vcpu.list(KVM_GET_SUPPORTED_HV_CPUID);
}

function has(kvm: Kvm, capability: number): boolean {
  const answer = kvm.checkExtension(capability);
  return answer.ok && answer.value > 0;
}

function row(entry: CpuidEntry): CpuidRow {
  return {
    leaf: hex(entry.function),
    subleaf: hex(entry.index),
    flags: entry.flags,
    eax: hex(entry.eax),
    ebx: hex(entry.ebx),
    ecx: hex(entry.ecx),
    edx: hex(entry.edx),
  };
}
