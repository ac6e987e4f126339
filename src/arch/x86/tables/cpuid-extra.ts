/**
 * CPUID fields that x86-cpuid-db does not have: KVM's paravirtual features (uapi/asm/kvm_para.h; what each gives a
 * guest is Documentation/virt/kvm/x86/cpuid.rst), AVX10's version and XFD's components (Intel SDM volume 2, leaves
 * 24H and 0DH), APX (Intel APX specification), cache indexing as leaf 4 and QEMU have it, and two that QEMU and libvirt remember.
 */
import type { CPUID_FIELDS } from './cpuid-fields.ts';

const KVM_FEATURES: readonly (readonly [bit: number, name: string, description: string])[] = [
  [0, 'kvm_clocksource', 'clock at MSRs 0x11 and 0x12'],
  [1, 'kvm_nop_io_delay', 'no delay is needed on port accesses'],
  [2, 'kvm_mmu_op', 'deprecated'],
  [3, 'kvm_clocksource2', 'clock at MSRs 0x4b564d00 and 0x4b564d01'],
  [4, 'kvm_async_pf', 'asynchronous page faults, MSR 0x4b564d02'],
  [5, 'kvm_steal_time', 'stolen time, MSR 0x4b564d03'],
  [6, 'kvm_pv_eoi', 'end of interrupt without an exit, MSR 0x4b564d04'],
  [7, 'kvm_pv_unhalt', 'a halted vCPU can be kicked'],
  [9, 'kvm_pv_tlb_flush', 'TLB flushes of preempted vCPUs are deferred'],
  [10, 'kvm_async_pf_vmexit', 'asynchronous page faults as exits of nested guests'],
  [11, 'kvm_pv_send_ipi', 'IPIs by hypercall'],
  [12, 'kvm_poll_control', 'host-side polling can be switched off, MSR 0x4b564d05'],
  [13, 'kvm_pv_sched_yield', 'yield to a vCPU by hypercall'],
  [14, 'kvm_async_pf_int', 'page-ready events by interrupt, MSRs 0x4b564d06 and 0x4b564d07'],
  [15, 'kvm_msi_ext_dest_id', '15-bit destination ids in MSIs'],
  [16, 'kvm_hc_map_gpa_range', 'page encryption state by hypercall'],
  [17, 'kvm_migration_control', 'the guest says when it can be migrated, MSR 0x4b564d08'],
  [24, 'kvm_clocksource_stable_bit', 'the clock is consistent over vCPUs'],
];

export const CPUID_EXTRA_FIELDS: typeof CPUID_FIELDS = [
  [0x7, 0, 0, 'ebx', 22, 1, 'pcommit', 'PCOMMIT, which no CPU was sold with'],
  [0x7, 1, 1, 'edx', 21, 1, 'apx_f', 'APX: 32 general-purpose registers'],
  [0xd, 2, 63, 'ecx', 2, 1, 'xfd_faulting', 'The first use of the component faults where XFD says so'],
  [0x8000001d, 0, 31, 'edx', 2, 1, 'complex_indexing', 'Complex cache indexing'],
  [0x29, 0, 0, 'ebx', 0, 1, 'apx_nci_ndd_nf', 'APX: conditional, three-operand and flagless forms'],
  [0x80000001, 0, 0, 'ecx', 18, 1, 'cvt16', 'conversions of 16-bit floats, as AMD planned them'],
  [0x24, 0, 0, 'eax', 0, 32, 'avx10_max_subleaf', 'Maximum leaf 0x24 subleaf'],
  [0x24, 0, 0, 'ebx', 0, 8, 'avx10_version', 'AVX10 version'],
  ...KVM_FEATURES.map(([bit, name, description]) => [0x40000001, 0, 0, 'eax', bit, 1, name, description] as const),
  [0x40000001, 0, 0, 'edx', 0, 1, 'kvm_hints_realtime', 'vCPUs are never preempted for long'],
];
