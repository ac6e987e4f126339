/**
 * What a CPUID field is and how it compares, where it is not a feature bit. A single bit that no row names is a
 * feature compared as a subset; a field of several bits must be named here (a test insists).
 *
 * Sources: which fields KVM owns, limits and passes through is arch/x86/kvm/cpuid.c (Linux 7.3); what a field means is
 * Intel SDM volume 2, CPUID, and AMD APM volume 3, appendix E.
 */
import type { Comparison, Kind } from '../../../model/index.ts';

/**
 * What a VMM can make of a field, beyond what KVM_SET_CPUID2 accepts:
 * `mask`: a feature can be hidden, and not be had where the host lacks it, whatever the table says.
 * `data`: the guest reads what the table says, and nothing in the host depends on it.
 * `hardware`: it describes what the CPU does (where XSAVE puts a component): the truth, or 0 with the feature hidden.
 */
export type Selection = 'mask' | 'data' | 'hardware';

export interface FieldClass {
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly selection: Selection;
}

export const FEATURE: FieldClass = { kind: 'feature', comparison: 'subset', selection: 'mask' };
/** Set means that something is missing: hiding the thing is setting the bit. */
const INVERTED: FieldClass = { kind: 'feature', comparison: 'higher-safe', selection: 'mask' };
const IDENTITY: FieldClass = { kind: 'identity', comparison: 'exact', selection: 'data' };
const LIMIT: FieldClass = { kind: 'limit', comparison: 'lower-safe', selection: 'data' };
/** How far leaves or subleaves go: a number that a VMM may write as it likes, for what lies behind compares by itself. */
const EXTENT: FieldClass = { kind: 'limit', comparison: 'exact', selection: 'data' };
/** A number that must be the same, although KVM would let a VMM write another. */
const EXACT: FieldClass = { kind: 'limit', comparison: 'exact', selection: 'hardware' };
const DERIVED: FieldClass = { kind: 'derived', comparison: 'none', selection: 'data' };
const TOPOLOGY: FieldClass = { kind: 'topology', comparison: 'none', selection: 'data' };
/** Says that something is missing which KVM gives to no guest: true whatever the table says, and so the VMM's to choose. */
const NEVER_GIVEN: FieldClass = { kind: 'feature', comparison: 'higher-safe', selection: 'data' };
const PARAVIRTUAL: FieldClass = { kind: 'paravirtual', comparison: 'subset', selection: 'mask' };
/** Every VMM sets it, also where KVM does not list it (it does so on 7.2 and not on 6.12). */
const HYPERVISOR: FieldClass = { kind: 'paravirtual', comparison: 'subset', selection: 'data' };
const PARAVIRTUAL_EXTENT: FieldClass = { kind: 'paravirtual', comparison: 'exact', selection: 'data' };
const SIGNATURE: FieldClass = { kind: 'paravirtual', comparison: 'exact', selection: 'data' };

export interface KindRow {
  readonly leaf: number;
  /** Left out: all subleaves. */
  readonly subleaf?: number;
  readonly register?: 'eax' | 'ebx' | 'ecx' | 'edx';
  /** Names as in the field table; left out: every field of several bits. `'all'`: every named field. */
  readonly names?: readonly string[] | 'all';
  readonly is: FieldClass;
}

