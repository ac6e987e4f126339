/**
 * The VMX capability MSRs: what a hypervisor inside the guest may ask of its virtual VMX. Intel SDM volume 3, appendix A;
 * names of controls as in asm/vmxfeatures.h and asm/vmx.h of Linux 7.3, without prefix.
 *
 * A control MSR of 64 bits is two masks of 32: the low half holds the settings that must be 1 (allowed-0: a bit that is 0
 * there may be 0), the high half those that may be 1 (allowed-1). The halves compare in opposite directions: a control that
 * a destination forces takes something away, one that it offers adds something.
 */
import type { FeatureMsr, MsrField } from './msr-row.ts';

/** By bit: name, and what setting it does. */
type Controls = Readonly<Record<number, readonly [name: string, description: string]>>;

const PIN_BASED: Controls = {
  0: ['INTR_EXITING', 'external interrupts exit'],
  3: ['NMI_EXITING', 'NMIs exit'],
  5: ['VIRTUAL_NMIS', 'NMIs are virtualized'],
  6: ['PREEMPTION_TIMER', 'the VMX-preemption timer counts'],
  7: ['POSTED_INTR', 'posted interrupts are processed'],
};

const PRIMARY: Controls = {
  2: ['INTR_WINDOW_EXITING', 'an exit as soon as interrupts are open'],
  3: ['USE_TSC_OFFSETTING', 'the TSC is read with an offset'],
  7: ['HLT_EXITING', 'HLT exits'],
  9: ['INVLPG_EXITING', 'INVLPG exits'],
  10: ['MWAIT_EXITING', 'MWAIT exits'],
  11: ['RDPMC_EXITING', 'RDPMC exits'],
  12: ['RDTSC_EXITING', 'RDTSC and RDTSCP exit'],
  15: ['CR3_LOAD_EXITING', 'writes of CR3 exit'],
  16: ['CR3_STORE_EXITING', 'reads of CR3 exit'],
  17: ['TERTIARY_CONTROLS', 'the tertiary controls count'],
  19: ['CR8_LOAD_EXITING', 'writes of CR8 exit'],
  20: ['CR8_STORE_EXITING', 'reads of CR8 exit'],
  21: ['VIRTUAL_TPR', 'the TPR shadow is used'],
  22: ['NMI_WINDOW_EXITING', 'an exit as soon as NMIs are open'],
  23: ['MOV_DR_EXITING', 'accesses to debug registers exit'],
  24: ['UNCOND_IO_EXITING', 'all port accesses exit'],
  25: ['USE_IO_BITMAPS', 'port accesses exit by bitmap'],
  27: ['MONITOR_TRAP_FLAG', 'an exit after each instruction'],
  28: ['USE_MSR_BITMAPS', 'MSR accesses exit by bitmap'],
  29: ['MONITOR_EXITING', 'MONITOR exits'],
  30: ['PAUSE_EXITING', 'PAUSE exits'],
  31: ['SEC_CONTROLS', 'the secondary controls count'],
};

