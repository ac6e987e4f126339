/**
 * Feature MSRs: which of their bits are known, and how they compare. Names and bits as in msr-index.h of Linux 7.3;
 * what a bit means for a guest is Intel SDM volume 4 and volume 3, appendix A (VMX), and the AMD APM. A bit that is not
 * here is an element without a name.
 */
import type { Comparison, Kind } from '../../../model/index.ts';

export type MsrField = readonly [shift: number, width: number, name: string, comparison: Comparison];

export interface FeatureMsr {
  readonly index: number;
  readonly kind: Extract<Kind, 'feature' | 'identity' | 'limit'>;
  /** How bits that have no name compare. */
  readonly rest: Comparison;
  readonly fields: readonly MsrField[];
}

const bits = (comparison: Comparison, names: Readonly<Record<number, string>>): MsrField[] =>
  Object.entries(names).map(([shift, name]) => [Number(shift), 1, name, comparison]);

/**
 * ARCH_CAPABILITIES. Most bits promise an immunity or a control. RSBA and RRSBA say the contrary, that a mitigation is
 * needed: a guest that was told so is safe without it, one that was not told is not.
 */
const ARCH_CAPABILITIES: FeatureMsr = {
  index: 0x10a,
  kind: 'feature',
  rest: 'subset',
  fields: [
    ...bits('subset', {
      0: 'RDCL_NO',
      1: 'IBRS_ALL',
      3: 'SKIP_VMENTRY_L1DFLUSH',
      4: 'SSB_NO',
      5: 'MDS_NO',
      6: 'PSCHANGE_MC_NO',
      7: 'TSX_CTRL_MSR',
      8: 'TAA_NO',
      13: 'SBDR_SSDP_NO',
      14: 'FBSDP_NO',
      15: 'PSDP_NO',
      16: 'MCU_ENUM',
      17: 'FB_CLEAR',
      18: 'FB_CLEAR_CTRL',
      20: 'BHI_NO',
      21: 'XAPIC_DISABLE',
      24: 'PBRSB_NO',
      25: 'GDS_CTRL',
      26: 'GDS_NO',
      27: 'RFDS_NO',
      28: 'RFDS_CLEAR',
      62: 'ITS_NO',
    }),
    ...bits('higher-safe', { 2: 'RSBA', 19: 'RRSBA' }),
  ],
};

const PERF_CAPABILITIES: FeatureMsr = {
  index: 0x345,
  kind: 'feature',
  rest: 'subset',
  fields: [
    [0, 6, 'LBR_FMT', 'exact'],
    [8, 4, 'PEBS_FORMAT', 'exact'],
    ...bits('subset', {
      6: 'PEBS_TRAP',
      7: 'ARCH_REG',
      13: 'FW_WRITES',
      14: 'PEBS_BASELINE',
      15: 'METRICS',
      16: 'PT',
      17: 'PEBS_TIMING_INFO',
    }),
  ],
};

const CORE_CAPS: FeatureMsr = {
  index: 0xcf,
  kind: 'feature',
  rest: 'subset',
  fields: bits('subset', { 2: 'INTEGRITY_CAPS', 5: 'SPLIT_LOCK_DETECT' }),
};

/** AMD: LFENCE that serializes is the one bit that KVM offers. */
const DE_CFG: FeatureMsr = {
  index: 0xc0011029,
  kind: 'feature',
  rest: 'subset',
  fields: bits('subset', { 1: 'LFENCE_SERIALIZE' }),
};

/** KVM offers CPUID faulting; the ratios in between are 0. */
const PLATFORM_INFO: FeatureMsr = {
  index: 0xce,
  kind: 'feature',
  rest: 'subset',
  fields: bits('subset', { 31: 'CPUID_FAULT' }),
};

/** The microcode revision: whatever the host has, for guests that print it. */
const UCODE_REV: FeatureMsr = {
  index: 0x8b,
  kind: 'identity',
  rest: 'exact',
  fields: [
    [0, 32, 'low', 'exact'],
    [32, 32, 'REVISION', 'exact'],
  ],
};

/**
 * VMX controls: the low half holds the bits that must be 1 (fewer is more permissive: a larger value is the safe one),
 * the high half those that may be 1.
 */
const vmxControls = (index: number): FeatureMsr => ({
  index,
  kind: 'feature',
  rest: 'subset',
  fields: Array.from({ length: 64 }, (_, bit): MsrField =>
    bit < 32 ? [bit, 1, `must1_bit${bit}`, 'higher-safe'] : [bit, 1, `may1_bit${bit - 32}`, 'subset'],
  ),
});

/** CR0 and CR4 in VMX operation: bits of FIXED0 must be 1, bits clear in FIXED1 must be 0. */
const fixed0 = (index: number): FeatureMsr => ({ index, kind: 'feature', rest: 'higher-safe', fields: [] });
const fixed1 = (index: number): FeatureMsr => ({ index, kind: 'feature', rest: 'subset', fields: [] });

const VMX_BASIC: FeatureMsr = {
  index: 0x480,
  kind: 'feature',
  rest: 'subset',
  fields: [
    [0, 31, 'vmcs_revision', 'exact'],
    [32, 13, 'vmcs_size', 'exact'],
    [50, 4, 'memory_type', 'exact'],
    ...bits('subset', { 49: 'dual_monitor', 54: 'inout', 55: 'true_ctls' }),
    [48, 1, 'physical_width_32', 'exact'],
  ],
};

const VMX_MISC: FeatureMsr = {
  index: 0x485,
  kind: 'feature',
  rest: 'subset',
  fields: [
    [0, 5, 'preemption_timer_rate', 'exact'],
    [16, 9, 'cr3_targets', 'lower-safe'],
    [25, 3, 'msr_list_size', 'lower-safe'],
    [32, 32, 'mseg_revision', 'exact'],
    ...bits('subset', {
      5: 'save_efer_lma',
      6: 'activity_hlt',
      7: 'activity_shutdown',
      8: 'activity_wait_sipi',
      29: 'vmwrite_all',
      30: 'zero_length_injection',
    }),
  ],
};

const VMX_VMCS_ENUM: FeatureMsr = {
  index: 0x48a,
  kind: 'limit',
  rest: 'subset',
  fields: [[1, 9, 'highest_index', 'lower-safe']],
};

/** Every feature MSR that KVM has had since 5.10 (KVM_GET_MSR_FEATURE_INDEX_LIST). */
export const FEATURE_MSRS: readonly FeatureMsr[] = [
  UCODE_REV,
  PLATFORM_INFO,
  CORE_CAPS,
  ARCH_CAPABILITIES,
  PERF_CAPABILITIES,
  VMX_BASIC,
  ...[0x481, 0x482, 0x483, 0x484].map(vmxControls), // pin-based, processor-based, exit, entry
  VMX_MISC,
  fixed0(0x486),
  fixed1(0x487),
  fixed0(0x488),
  fixed1(0x489),
  VMX_VMCS_ENUM,
  vmxControls(0x48b), // secondary processor-based
  { index: 0x48c, kind: 'feature', rest: 'subset', fields: [] }, // EPT_VPID_CAP
  ...[0x48d, 0x48e, 0x48f, 0x490].map(vmxControls), // the TRUE forms
  { index: 0x491, kind: 'feature', rest: 'subset', fields: [] }, // VMFUNC
  { index: 0x492, kind: 'feature', rest: 'subset', fields: [] }, // tertiary processor-based: all bits may be 1
  DE_CFG,
];