/** The first row that fits a field counts. */
export const CPUID_KINDS: readonly KindRow[] = [
  { leaf: 0x0, register: 'eax', is: EXTENT },
  { leaf: 0x0, is: IDENTITY },
  { leaf: 0x1, register: 'eax', names: 'all', is: IDENTITY },
  { leaf: 0x1, register: 'ebx', names: ['brand_id', 'clflush_size'], is: IDENTITY },
  { leaf: 0x1, register: 'ebx', names: ['n_logical_cpu'], is: TOPOLOGY },
  // The CPU that asks: KVM_GET_SUPPORTED_CPUID gives the APIC id of the one that the probe ran on.
  { leaf: 0x1, register: 'ebx', names: ['local_apic_id'], is: DERIVED },
  // CR4.OSXSAVE.
  { leaf: 0x1, register: 'ecx', names: ['osxsave'], is: DERIVED },
  { leaf: 0x1, register: 'ecx', names: ['hypervisor'], is: HYPERVISOR },
  // Whether leaf 1's count of logical processors means anything: as many threads as the VMM makes.
  { leaf: 0x1, register: 'edx', names: ['ht'], is: TOPOLOGY },
  // Cache and TLB descriptors, one byte each, to be read as a whole.
  { leaf: 0x2, names: 'all', is: IDENTITY },
  // The processor serial number, which no CPU since the Pentium III has.
  { leaf: 0x3, names: 'all', is: IDENTITY },
  { leaf: 0x4, names: 'all', is: TOPOLOGY },
  { leaf: 0x5, register: 'edx', is: LIMIT },
  { leaf: 0x5, is: EXACT },
  { leaf: 0x6, register: 'edx', names: ['this_lcpu_hwfdbk_idx'], is: DERIVED },
  { leaf: 0x6, is: LIMIT },
  { leaf: 0x7, subleaf: 0, register: 'eax', is: EXTENT },
  { leaf: 0x7, subleaf: 0, register: 'ebx', names: ['fdp_excptn_only', 'zero_fcs_fds'], is: INVERTED },
  // CR4.PKE.
  { leaf: 0x7, subleaf: 0, register: 'ecx', names: ['ospke'], is: DERIVED },
  { leaf: 0x7, subleaf: 0, register: 'ecx', names: ['mawau_val_lm'], is: EXACT },
  { leaf: 0xa, register: 'eax', names: ['bit_width_gp'], is: EXACT },
  { leaf: 0xa, register: 'eax', is: LIMIT },
  // A set bit says that the event cannot be counted.
  { leaf: 0xa, register: 'ebx', names: 'all', is: INVERTED },
  { leaf: 0xa, register: 'ecx', names: ['pmu_fcounters_bitmap'], is: FEATURE },
  { leaf: 0xa, register: 'edx', names: ['bitwidth_fixed'], is: EXACT },
  // KVM keeps AnyThread reserved in the selectors.
  { leaf: 0xa, register: 'edx', names: ['anythread_deprecation'], is: NEVER_GIVEN },
  { leaf: 0xa, register: 'edx', names: ['num_counters_fixed'], is: LIMIT },
  { leaf: 0xb, register: 'edx', names: 'all', is: DERIVED },
  { leaf: 0xb, names: 'all', is: TOPOLOGY },
  // The size for the XCR0 of the moment, and the sum of what the VMM leaves visible.
  { leaf: 0xd, subleaf: 0, register: 'ebx', names: 'all', is: DERIVED },
  { leaf: 0xd, subleaf: 0, register: 'ecx', names: 'all', is: LIMIT },
  { leaf: 0xd, subleaf: 1, register: 'ebx', names: 'all', is: DERIVED },
  { leaf: 0xd, register: 'eax', names: ['xsave_sz'], is: EXACT },
  { leaf: 0xd, register: 'ebx', names: ['xsave_offset'], is: EXACT },
  { leaf: 0xd, register: 'ecx', names: ['is_xss_bit', 'compacted_xsave_64byte_aligned'], is: EXACT },
  { leaf: 0xf, subleaf: 1, register: 'eax', is: EXACT },
  { leaf: 0xf, subleaf: 1, register: 'ebx', is: EXACT },
  { leaf: 0xf, is: LIMIT },
  { leaf: 0x10, register: 'ebx', names: ['cat_units_bitmap'], is: EXACT },
  { leaf: 0x10, register: 'eax', is: EXACT },
  { leaf: 0x10, is: LIMIT },
  { leaf: 0x12, subleaf: 0, is: LIMIT },
  { leaf: 0x12, is: EXACT },
  { leaf: 0x14, subleaf: 0, register: 'eax', is: EXTENT },
  { leaf: 0x14, subleaf: 1, register: 'eax', names: ['num_address_ranges'], is: LIMIT },
  { leaf: 0x14, is: FEATURE },
  // Frequencies: KVM passes the host's, a guest takes them for its own.
  { leaf: 0x15, is: IDENTITY },
  { leaf: 0x16, is: IDENTITY },
  { leaf: 0x17, is: IDENTITY },
  { leaf: 0x18, names: 'all', is: IDENTITY },
  { leaf: 0x1a, is: IDENTITY },
  { leaf: 0x1b, is: IDENTITY },
  // Both are bitmaps of what can be had.
  { leaf: 0x1c, is: FEATURE },
  { leaf: 0x1d, subleaf: 0, is: LIMIT },
  { leaf: 0x1d, is: EXACT },
  { leaf: 0x1e, subleaf: 0, is: EXACT },
  { leaf: 0x1f, register: 'edx', names: 'all', is: DERIVED },
  { leaf: 0x1f, names: 'all', is: TOPOLOGY },
  { leaf: 0x20, register: 'eax', is: EXTENT },
  { leaf: 0x21, is: IDENTITY },
  // Bitmaps of counters and of event groups.
  { leaf: 0x23, is: FEATURE },
  { leaf: 0x24, subleaf: 0, register: 'eax', is: EXTENT },
  { leaf: 0x24, subleaf: 0, register: 'ebx', is: LIMIT },
  { leaf: 0x40000000, register: 'eax', is: PARAVIRTUAL_EXTENT },
  { leaf: 0x40000000, is: SIGNATURE },
  { leaf: 0x40000001, names: 'all', is: PARAVIRTUAL },
  { leaf: 0x80000000, register: 'eax', is: EXTENT },
  { leaf: 0x80000000, is: IDENTITY },
  { leaf: 0x80000001, register: 'eax', names: 'all', is: IDENTITY },
  { leaf: 0x80000001, register: 'ebx', names: 'all', is: IDENTITY },
  { leaf: 0x80000001, register: 'ecx', names: ['cmp_legacy'], is: TOPOLOGY },
  { leaf: 0x80000002, names: 'all', is: IDENTITY },
  { leaf: 0x80000003, names: 'all', is: IDENTITY },
  { leaf: 0x80000004, names: 'all', is: IDENTITY },
  { leaf: 0x80000005, names: 'all', is: IDENTITY },
  { leaf: 0x80000006, names: 'all', is: IDENTITY },
  { leaf: 0x80000007, register: 'ecx', is: IDENTITY },
  // 0 on 6.1, set on 6.12: as many as the physical ones; a hint for firmware, which nothing in the host depends on.
  { leaf: 0x80000008, register: 'eax', names: ['guest_phys_addr_bits'], is: EXTENT },
  { leaf: 0x80000008, register: 'eax', is: LIMIT },
  { leaf: 0x80000008, register: 'ebx', names: ['efer_lmsle_mbz'], is: INVERTED },
  { leaf: 0x80000008, register: 'ecx', names: ['perf_tsc_len'], is: IDENTITY },
  { leaf: 0x80000008, register: 'ecx', is: TOPOLOGY },
  { leaf: 0x80000008, register: 'edx', is: LIMIT },
  { leaf: 0x8000000a, register: 'eax', is: LIMIT },
  { leaf: 0x8000000a, register: 'ebx', is: LIMIT },
  { leaf: 0x80000019, names: 'all', is: IDENTITY },
  // How wide the vector units are inside: a hint for which instructions are fast.
  { leaf: 0x8000001a, names: 'all', is: IDENTITY },
  { leaf: 0x8000001c, is: EXACT },
  { leaf: 0x8000001d, names: 'all', is: TOPOLOGY },
  { leaf: 0x8000001e, register: 'eax', names: 'all', is: DERIVED },
  { leaf: 0x8000001e, names: 'all', is: TOPOLOGY },
  { leaf: 0x8000001f, register: 'ebx', names: ['pte_cbit_pos', 'phys_addr_reduction_nbits'], is: EXACT },
  { leaf: 0x8000001f, register: 'ebx', is: LIMIT },
  { leaf: 0x8000001f, register: 'ecx', is: LIMIT },
  { leaf: 0x8000001f, register: 'edx', is: EXACT },
  { leaf: 0x80000020, is: LIMIT },
  // KVM has no SMM_CTL on any kernel.
  { leaf: 0x80000021, register: 'eax', names: ['no_smm_ctl_msr'], is: NEVER_GIVEN },
  { leaf: 0x80000021, register: 'ebx', is: IDENTITY },
  { leaf: 0x80000022, register: 'ebx', is: LIMIT },
  { leaf: 0x80000022, register: 'ecx', is: FEATURE },
  { leaf: 0x80000023, is: LIMIT },
  { leaf: 0x80000026, register: 'edx', names: 'all', is: DERIVED },
  { leaf: 0x80000026, names: 'all', is: TOPOLOGY },
  { leaf: 0x80860000, register: 'eax', is: EXTENT },
  { leaf: 0x80860000, is: IDENTITY },
  { leaf: 0x80860001, register: 'eax', names: 'all', is: IDENTITY },
  { leaf: 0x80860001, is: IDENTITY },
  { leaf: 0x80860002, is: IDENTITY },
  { leaf: 0x80860003, is: IDENTITY },
  { leaf: 0x80860004, is: IDENTITY },
  { leaf: 0x80860005, is: IDENTITY },
  { leaf: 0x80860006, is: IDENTITY },
  { leaf: 0x80860007, is: DERIVED },
  { leaf: 0xc0000000, register: 'eax', is: EXTENT },
];