const SECONDARY: Controls = {
  0: ['VIRT_APIC_ACCESSES', 'accesses to the APIC page are virtualized'],
  1: ['EPT', 'extended page tables'],
  2: ['DESC_EXITING', 'loads and stores of descriptor tables exit'],
  3: ['RDTSCP', 'RDTSCP is enabled'],
  4: ['VIRTUAL_X2APIC', 'x2APIC MSRs are virtualized'],
  5: ['VPID', 'TLB entries are tagged'],
  6: ['WBINVD_EXITING', 'WBINVD exits'],
  7: ['UNRESTRICTED_GUEST', 'real mode and unpaged protected mode can run'],
  8: ['APIC_REGISTER_VIRT', 'APIC registers are read without an exit'],
  9: ['VIRT_INTR_DELIVERY', 'virtual interrupts are delivered without an exit'],
  10: ['PAUSE_LOOP_EXITING', 'loops of PAUSE exit'],
  11: ['RDRAND_EXITING', 'RDRAND exits'],
  12: ['INVPCID', 'INVPCID is enabled'],
  13: ['VMFUNC', 'VM functions'],
  14: ['SHADOW_VMCS', 'VMREAD and VMWRITE reach a shadow VMCS'],
  15: ['ENCLS_EXITING', 'ENCLS exits by bitmap'],
  16: ['RDSEED_EXITING', 'RDSEED exits'],
  17: ['PAGE_MOD_LOGGING', 'dirtied pages are logged'],
  18: ['EPT_VIOLATION_VE', 'EPT violations can be #VE in the guest'],
  19: ['PT_CONCEAL_VMX', 'processor traces do not show VMX operation'],
  20: ['XSAVES', 'XSAVES and XRSTORS are enabled'],
  21: ['PASID_TRANSLATION', 'ENQCMD translates PASIDs'],
  22: ['MODE_BASED_EPT_EXEC', 'EPT tells execution in user from that in supervisor mode'],
  23: ['SPP', 'EPT write permission of 128-byte sub-pages'],
  24: ['PT_USE_GPA', 'processor traces go to guest-physical addresses'],
  25: ['TSC_SCALING', 'the TSC is read with a factor'],
  26: ['USR_WAIT_PAUSE', 'UMONITOR, UMWAIT and TPAUSE are enabled'],
  27: ['PCONFIG', 'PCONFIG is enabled'],
  28: ['ENCLV_EXITING', 'ENCLV exits by bitmap'],
  30: ['BUS_LOCK_DETECTION', 'bus locks exit'],
  31: ['NOTIFY_VM_EXITING', 'an exit where no event window opens for long'],
};

const TERTIARY: Controls = {
  0: ['LOADIWKEY_EXITING', 'LOADIWKEY exits'],
  1: ['HLAT', 'paging structures that the hypervisor manages'],
  2: ['EPT_PAGING_WRITE', 'paging structures alone can be written'],
  3: ['GUEST_PAGING_VERIFICATION', 'guest-paging verification'],
  4: ['IPI_VIRT', 'IPIs are virtualized'],
  6: ['MSR_LIST', 'RDMSRLIST and WRMSRLIST are enabled'],
  7: ['VIRT_SPEC_CTRL', 'SPEC_CTRL is virtualized'],
};

const EXIT: Controls = {
  2: ['SAVE_DEBUG_CONTROLS', 'DR7 and DEBUGCTL are saved'],
  9: ['HOST_ADDR_SPACE_SIZE', 'the host is in 64-bit mode after an exit'],
  12: ['LOAD_IA32_PERF_GLOBAL_CTRL', 'PERF_GLOBAL_CTRL is loaded'],
  15: ['ACK_INTR_ON_EXIT', 'an interrupt that exits is acknowledged'],
  18: ['SAVE_IA32_PAT', 'PAT is saved'],
  19: ['LOAD_IA32_PAT', 'PAT is loaded'],
  20: ['SAVE_IA32_EFER', 'EFER is saved'],
  21: ['LOAD_IA32_EFER', 'EFER is loaded'],
  22: ['SAVE_VMX_PREEMPTION_TIMER', 'the preemption timer is saved'],
  23: ['CLEAR_BNDCFGS', 'BNDCFGS is cleared'],
  24: ['PT_CONCEAL_PIP', 'processor traces do not show the exit'],
  25: ['CLEAR_IA32_RTIT_CTL', 'RTIT_CTL is cleared'],
  26: ['CLEAR_IA32_LBR_CTL', 'LBR_CTL is cleared'],
  27: ['CLEAR_UINV', 'UINV is cleared'],
  28: ['LOAD_CET_STATE', 'CET state is loaded'],
  29: ['LOAD_PKRS', 'PKRS is loaded'],
  30: ['SAVE_IA32_PERF_GLOBAL_CTRL', 'PERF_GLOBAL_CTRL is saved'],
  31: ['ACTIVATE_SECONDARY', 'the secondary exit controls count'],
};

