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
    15: 'access_tsc_invariant',
  },
  // Privileges of the partition (Hyper-V TLFS, HV_PARTITION_PRIVILEGE_MASK).
  '0x40000003:0/ebx': {
    0: 'create_partitions',
    1: 'access_partition_id',
    2: 'access_memory_pool',
    4: 'post_messages',
    5: 'signal_events',
    6: 'create_port',
    7: 'connect_port',
    8: 'access_stats_pages',
    11: 'debugging',
    12: 'cpu_management',
    16: 'access_vsm',
    17: 'access_vp_registers',
    20: 'enable_extended_hypercalls',
    21: 'start_virtual_processor',
    22: 'isolation',
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
  '0x40000006:0/eax': {
    0: 'apic_overlay_assist',
    1: 'msr_bitmaps',
    2: 'performance_counters',
    3: 'second_level_address_translation',
    4: 'dma_remapping',
    5: 'interrupt_remapping',
    8: 'dma_protection',
  },
  '0x40000082:0/eax': { 1: 'syndbg_allow_kernel_debugging' },
  '0x4000000a:0/ebx': { 0: 'nested_evmcs1_perf_global_ctrl' },
};

export interface HypervValue {
  readonly shift: number;
  readonly width: number;
  readonly name: string;
  readonly comparison: 'exact' | 'lower-safe';
  readonly description: string;
}

const value = (
  shift: number,
  width: number,
  name: string,
  comparison: HypervValue['comparison'],
  description: string,
): HypervValue => ({ shift, width, name, comparison, description });

const signature = (name: string, description: string): readonly HypervValue[] => [
  value(0, 32, name, 'exact', description),
];

/** Numbers and names in the same leaves (Hyper-V TLFS 2.4). KVM lists what it would say; a VMM says what it likes. */
export const HYPERV_VALUES: Readonly<Record<string, readonly HypervValue[]>> = {
  '0x40000000:0/eax': [value(0, 32, 'max_leaf', 'exact', 'highest hypervisor leaf')],
  '0x40000000:0/ebx': signature('vendor_0', 'vendor, first 4 characters'),
  '0x40000000:0/ecx': signature('vendor_1', 'vendor, middle 4 characters'),
  '0x40000000:0/edx': signature('vendor_2', 'vendor, last 4 characters'),
  '0x40000001:0/eax': signature('interface', 'Hv#1 where the interface is there'),
  '0x40000002:0/eax': [value(0, 32, 'build', 'exact', 'build number')],
  '0x40000002:0/ebx': [
    value(0, 16, 'minor', 'exact', 'minor version'),
    value(16, 16, 'major', 'exact', 'major version'),
  ],
  '0x40000002:0/ecx': [value(0, 32, 'service_pack', 'exact', 'service pack')],
  '0x40000002:0/edx': [
    value(0, 24, 'service_number', 'exact', 'service number'),
    value(24, 8, 'service_branch', 'exact', 'service branch'),
  ],
  '0x40000003:0/ecx': [value(0, 4, 'max_power_state', 'exact', 'deepest power state of a vCPU')],
  '0x40000004:0/ebx': [
    value(0, 32, 'spin_retries', 'exact', 'failed attempts at a spin lock before the hypervisor is told'),
  ],
  '0x40000004:0/ecx': [value(0, 7, 'physical_address_bits', 'exact', 'physical address bits of the hardware')],
  '0x40000005:0/eax': [value(0, 32, 'max_virtual_processors', 'lower-safe', 'the most vCPUs of a partition')],
  '0x40000005:0/ebx': [value(0, 32, 'max_logical_processors', 'lower-safe', 'the most logical processors')],
  '0x40000005:0/ecx': [
    value(0, 32, 'max_interrupt_vectors', 'lower-safe', 'the most interrupt vectors that are remapped'),
  ],
  '0x4000000a:0/eax': [
    value(0, 8, 'evmcs_lowest', 'exact', 'lowest version of the enlightened VMCS'),
    value(8, 8, 'evmcs_highest', 'lower-safe', 'highest version of the enlightened VMCS'),
  ],
  '0x40000080:0/eax': [value(0, 32, 'syndbg_max_leaf', 'exact', "the synthetic debugger's highest leaf")],
  '0x40000080:0/ebx': signature('syndbg_vendor_0', "the synthetic debugger's vendor, first 4 characters"),
  '0x40000080:0/ecx': signature('syndbg_vendor_1', "the synthetic debugger's vendor, middle 4 characters"),
  '0x40000080:0/edx': signature('syndbg_vendor_2', "the synthetic debugger's vendor, last 4 characters"),
  '0x40000081:0/eax': signature('syndbg_interface', 'VS#1 where the synthetic debugger is there'),
};
