/**
 * The features of a vCPU that KVM_ARM_VCPU_INIT takes (arch/arm64/include/uapi/asm/kvm.h; api.rst, KVM_ARM_VCPU_INIT).
 * POWER_OFF is not here: it says how a vCPU starts and not what it is.
 */
export interface VcpuFeatureRow {
  /** Without KVM_ARM_VCPU_; the word is `vcpu/NAME`. */
  readonly name: string;
  /** Of kvm_vcpu_init.features[0]. */
  readonly bit: number;
  readonly description: string;
  /** What goes wrong for a guest that has it and then has not. */
  readonly symptom: { readonly severity: 'minor' | 'degraded' | 'fatal'; readonly reason: string };
}

export const VCPU_FEATURES: readonly VcpuFeatureRow[] = [
  {
    name: 'EL1_32BIT',
    bit: 1,
    description: 'the vCPU starts in AArch32 at EL1',
    symptom: { severity: 'fatal', reason: 'AArch32 code cannot run in AArch64' },
  },
  {
    name: 'PSCI_0_2',
    bit: 2,
    description: 'PSCI 0.2 or later, which turns CPUs on and off and the machine off',
    symptom: { severity: 'fatal', reason: 'other function numbers: CPUs can no longer be turned on' },
  },
  {
    name: 'PMU_V3',
    bit: 3,
    description: 'performance counters, PMUv3',
    symptom: { severity: 'degraded', reason: 'accesses to the counters become undefined instructions' },
  },
  {
    name: 'SVE',
    bit: 4,
    description: 'scalable vectors',
    symptom: { severity: 'fatal', reason: 'instructions and the vector registers that are in use are gone' },
  },
  {
    name: 'PTRAUTH_ADDRESS',
    bit: 5,
    description: 'pointer authentication of addresses',
    symptom: { severity: 'fatal', reason: 'signed return addresses no longer authenticate' },
  },
  {
    name: 'PTRAUTH_GENERIC',
    bit: 6,
    description: 'pointer authentication, generic (PACGA)',
    symptom: { severity: 'fatal', reason: 'PACGA becomes an undefined instruction' },
  },
  {
    name: 'HAS_EL2',
    bit: 7,
    description: 'nested virtualization: EL2, with HCR_EL2.E2H fixed at 1 unless HAS_EL2_E2H0 is there too',
    symptom: { severity: 'fatal', reason: 'a hypervisor in the guest loses its exception level' },
  },
  {
    name: 'HAS_EL2_E2H0',
    bit: 8,
    description: 'nested virtualization without the Virtualization Host Extensions: HCR_EL2.E2H fixed at 0',
    symptom: { severity: 'fatal', reason: 'registers of EL2 mean something else' },
  },
  {
    name: 'PMU_V3_STRICT',
    bit: 9,
    description: 'performance counters only of the physical PMU that the VMM names; no default is made',
    symptom: { severity: 'minor', reason: 'it changes what the VMM must do, and not the counters' },
  },
];