const ENTRY: Controls = {
  2: ['LOAD_DEBUG_CONTROLS', 'DR7 and DEBUGCTL are loaded'],
  9: ['IA32E_MODE', 'the guest is in IA-32e mode after an entry'],
  10: ['SMM', 'the guest is in SMM after an entry'],
  11: ['DEACT_DUAL_MONITOR', 'the default treatment of SMM is restored'],
  13: ['LOAD_IA32_PERF_GLOBAL_CTRL', 'PERF_GLOBAL_CTRL is loaded'],
  14: ['LOAD_IA32_PAT', 'PAT is loaded'],
  15: ['LOAD_IA32_EFER', 'EFER is loaded'],
  16: ['LOAD_BNDCFGS', 'BNDCFGS is loaded'],
  17: ['PT_CONCEAL_PIP', 'processor traces do not show the entry'],
  18: ['LOAD_IA32_RTIT_CTL', 'RTIT_CTL is loaded'],
  19: ['LOAD_UINV', 'UINV is loaded'],
  20: ['LOAD_CET_STATE', 'CET state is loaded'],
  21: ['LOAD_IA32_LBR_CTL', 'LBR_CTL is loaded'],
  22: ['LOAD_PKRS', 'PKRS is loaded'],
  23: ['LOAD_FRED', 'FRED state is loaded'],
};

const rows = (controls: Controls): (readonly [bit: number, name: string, description: string])[] =>
  Object.entries(controls).map(([bit, [name, description]]) => [Number(bit), name, description]);

/** Bits without a name keep the direction of their half: most are reserved and must be 1. */
const pair = (index: number, description: string, section: string, controls: Controls): FeatureMsr => ({
  index,
  kind: 'feature',
  rest: 'subset',
  lowRest: 'higher-safe',
  description,
  source: `Intel SDM volume 3, ${section}`,
  fields: rows(controls).flatMap(([bit, name, what]): MsrField[] => [
    [bit, 1, `must_${name}`, 'higher-safe', `must be 1: ${what}`],
    [32 + bit, 1, `may_${name}`, 'subset', `may be 1: ${what}`],
  ]),
});

/** 64 controls that may be 1; none of them is ever forced. */
const allowed1 = (index: number, description: string, section: string, controls: Controls): FeatureMsr => ({
  index,
  kind: 'feature',
  rest: 'subset',
  description,
  source: `Intel SDM volume 3, ${section}`,
  fields: rows(controls).map(([bit, name, what]) => [bit, 1, `may_${name}`, 'subset', `may be 1: ${what}`]),
});

const CR0: readonly (readonly [bit: number, name: string])[] = [
  [0, 'PE'],
  [1, 'MP'],
  [2, 'EM'],
  [3, 'TS'],
  [4, 'ET'],
  [5, 'NE'],
  [16, 'WP'],
  [18, 'AM'],
  [29, 'NW'],
  [30, 'CD'],
  [31, 'PG'],
];

const CR4: readonly (readonly [bit: number, name: string])[] = [
  [0, 'VME'],
  [1, 'PVI'],
  [2, 'TSD'],
  [3, 'DE'],
  [4, 'PSE'],
  [5, 'PAE'],
  [6, 'MCE'],
  [7, 'PGE'],
  [8, 'PCE'],
  [9, 'OSFXSR'],
  [10, 'OSXMMEXCPT'],
  [11, 'UMIP'],
  [12, 'LA57'],
  [13, 'VMXE'],
  [14, 'SMXE'],
  [16, 'FSGSBASE'],
  [17, 'PCIDE'],
  [18, 'OSXSAVE'],
  [19, 'KL'],
  [20, 'SMEP'],
  [21, 'SMAP'],
  [22, 'PKE'],
  [23, 'CET'],
  [24, 'PKS'],
  [25, 'UINTR'],
  [27, 'LASS'],
  [28, 'LAM_SUP'],
  [32, 'FRED'],
];

/** FIXED0: a bit that is 1 must be 1 in VMX operation. */
const fixed0 = (index: number, register: string, section: string, bits: typeof CR0): FeatureMsr => ({
  index,
  kind: 'feature',
  rest: 'higher-safe',
  description: `bits of ${register} that must be 1 in VMX operation`,
  source: `Intel SDM volume 3, ${section}`,
  fields: bits.map(([bit, name]) => [bit, 1, name, 'higher-safe', `${register}.${name} must be 1`]),
});

