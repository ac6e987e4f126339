/**
 * Feature MSRs: which of their bits are known, and how they compare. Names and bits as in msr-index.h of Linux 7.3. A bit
 * that is not here is an element without a name. VMX has its own table.
 */
import type { FeatureMsr } from './msr-row.ts';
import { VMX_MSRS } from './vmx-msrs.ts';

/**
 * ARCH_CAPABILITIES. Most bits promise an immunity or a control. RSBA and RRSBA say the contrary, that a mitigation is
 * needed: a guest that was told so is safe without it, one that was not told is not.
 */
const ARCH_CAPABILITIES: FeatureMsr = {
  index: 0x10a,
  kind: 'feature',
  rest: 'subset',
  description: 'which attacks on speculation the CPU is immune to, and which controls against them it has',
  source: 'Intel SDM volume 4, table 2-2; msr-index.h of Linux 7.3',
  fields: [
    [0, 1, 'RDCL_NO', 'subset', 'immune to rogue data cache load (Meltdown)'],
    [1, 1, 'IBRS_ALL', 'subset', 'enhanced IBRS: once set it protects at all times'],
    [2, 1, 'RSBA', 'higher-safe', 'RET may be predicted from elsewhere when the return stack buffer is empty'],
    [3, 1, 'SKIP_VMENTRY_L1DFLUSH', 'subset', 'a nested hypervisor need not flush L1D on entry'],
    [4, 1, 'SSB_NO', 'subset', 'immune to speculative store bypass'],
    [5, 1, 'MDS_NO', 'subset', 'immune to microarchitectural data sampling'],
    [6, 1, 'PSCHANGE_MC_NO', 'subset', 'no machine check when a page size changes without invalidation'],
    [7, 1, 'TSX_CTRL_MSR', 'subset', 'the MSR TSX_CTRL is there'],
    [8, 1, 'TAA_NO', 'subset', 'immune to TSX asynchronous abort'],
    [9, 1, 'MCU_CONTROL', 'subset', 'microcode updates can be locked (IA32_MCU_CONTROL)'],
    [10, 1, 'MISC_PACKAGE_CTLS', 'subset', 'the MSR MISC_PACKAGE_CTLS is there'],
    [11, 1, 'ENERGY_FILTERING_CTL', 'subset', 'energy reporting can be filtered'],
    [12, 1, 'DOITM', 'subset', 'data operand independent timing mode'],
    [13, 1, 'SBDR_SSDP_NO', 'subset', 'immune to shared buffers data read and sideband stale data propagation'],
    [14, 1, 'FBSDP_NO', 'subset', 'immune to fill buffer stale data propagation'],
    [15, 1, 'PSDP_NO', 'subset', 'immune to primary stale data propagation'],
    [16, 1, 'MCU_ENUM', 'subset', 'the state of microcode updates can be read'],
    [17, 1, 'FB_CLEAR', 'subset', 'VERW clears the fill buffers'],
    [18, 1, 'FB_CLEAR_CTRL', 'subset', 'clearing of the fill buffers can be switched off'],
    [19, 1, 'RRSBA', 'higher-safe', 'RET may be predicted from elsewhere, restricted by enhanced IBRS'],
    [20, 1, 'BHI_NO', 'subset', 'immune to branch history injection'],
    [21, 1, 'XAPIC_DISABLE', 'subset', 'XAPIC_DISABLE_STATUS tells whether x2APIC mode is locked'],
    [23, 1, 'OVERCLOCKING_STATUS', 'subset', 'the MSR OVERCLOCKING_STATUS is there'],
    [24, 1, 'PBRSB_NO', 'subset', 'immune to post-barrier return stack buffer predictions'],
    [25, 1, 'GDS_CTRL', 'subset', 'the mitigation of gather data sampling can be controlled'],
    [26, 1, 'GDS_NO', 'subset', 'immune to gather data sampling'],
    [27, 1, 'RFDS_NO', 'subset', 'immune to register file data sampling'],
    [28, 1, 'RFDS_CLEAR', 'subset', 'VERW clears the register files'],
    [29, 1, 'IGN_UMONITOR', 'subset', 'UMONITOR can be made to do nothing'],
    [30, 1, 'MON_UMON_MITG', 'subset', 'a mitigation for MONITOR and UMONITOR can be switched on'],
    [62, 1, 'ITS_NO', 'subset', 'immune to indirect target selection; set by hypervisors alone'],
  ],
};

