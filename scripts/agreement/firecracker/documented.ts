/**
 * What Firecracker's project says of snapshots that are taken on one host kernel and loaded on another, the CPU being the
 * same: what its cross-kernel tests restore, and which pairs it took out of them because they never worked.
 */
import type { Architecture } from '../../../src/model/index.ts';

export interface Documented {
  readonly architecture: Architecture;
  /** Part of a capture's name; left out: every CPU of the architecture. */
  readonly cpu?: string;
  readonly from: string;
  readonly to: string;
  /** `fails`: the snapshot cannot be loaded; it is not said where or why. */
  readonly answer: 'restores' | 'fails';
  readonly source: string;
}

const TESTS = 'cross-kernel snapshot tests; firecracker#5856';
const NEVER_WORKED = 'firecracker#4632';

export const DOCUMENTED: readonly Documented[] = [
  { architecture: 'x86_64', from: '5.10', to: '6.1', answer: 'restores', source: TESTS },
  { architecture: 'x86_64', from: '6.1', to: '6.18', answer: 'restores', source: TESTS },
  { architecture: 'x86_64', from: '6.1', to: '5.10', answer: 'fails', source: NEVER_WORKED },
  { architecture: 'arm64', from: '6.1', to: '6.18', answer: 'restores', source: TESTS },
  { architecture: 'arm64', from: '5.10', to: '6.1', answer: 'fails', source: NEVER_WORKED },
  // m6g is a Neoverse N1 (all combinations), m7g a Neoverse V1 (5.10 on either side).
  { architecture: 'arm64', from: '6.1', to: '5.10', answer: 'fails', source: NEVER_WORKED },
];

export function documentedAnswer(
  architecture: Architecture,
  cpu: string,
  from: string,
  to: string,
): Documented | undefined {
  return DOCUMENTED.find(
    (row) =>
      row.architecture === architecture &&
      row.from === from &&
      row.to === to &&
      (row.cpu === undefined || row.cpu === cpu),
  );
}

export interface Cause {
  readonly architecture: Architecture;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly source: string;
}

/** Why a documented pair fails, read in the sources of both: what a fingerprint does not hold is what the verdict lacks. */
export const CAUSES: readonly Cause[] = [
  {
    architecture: 'x86_64',
    from: '6.1',
    to: '5.10',
    text:
      'Firecracker saves what KVM_GET_CLOCK answers and takes one flag out of it, KVM_CLOCK_TSC_STABLE. From 5.16 on the ' +
      'answer has two more where the master clock is in use, KVM_CLOCK_REALTIME and KVM_CLOCK_HOST_TSC, and KVM_SET_CLOCK ' +
      'of 5.10 answers EINVAL to any flag. So it fails on every x86 CPU, also where CPUID and MSRs are equal to the last ' +
      'bit (Cascade Lake). Tried in the lab on a VM of each kernel: Debian 5.10.223 answers EINVAL to the flags 0x2, 0x4, ' +
      '0x8 and 0xc, 6.1.176 and 6.12.107 take them. KVM_CAP_ADJUST_CLOCK says which flags a kernel has: 0x2 on the ' +
      'recorded 5.10, 0xe from 6.1 on. A fingerprint holds neither the clock nor capabilities',
    source:
      'Firecracker src/vmm/src/arch/x86_64/vm.rs, save_state and restore_state; Linux 5.10 arch/x86/kvm/x86.c, ' +
      'KVM_SET_CLOCK; 6.1 get_kvmclock; surfaces/x86_64/max/debian-5.10.json and -6.1.json',
  },
  {
    architecture: 'arm64',
    from: '5.10',
    to: '6.1',
    text:
      '5.10 lists the registers of the PMU for a vCPU that was not given one, and Firecracker saves what is listed; ' +
      "6.1's KVM_SET_ONE_REG does not know them for such a vCPU",
    source: 'KVM_GET_REG_LIST of the captures; Linux 6.1 arch/arm64/kvm/sys_regs.c, pmu_visibility',
  },
  {
    architecture: 'arm64',
    from: '6.1',
    to: '5.10',
    text: '6.1 lists firmware registers (KVM_REG_ARM_STD_BMAP and its like) and OSLSR_EL1 that 5.10 does not know',
    source: 'KVM_GET_REG_LIST of the captures; Linux 5.10 arch/arm64/kvm/psci.c, kvm_arm_set_fw_reg',
  },
];