/** FIXED1: a bit that is 0 must be 0. */
const fixed1 = (index: number, register: string, section: string, bits: typeof CR0): FeatureMsr => ({
  index,
  kind: 'feature',
  rest: 'subset',
  description: `bits of ${register} that may be 1 in VMX operation`,
  source: `Intel SDM volume 3, ${section}`,
  fields: bits.map(([bit, name]) => [bit, 1, name, 'subset', `${register}.${name} may be 1`]),
});

const BASIC: FeatureMsr = {
  index: 0x480,
  kind: 'feature',
  rest: 'subset',
  description: 'the VMCS: its revision and size, and which other capability MSRs are there',
  source: 'Intel SDM volume 3, A.1; asm/vmx.h of Linux 7.3',
  fields: [
    [0, 31, 'vmcs_revision', 'exact', 'VMCS revision identifier'],
    [31, 1, 'zero', 'exact', 'always 0'],
    [32, 13, 'vmcs_size', 'exact', 'bytes of the VMXON region and of a VMCS'],
    [48, 1, 'physical_width_32', 'exact', 'addresses of VMX structures are limited to 32 bits'],
    [49, 1, 'dual_monitor', 'subset', 'dual-monitor treatment of SMM'],
    [50, 4, 'memory_type', 'exact', 'memory type to use for VMX structures'],
    [54, 1, 'inout', 'subset', 'exits for INS and OUTS tell the instruction'],
    [55, 1, 'true_ctls', 'subset', 'the TRUE control MSRs are there'],
    [56, 1, 'no_hw_error_code', 'subset', 'exceptions can be injected with or without an error code'],
    [58, 1, 'nested_exception', 'subset', 'nested exceptions of FRED'],
    [60, 1, 'no_seamret_invd_vmcs', 'subset', 'SEAMRET does not make the VMCS invalid'],
  ],
};

const MISC: FeatureMsr = {
  index: 0x485,
  kind: 'feature',
  rest: 'subset',
  description: 'preemption timer, activity states, list sizes and further abilities of VMX',
  source: 'Intel SDM volume 3, A.6',
  fields: [
    [0, 5, 'preemption_timer_rate', 'exact', 'the preemption timer counts when this bit of the TSC changes'],
    [5, 1, 'save_efer_lma', 'subset', 'an exit saves EFER.LMA to the IA-32e mode control'],
    [6, 1, 'activity_hlt', 'subset', 'activity state HLT'],
    [7, 1, 'activity_shutdown', 'subset', 'activity state shutdown'],
    [8, 1, 'activity_wait_sipi', 'subset', 'activity state wait-for-SIPI'],
    [14, 1, 'intel_pt', 'subset', 'Processor Trace can be used in VMX operation'],
    [15, 1, 'rdmsr_in_smm', 'subset', 'SMBASE can be read by RDMSR in SMM'],
    [16, 9, 'cr3_targets', 'lower-safe', 'number of CR3-target values'],
    [25, 3, 'msr_list_size', 'lower-safe', 'recommended MSRs in a list: 512 times this and one'],
    [28, 1, 'vmxoff_block_smi', 'subset', 'VMXOFF can leave SMIs blocked'],
    [29, 1, 'vmwrite_all', 'subset', 'VMWRITE can write any VMCS field'],
    [30, 1, 'zero_length_injection', 'subset', 'events can be injected with an instruction length of 0'],
    [32, 32, 'mseg_revision', 'exact', 'MSEG revision identifier'],
  ],
};

const VMCS_ENUM: FeatureMsr = {
  index: 0x48a,
  kind: 'limit',
  rest: 'subset',
  description: 'the highest index of a VMCS field',
  source: 'Intel SDM volume 3, A.9',
  fields: [[1, 9, 'highest_index', 'lower-safe', 'highest index of any VMCS field encoding']],
};