const PERF_CAPABILITIES: FeatureMsr = {
  index: 0x345,
  kind: 'feature',
  rest: 'subset',
  description: 'formats of last-branch and PEBS records, and further abilities of the PMU',
  source: 'Intel SDM volume 4, table 2-2; msr-index.h of Linux 7.3',
  fields: [
    [0, 6, 'LBR_FMT', 'exact', 'format of last-branch records'],
    [6, 1, 'PEBS_TRAP', 'subset', 'PEBS records are taken after the instruction'],
    [7, 1, 'ARCH_REG', 'subset', 'PEBS records hold the architectural registers'],
    [8, 4, 'PEBS_FORMAT', 'exact', 'format of PEBS records'],
    [12, 1, 'SMM_FREEZE', 'subset', 'the counters can be frozen in SMM'],
    [13, 1, 'FW_WRITES', 'subset', 'counters can be written in full width'],
    [14, 1, 'PEBS_BASELINE', 'subset', 'adaptive PEBS'],
    [15, 1, 'METRICS', 'subset', 'performance metrics'],
    [16, 1, 'PT', 'subset', 'PEBS records can go to Processor Trace'],
    [17, 1, 'PEBS_TIMING_INFO', 'subset', 'PEBS records hold the time between retirements'],
    [19, 1, 'RDPMC_METRICS_CLEAR', 'subset', 'RDPMC can clear the performance metrics'],
  ],
};

const CORE_CAPS: FeatureMsr = {
  index: 0xcf,
  kind: 'feature',
  rest: 'subset',
  description: 'controls of the core that some models have: split-lock detection, quiet locks',
  source: 'Intel SDM volume 4, table 2-2; msr-index.h of Linux 7.3',
  fields: [
    [2, 1, 'INTEGRITY_CAPS', 'subset', 'the MSR INTEGRITY_CAPS is there'],
    [3, 1, 'RSM_IN_CPL0_ONLY', 'subset', 'RSM is for ring 0 alone'],
    [4, 1, 'UC_LOCK_DISABLE', 'subset', 'locks on uncacheable memory can be made to fault with #GP'],
    [5, 1, 'SPLIT_LOCK_DETECT', 'subset', 'locks across cache lines can be made to fault with #AC'],
    [6, 1, 'SNOOP_FILTER_QOS', 'subset', 'quality of service of the snoop filter'],
    [7, 1, 'UC_STORE_THROTTLING', 'subset', 'stores to uncacheable memory can be throttled'],
  ],
};

/** AMD: LFENCE that serializes is the one bit that KVM offers. */
const DE_CFG: FeatureMsr = {
  index: 0xc0011029,
  kind: 'feature',
  rest: 'subset',
  description: 'decode configuration of AMD CPUs',
  source: "Linux 7.3, msr-index.h and kvm/svm/svm.c; AMD's Software techniques for managing speculation",
  fields: [[1, 1, 'LFENCE_SERIALIZE', 'subset', 'LFENCE serializes dispatch']],
};

/** KVM offers CPUID faulting; the ratios in between are 0 unless a VMM sets them. */
const PLATFORM_INFO: FeatureMsr = {
  index: 0xce,
  kind: 'feature',
  rest: 'subset',
  description: 'frequency ratios, and whether CPUID can be made to fault in user mode',
  source: 'Intel SDM volume 4, table 2-21; kvm/msrs.c of Linux 7.3',
  fields: [
    [8, 8, 'MAX_NON_TURBO_RATIO', 'exact', 'ratio of the highest frequency without turbo, in 100 MHz', 'identity'],
    [28, 1, 'PROGRAMMABLE_RATIO_LIMIT', 'subset', 'turbo ratio limits can be written'],
    [29, 1, 'PROGRAMMABLE_TDP_LIMIT', 'subset', 'TDP limits can be written'],
    [30, 1, 'PROGRAMMABLE_TJ_OFFSET', 'subset', 'the temperature target can be written'],
    [31, 1, 'CPUID_FAULT', 'subset', 'CPUID can be made to fault in user mode'],
    [40, 8, 'MAX_EFFICIENCY_RATIO', 'exact', 'ratio of the lowest frequency, in 100 MHz', 'identity'],
  ],
};

/** The microcode revision: whatever the host has, for guests that print it. */
const UCODE_REV: FeatureMsr = {
  index: 0x8b,
  kind: 'identity',
  rest: 'exact',
  description: 'revision of the microcode: the upper half on Intel, the lower on AMD',
  source: 'Intel SDM volume 4, table 2-2; AMD APM volume 2, A (PATCH_LEVEL)',
  fields: [
    [0, 32, 'low', 'exact', "AMD's patch level; KVM's default is 0x1000065"],
    [32, 32, 'REVISION', 'exact', "Intel's update revision; KVM's default is 1"],
  ],
};

/** Every feature MSR that KVM has had since 5.10 (KVM_GET_MSR_FEATURE_INDEX_LIST), and their neighbours. */
export const FEATURE_MSRS: readonly FeatureMsr[] = [
  UCODE_REV,
  PLATFORM_INFO,
  CORE_CAPS,
  ARCH_CAPABILITIES,
  PERF_CAPABILITIES,
  ...VMX_MSRS,
  DE_CFG,
];
