/**
 * Feature bits of Hyper-V's CPUID leaves, as KVM offers them to guests that speak that interface. Names: Linux 6.12,
 * asm/hyperv-tlfs.h, without prefix and "AVAILABLE"; 0x40000003 EAX as the Hyper-V TLFS (2.4) has its access rights.
 */
type Bits = Readonly<Record<number, string>>;

/** By word, without the `hyperv/` of the path. */
export const HYPERV_FIELDS: Readonly<Record<string, Bits>> = {
  '0x40000003:0/eax': {
    0: 'access_vp_runtime',
    1: 'access_time_ref_count',
    2: 'access_synic',
    3: 'access_stimer',
    4: 'access_apic',
    5: 'access_hypercall',
    6: 'access_vp_index',
    7: 'access_reset',
    8: 'access_stats',
    9: 'access_reference_tsc',
    10: 'access_guest_idle',
    11: 'access_frequency',
    12: 'access_debug',
    13: 'access_reenlightenment',
  },
  '0x40000003:0/edx': {
    0: 'mwait',
    1: 'guest_debugging',
    2: 'perf_monitor',
    3: 'cpu_dynamic_partitioning',
    4: 'hypercall_xmm_input',
    5: 'guest_idle_state',
    8: 'frequency_msrs',
    10: 'guest_crash_msr',
    11: 'debug_msrs',
    14: 'ext_gva_ranges_flush',
    15: 'hypercall_xmm_output',
    19: 'stimer_direct_mode',
  },
  '0x40000004:0/eax': {
    0: 'as_switch_recommended',
    1: 'local_tlb_flush_recommended',
    2: 'remote_tlb_flush_recommended',
    3: 'apic_access_recommended',
    4: 'system_reset_recommended',
    5: 'relaxed_timing_recommended',
    9: 'deprecating_aeoi_recommended',
    10: 'cluster_ipi_recommended',
    11: 'ex_processor_masks_recommended',
    12: 'hyperv_nested',
    14: 'enlightened_vmcs_recommended',
    18: 'no_nonarch_coresharing',
  },
  '0x4000000a:0/eax': {
    17: 'nested_direct_flush',
    18: 'nested_guest_mapping_flush',
    19: 'nested_msr_bitmap',
  },
  '0x4000000a:0/ebx': { 0: 'nested_evmcs1_perf_global_ctrl' },
};