const EPT_VPID_CAP: FeatureMsr = {
  index: 0x48c,
  kind: 'feature',
  rest: 'subset',
  description: 'what EPT and VPIDs can do',
  source: 'Intel SDM volume 3, A.10; asm/vmx.h of Linux 7.3',
  fields: [
    [0, 1, 'EPT_EXECUTE_ONLY', 'subset', 'pages that can be executed and not read'],
    [6, 1, 'EPT_PAGE_WALK_4', 'subset', 'page walks of 4 levels'],
    [7, 1, 'EPT_PAGE_WALK_5', 'subset', 'page walks of 5 levels'],
    [8, 1, 'EPTP_UC', 'subset', 'paging structures can be uncacheable'],
    [14, 1, 'EPTP_WB', 'subset', 'paging structures can be write-back'],
    [16, 1, 'EPT_2MB_PAGE', 'subset', '2 MiB pages'],
    [17, 1, 'EPT_1GB_PAGE', 'subset', '1 GiB pages'],
    [20, 1, 'INVEPT', 'subset', 'the INVEPT instruction'],
    [21, 1, 'EPT_AD', 'subset', 'accessed and dirty flags'],
    [22, 1, 'ADVANCED_VMEXIT_INFO', 'subset', 'exits for EPT violations tell more'],
    [23, 1, 'SUPERVISOR_SHADOW_STACK', 'subset', 'supervisor shadow-stack control'],
    [25, 1, 'INVEPT_CONTEXT', 'subset', 'single-context INVEPT'],
    [26, 1, 'INVEPT_GLOBAL', 'subset', 'all-context INVEPT'],
    [32, 1, 'INVVPID', 'subset', 'the INVVPID instruction'],
    [40, 1, 'INVVPID_INDIVIDUAL_ADDR', 'subset', 'INVVPID of one address'],
    [41, 1, 'INVVPID_SINGLE_CONTEXT', 'subset', 'single-context INVVPID'],
    [42, 1, 'INVVPID_ALL_CONTEXT', 'subset', 'all-context INVVPID'],
    [43, 1, 'INVVPID_SINGLE_NON_GLOBAL', 'subset', 'single-context INVVPID that keeps global translations'],
    [48, 6, 'HLAT_PREFIX', 'exact', 'largest size of an HLAT prefix'],
  ],
};

export const VMX_MSRS: readonly FeatureMsr[] = [
  BASIC,
  pair(0x481, 'pin-based controls, with the default settings forced', 'A.3.1', PIN_BASED),
  pair(0x482, 'primary processor-based controls, with the default settings forced', 'A.3.2', PRIMARY),
  pair(0x483, 'exit controls, with the default settings forced', 'A.4.1', EXIT),
  pair(0x484, 'entry controls, with the default settings forced', 'A.5', ENTRY),
  MISC,
  fixed0(0x486, 'CR0', 'A.7', CR0),
  fixed1(0x487, 'CR0', 'A.7', CR0),
  fixed0(0x488, 'CR4', 'A.8', CR4),
  fixed1(0x489, 'CR4', 'A.8', CR4),
  VMCS_ENUM,
  pair(0x48b, 'secondary processor-based controls', 'A.3.3', SECONDARY),
  EPT_VPID_CAP,
  pair(0x48d, 'pin-based controls as they are', 'A.3.1', PIN_BASED),
  pair(0x48e, 'primary processor-based controls as they are', 'A.3.2', PRIMARY),
  pair(0x48f, 'exit controls as they are', 'A.4.1', EXIT),
  pair(0x490, 'entry controls as they are', 'A.5', ENTRY),
  allowed1(0x491, 'VM functions', 'A.11', { 0: ['EPTP_SWITCHING', 'the guest can switch its EPT'] }),
  allowed1(0x492, 'tertiary processor-based controls', 'A.3.4', TERTIARY),
  allowed1(0x493, 'secondary exit controls', 'A.4.2', {
    0: ['SAVE_FRED', 'FRED state is saved'],
    1: ['LOAD_FRED', 'FRED state is loaded'],
    3: ['PREMATURELY_BUSY_SHADOW_STACK', 'exits tell of shadow stacks that are busy too early'],
  }),
];
