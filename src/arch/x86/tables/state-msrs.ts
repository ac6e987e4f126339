/**
 * MSRs that hold state which a guest carries: all that KVM of Linux 5.10 to 7.3 may list (saved-msrs.ts). The neutral value
 * is the one at which a destination may lack the register: the guest does not use it. Values that registers have at reset
 * are Intel SDM volume 3, table 11-1 and the sections of each, and vmx_vcpu_reset, svm_vcpu_reset and kvm_vcpu_reset of
 * Linux 7.3.
 */
import type { StateMsr } from './msr-row.ts';

const SDM = 'Intel SDM volume 4, table 2-2';
const APM = 'AMD APM volume 2, appendix A';
const TLFS = 'Hyper-V TLFS; kvm/hyperv.c of Linux 7.3';
const KVM_MSR = 'Linux 7.3, Documentation/virt/kvm/x86/msr.rst';
const PT = 'Intel SDM volume 3, 34.2.8';

const zero = (why: string): StateMsr['neutral'] => ({ value: 0n, why });
const reset = (value: bigint): StateMsr['neutral'] => ({ value, why: 'the value at reset: the guest never wrote it' });

const TIME: readonly StateMsr[] = [
  { first: 0x10, description: 'the time stamp counter', source: SDM, neutral: null },
  {
    first: 0x3b,
    description: 'TSC_ADJUST: the sum of what was written to the time stamp counter',
    source: SDM,
    neutral: zero('the counter was never written'),
  },
  {
    first: 0x6e0,
    description: 'TSC_DEADLINE: when the APIC timer fires next',
    source: 'Intel SDM volume 3, 12.5.4.1',
    neutral: zero('the timer is not armed'),
  },
  {
    first: 0xe1,
    description: 'UMWAIT_CONTROL: for how long and how deep user mode may wait',
    source: SDM,
    neutral: reset(0n),
    fields: [
      [0, 1, 'C02_DISABLE', 'state C0.2 is not allowed'],
      [2, 30, 'TIME', 'longest wait in units of 4 TSC cycles, 0: no limit'],
    ],
  },
  {
    first: 0xc0000103,
    description: 'TSC_AUX: what RDTSCP and RDPID return, the CPU number under Linux',
    source: SDM,
    neutral: null,
  },
  {
    first: 0xc0000104,
    description: 'the ratio by which the TSC of nested guests is scaled',
    source: 'AMD APM volume 2, 15.30.5',
    neutral: { value: 1n << 32n, why: 'a ratio of 1: nothing is scaled' },
  },
];

const SYSTEM_CALLS: readonly StateMsr[] = [
  {
    first: 0x174,
    description: 'code segment of SYSENTER',
    source: SDM,
    neutral: zero('SYSENTER faults: it was not set up'),
  },
  { first: 0x175, description: 'stack pointer of SYSENTER', source: SDM, neutral: null },
  { first: 0x176, description: 'entry point of SYSENTER', source: SDM, neutral: null },
  { first: 0xc0000081, description: 'STAR: segments of SYSCALL and SYSRET', source: SDM, neutral: null },
  { first: 0xc0000082, description: 'LSTAR: entry point of SYSCALL from 64-bit mode', source: SDM, neutral: null },
  {
    first: 0xc0000083,
    description: 'CSTAR: entry point of SYSCALL from compatibility mode',
    source: APM,
    neutral: null,
  },
  { first: 0xc0000084, description: 'flags that SYSCALL clears', source: SDM, neutral: null },
  { first: 0xc0000102, description: 'the GS base that SWAPGS exchanges', source: SDM, neutral: null },
];

const MEMORY: readonly StateMsr[] = [
  {
    first: 0x277,
    description: 'PAT: eight memory types that page tables choose from',
    source: 'Intel SDM volume 3, 13.12',
    neutral: reset(0x0007_0406_0007_0406n),
    fields: Array.from({ length: 8 }, (_, at) => [8 * at, 3, `PA${at}`, `memory type of entry ${at}`] as const),
  },
  {
    first: 0xd90,
    description: 'BNDCFGS: MPX in supervisor mode',
    source: SDM,
    neutral: zero('MPX is off'),
    fields: [
      [0, 1, 'EN', 'MPX is on'],
      [1, 1, 'BNDPRESERVE', 'branches without prefix keep the bound registers'],
      [12, 52, 'BASE', 'address of the bound directory, by page'],
    ],
  },
  {
    first: 0xda0,
    description: 'XSS: supervisor state components that XSAVES saves',
    source: 'Intel SDM volume 1, 13.3',
    neutral: zero('none is in use'),
    fields: [
      [8, 1, 'pt', 'Processor Trace'],
      [10, 1, 'pasid', 'PASID'],
      [11, 1, 'cet_user', 'CET of user mode'],
      [12, 1, 'cet_supervisor', 'CET of supervisor mode'],
      [13, 1, 'hdc', 'hardware duty cycling'],
      [14, 1, 'uintr', 'user interrupts'],
      [15, 1, 'lbr', 'last-branch records'],
      [16, 1, 'hwp', 'hardware P-states'],
    ],
  },
  {
    first: 0x1c4,
    description: 'XFD: state components whose first use faults',
    source: 'Intel SDM volume 1, 13.14',
    neutral: zero('no component faults'),
    fields: [[18, 1, 'xtile_data', 'AMX tiles']],
  },
  {
    first: 0x1c5,
    description: 'XFD_ERR: the state component whose use faulted last',
    source: 'Intel SDM volume 1, 13.14',
    neutral: zero('no such fault is pending'),
    fields: [[18, 1, 'xtile_data', 'AMX tiles']],
  },
];

const SHADOW_STACKS: readonly StateMsr[] = [
  [0x6a0, 'U_CET: shadow stacks and branch tracking of user mode'],
  [0x6a2, 'S_CET: shadow stacks and branch tracking of supervisor mode'],
].map(([first, description]): StateMsr => ({
  first: Number(first),
  description: String(description),
  source: 'Intel SDM volume 1, 17.2.2',
  neutral: zero('CET is off'),
  fields: [
    [0, 1, 'SH_STK_EN', 'shadow stacks'],
    [1, 1, 'WR_SHSTK_EN', 'WRSS can write shadow stacks'],
    [2, 1, 'ENDBR_EN', 'indirect branches must meet ENDBRANCH'],
    [3, 1, 'LEG_IW_EN', 'branches in the legacy bitmap are let pass'],
    [4, 1, 'NO_TRACK_EN', 'the no-track prefix counts'],
    [5, 1, 'SUPPRESS_DIS', 'tracking cannot be suppressed'],
    [10, 1, 'SUPPRESS', 'tracking is suppressed'],
    [11, 1, 'TRACKER', 'ENDBRANCH is awaited'],
    [12, 52, 'EB_LEG_BITMAP_BASE', 'address of the legacy bitmap, by page'],
  ],
}));

const CET: readonly StateMsr[] = [
  ...SHADOW_STACKS,
  {
    first: 0x6a4,
    last: 0x6a7,
    description: 'shadow stack pointer of a ring',
    source: 'Intel SDM volume 1, 17.2.1',
    neutral: zero('the ring has no shadow stack'),
  },
  {
    first: 0x6a8,
    description: 'table of shadow stacks for interrupts',
    source: 'Intel SDM volume 1, 17.2.1',
    neutral: zero('there is no table'),
  },
];

const SPECULATION: readonly StateMsr[] = [
  {
    first: 0x48,
    description: 'SPEC_CTRL: mitigations that are switched on',
    source: `${SDM}; msr-index.h of Linux 7.3`,
    neutral: zero('no mitigation is on'),
    fields: [
      [0, 1, 'IBRS', 'indirect branch restricted speculation'],
      [1, 1, 'STIBP', 'single thread indirect branch predictors'],
      [2, 1, 'SSBD', 'speculative store bypass disabled'],
      [3, 1, 'IPRED_DIS_U', 'indirect branches of user mode are not predicted'],
      [4, 1, 'IPRED_DIS_S', 'indirect branches of supervisor mode are not predicted'],
      [5, 1, 'RRSBA_DIS_U', 'RET of user mode is predicted from the return stack buffer alone'],
      [6, 1, 'RRSBA_DIS_S', 'RET of supervisor mode is predicted from the return stack buffer alone'],
      [7, 1, 'PSFD', 'predictive store forwarding disabled'],
      [8, 1, 'DDPD_U', 'data dependent prefetching disabled for user mode'],
      [10, 1, 'BHI_DIS_S', 'branch history injection of supervisor mode disabled'],
    ],
  },
  {
    first: 0xc001011f,
    description: 'VIRT_SPEC_CTRL: the same for AMD guests, made by the hypervisor',
    source: "AMD's Speculative store bypass disable; kvm/svm/svm.c of Linux 7.3",
    neutral: zero('no mitigation is on'),
    fields: [[2, 1, 'SSBD', 'speculative store bypass disabled']],
  },
  {
    first: 0x122,
    description: 'TSX_CTRL: TSX switched off, or hidden from CPUID',
    source: SDM,
    neutral: zero('TSX is as CPUID has it'),
    fields: [
      [0, 1, 'RTM_DISABLE', 'XBEGIN aborts at once'],
      [1, 1, 'TSX_CPUID_CLEAR', 'CPUID does not show HLE and RTM'],
    ],
  },
];

const DEBUG: readonly StateMsr[] = [
  {
    first: 0x1d9,
    description: 'DEBUGCTL: branch records, single-stepping of branches, bus-lock traps',
    source: `${SDM}; msr-index.h of Linux 7.3`,
    neutral: zero('nothing is switched on'),
    fields: [
      [0, 1, 'LBR', 'last branches are recorded'],
      [1, 1, 'BTF', 'single-stepping stops at branches'],
      [2, 1, 'BUS_LOCK_DETECT', 'bus locks trap'],
      [6, 1, 'TR', 'branch trace messages'],
      [7, 1, 'BTS', 'branch trace store'],
      [8, 1, 'BTINT', 'an interrupt when the store is full'],
      [9, 1, 'BTS_OFF_OS', 'no branches of supervisor mode'],
      [10, 1, 'BTS_OFF_USR', 'no branches of user mode'],
      [11, 1, 'FREEZE_LBRS_ON_PMI', 'records are frozen by a counter interrupt'],
      [12, 1, 'FREEZE_PERFMON_ON_PMI', 'counters are frozen by a counter interrupt'],
      [14, 1, 'FREEZE_IN_SMM', 'counters are frozen in SMM'],
      [15, 1, 'RTM_DEBUG', 'debug exceptions within transactions'],
    ],
  },
  {
    first: 0x1db,
    last: 0x1de,
    description: 'addresses of the last branch and of the last interrupt',
    source: SDM,
    neutral: zero('nothing was recorded: DEBUGCTL.LBR was never set'),
  },
  {
    first: 0x140,
    description: 'MISC_FEATURES_ENABLES: CPUID faulting',
    source: 'msr-index.h of Linux 7.3',
    neutral: zero('CPUID does not fault'),
    fields: [
      [0, 1, 'CPUID_FAULT', 'CPUID faults in user mode'],
      [1, 1, 'RING3MWAIT', 'MONITOR and MWAIT in user mode'],
    ],
  },
];

const CONFIGURATION: readonly StateMsr[] = [
  {
    first: 0x3a,
    description: 'FEAT_CTL: which of VMX, SGX and local machine checks the firmware allows',
    source: `${SDM}; msr-index.h of Linux 7.3`,
    neutral: reset(0n),
    fields: [
      [0, 1, 'LOCKED', 'the register cannot be written until reset'],
      [1, 1, 'VMX_ENABLED_INSIDE_SMX', 'VMXON in SMX operation'],
      [2, 1, 'VMX_ENABLED_OUTSIDE_SMX', 'VMXON outside SMX operation'],
      [8, 7, 'SENTER_LOCAL', 'functions of SENTER'],
      [15, 1, 'SENTER_GLOBAL', 'SENTER'],
      [17, 1, 'SGX_LC_ENABLED', 'the SGX launch key can be written'],
      [18, 1, 'SGX_ENABLED', 'SGX'],
      [20, 1, 'LMCE_ENABLED', 'local machine checks'],
    ],
  },
  {
    first: 0x1a0,
    description: 'MISC_ENABLE: features that software switches, and what of the PMU is missing',
    source: `${SDM}; msr-index.h of Linux 7.3`,
    neutral: null,
    fields: [
      [0, 1, 'FAST_STRING', 'fast string operations'],
      [1, 1, 'TCC', 'automatic thermal control'],
      [2, 1, 'X87_COMPAT', 'compatible FPU opcodes'],
      [3, 1, 'TM1', 'thermal monitor 1'],
      [4, 1, 'SPLIT_LOCK_DISABLE', 'locks across cache lines fault'],
      [6, 1, 'L3CACHE_DISABLE', 'the L3 cache is off'],
      [7, 1, 'EMON', 'performance monitoring is there'],
      [8, 1, 'SUPPRESS_LOCK', 'LOCK is not asserted on splits'],
      [9, 1, 'PREFETCH_DISABLE', 'the prefetcher is off'],
      [10, 1, 'FERR_MULTIPLEX', 'FERR# tells pending breaks'],
      [11, 1, 'BTS_UNAVAIL', 'there is no branch trace store'],
      [12, 1, 'PEBS_UNAVAIL', 'there is no PEBS'],
      [13, 1, 'TM2', 'thermal monitor 2'],
      [16, 1, 'ENHANCED_SPEEDSTEP', 'enhanced SpeedStep'],
      [18, 1, 'MWAIT', 'MONITOR and MWAIT; CPUID shows it'],
      [19, 1, 'ADJ_PREF_DISABLE', 'adjacent lines are not prefetched'],
      [20, 1, 'SPEEDSTEP_LOCK', 'the SpeedStep bit is locked'],
      [22, 1, 'LIMIT_CPUID', 'CPUID ends with leaf 2'],
      [23, 1, 'XTPR_DISABLE', 'no task priority messages'],
      [24, 1, 'L1D_CONTEXT', 'context mode of the L1 data cache'],
      [34, 1, 'XD_DISABLE', 'no execute-disable in page tables'],
      [37, 1, 'DCU_PREF_DISABLE', 'the prefetcher of the data cache is off'],
      [38, 1, 'TURBO_DISABLE', 'no turbo'],
      [39, 1, 'IP_PREF_DISABLE', 'the prefetcher by instruction pointer is off'],
    ],
  },
  {
    first: 0x1fc,
    description: 'POWER_CTL: energy saving; KVM keeps what is written',
    source: 'msr-index.h of Linux 7.3',
    neutral: zero('KVM starts with it and gives it no effect'),
    fields: [
      [1, 1, 'C1E_ENABLE', 'C1E'],
      [19, 1, 'EE', 'energy efficiency'],
    ],
  },
  {
    first: 0xc0010015,
    description: 'HWCR: hardware configuration of AMD CPUs',
    source: "msr-index.h and kvm/msrs.c of Linux 7.3; AMD's processor programming reference",
    neutral: zero('KVM starts with it'),
    fields: [
      [0, 1, 'SMMLOCK', 'SMM is locked'],
      [3, 1, 'TLB_CACHE_DISABLE', 'page tables are not cached by the TLB; KVM ignores it'],
      [6, 1, 'FF_DISABLE', 'the flush filter is off; KVM ignores it'],
      [8, 1, 'IGNNE_EM', 'IGNNE is emulated; KVM ignores it'],
      [18, 1, 'MC_STATUS_WR_EN', 'machine check status registers can be written'],
      [24, 1, 'TSC_FREQ_SEL', 'the TSC runs at the P0 frequency'],
      [25, 1, 'CPB_DIS', 'no core performance boost'],
      [30, 1, 'IRPERF_EN', 'retired instructions are counted'],
      [35, 1, 'CPUID_USER_DIS', 'CPUID faults in user mode'],
    ],
  },
  {
    first: 0xc0010117,
    description: 'VM_HSAVE_PA: where VMRUN saves the host',
    source: 'AMD APM volume 2, 15.30.4',
    neutral: zero('the guest runs no guests'),
  },
];

const MACHINE_CHECK: readonly StateMsr[] = [
  {
    first: 0x17a,
    description: 'MCG_STATUS: a machine check in progress',
    source: 'Intel SDM volume 3, 17.3.1.2',
    neutral: zero('none is'),
    fields: [
      [0, 1, 'RIPV', 'the instruction pointer can be returned to'],
      [1, 1, 'EIPV', 'the instruction pointer tells of the error'],
      [2, 1, 'MCIP', 'a machine check is in progress'],
      [3, 1, 'LMCES', 'it is local'],
      [12, 1, 'SEAM_NR', 'it was in SEAM non-root mode'],
    ],
  },
  {
    first: 0x17b,
    description: 'MCG_CTL: which errors are reported',
    source: 'Intel SDM volume 3, 17.3.1.3',
    neutral: zero('none is; the VMM has set up no machine check banks'),
  },
  {
    first: 0x4d0,
    description: 'MCG_EXT_CTL: local machine checks',
    source: 'Intel SDM volume 3, 17.3.1.4',
    neutral: zero('they are off'),
    fields: [[0, 1, 'LMCE_EN', 'local machine checks are on']],
  },
];

const SMM: readonly StateMsr[] = [
  {
    first: 0x9e,
    description: 'SMBASE: where SMM saves its state',
    source: SDM,
    neutral: { value: 0x3_0000n, why: 'the value at reset; firmware that uses SMM moves it' },
  },
  {
    first: 0x34,
    description: 'SMI_COUNT: SMIs since reset, counted by KVM',
    source: SDM,
    neutral: zero('there was none; KVM starts with it'),
  },
];

const COUNTERS: readonly StateMsr[] = [
  {
    first: 0xc1,
    last: 0xcd,
    description: 'a general-purpose performance counter',
    source: SDM,
    neutral: zero('nothing was counted'),
  },
  {
    first: 0xd0,
    last: 0xd2,
    description: 'a general-purpose performance counter; listed by kernels up to 6.1',
    source: SDM,
    neutral: zero('nothing was counted'),
  },
  {
    first: 0x186,
    last: 0x197,
    description: 'what a general-purpose counter counts',
    source: 'Intel SDM volume 3, 21.2.1',
    neutral: zero('the counter is off'),
    fields: [
      [0, 8, 'EVENT', 'event select'],
      [8, 8, 'UMASK', 'unit mask'],
      [16, 1, 'USR', 'in user mode'],
      [17, 1, 'OS', 'in supervisor mode'],
      [18, 1, 'EDGE', 'edges, not cycles'],
      [19, 1, 'PC', 'pin control'],
      [20, 1, 'INT', 'an interrupt on overflow'],
      [21, 1, 'ANYTHREAD', 'for all threads of the core'],
      [22, 1, 'EN', 'the counter is on'],
      [23, 1, 'INV', 'below the counter mask, not above'],
      [24, 8, 'CMASK', 'counter mask'],
    ],
  },
  {
    first: 0x309,
    last: 0x30c,
    description: 'a fixed-function performance counter',
    source: SDM,
    neutral: zero('nothing was counted'),
  },
  {
    first: 0x38d,
    description: 'FIXED_CTR_CTRL: the fixed-function counters on or off',
    source: SDM,
    neutral: zero('all are off'),
  },
  {
    first: 0x38e,
    description: 'counters that overflowed',
    source: SDM,
    neutral: zero('none did'),
  },
  {
    first: 0x38f,
    description: 'PERF_GLOBAL_CTRL: all counters on or off',
    source: SDM,
    neutral: zero('all are off'),
  },
  {
    first: 0x390,
    description: 'clears the overflow of counters; reads as 0',
    source: SDM,
    neutral: zero('it holds nothing'),
  },
  { first: 0x3f1, description: 'PEBS_ENABLE: counters that record', source: SDM, neutral: zero('none does') },
  {
    first: 0x3f2,
    description: 'PEBS_DATA_CFG: what records hold',
    source: SDM,
    neutral: zero('the basic groups alone'),
  },
  {
    first: 0x600,
    description: 'DS_AREA: where records of branches and of PEBS go',
    source: SDM,
    neutral: zero('nowhere'),
  },
  {
    first: 0xc0000300,
    last: 0xc0000303,
    description: "global status and control of AMD's counters",
    source: 'AMD APM volume 2, 13.2.1',
    neutral: zero('none is on and none overflowed'),
  },
  {
    first: 0xc0010000,
    last: 0xc0010003,
    description: 'what a counter of AMD counts',
    source: 'AMD APM volume 2, 13.2.1',
    neutral: zero('the counter is off'),
  },
  {
    first: 0xc0010004,
    last: 0xc0010007,
    description: 'a performance counter of AMD',
    source: 'AMD APM volume 2, 13.2.1',
    neutral: zero('nothing was counted'),
  },
  {
    first: 0xc0010200,
    last: 0xc001020b,
    description: "AMD's extended counters and what they count, in turns",
    source: 'AMD APM volume 2, 13.2.1',
    neutral: zero('the counter is off, or counted nothing'),
  },
];

const PROCESSOR_TRACE: readonly StateMsr[] = [
  {
    first: 0x560,
    description: 'RTIT_OUTPUT_BASE: where traces go',
    source: PT,
    neutral: zero('nowhere'),
  },
  {
    first: 0x561,
    description: 'RTIT_OUTPUT_MASK: size and position of the output',
    source: PT,
    neutral: { value: 0x7fn, why: 'the value at reset: the low seven bits are always 1' },
  },
  {
    first: 0x570,
    description: 'RTIT_CTL: what is traced',
    source: `${PT}; msr-index.h of Linux 7.3`,
    neutral: zero('tracing is off'),
    fields: [
      [0, 1, 'TRACEEN', 'tracing is on'],
      [1, 1, 'CYCLEACC', 'cycle counts'],
      [2, 1, 'OS', 'supervisor mode'],
      [3, 1, 'USR', 'user mode'],
      [4, 1, 'PWR_EVT_EN', 'power events'],
      [5, 1, 'FUP_ON_PTW', 'flow updates with PTWRITE'],
      [6, 1, 'FABRIC_EN', 'output to the trace transport'],
      [7, 1, 'CR3EN', 'filtered by CR3'],
      [8, 1, 'TOPA', 'output by a table of physical addresses'],
      [9, 1, 'MTC_EN', 'timing packets'],
      [10, 1, 'TSC_EN', 'TSC packets'],
      [11, 1, 'DISRETC', 'returns are not compressed'],
      [12, 1, 'PTW_EN', 'PTWRITE'],
      [13, 1, 'BRANCH_EN', 'branches'],
      [14, 4, 'MTC_RANGE', 'frequency of timing packets'],
      [19, 4, 'CYC_THRESH', 'threshold of cycle packets'],
      [24, 4, 'PSB_FREQ', 'frequency of boundaries'],
      [31, 1, 'EVENT_EN', 'events'],
      [32, 4, 'ADDR0', 'use of address range 0'],
      [36, 4, 'ADDR1', 'use of address range 1'],
      [40, 4, 'ADDR2', 'use of address range 2'],
      [44, 4, 'ADDR3', 'use of address range 3'],
      [55, 1, 'NOTNT', 'no packets of conditional branches'],
    ],
  },
  {
    first: 0x571,
    description: 'RTIT_STATUS: state of tracing',
    source: `${PT}; msr-index.h of Linux 7.3`,
    neutral: zero('nothing was traced'),
    fields: [
      [0, 1, 'FILTEREN', 'filters let pass'],
      [1, 1, 'CONTEXTEN', 'the context is traced'],
      [2, 1, 'TRIGGEREN', 'triggers let pass'],
      [3, 1, 'BUFFOVF', 'a buffer overflowed'],
      [4, 1, 'ERROR', 'an error'],
      [5, 1, 'STOPPED', 'tracing stopped'],
      [32, 17, 'BYTECNT', 'bytes since the last boundary'],
    ],
  },
  {
    first: 0x572,
    description: 'RTIT_CR3_MATCH: the address space that is traced',
    source: PT,
    neutral: reset(0n),
  },
  {
    first: 0x580,
    last: 0x587,
    description: 'an end of an address range of tracing',
    source: PT,
    neutral: zero('the range is not set up'),
  },
];

const PARAVIRTUAL: readonly StateMsr[] = [
  {
    first: 0x11,
    description: "WALL_CLOCK: where kvmclock's boot time is written, by its old number",
    source: KVM_MSR,
    neutral: zero('the guest never asked'),
  },
  {
    first: 0x12,
    description: 'SYSTEM_TIME: where the vCPU finds kvmclock, by its old number',
    source: KVM_MSR,
    neutral: zero('the clock is off'),
  },
  {
    first: 0x4b564d00,
    description: "WALL_CLOCK_NEW: where kvmclock's boot time is written",
    source: KVM_MSR,
    neutral: zero('the guest never asked'),
  },
  {
    first: 0x4b564d01,
    description: 'SYSTEM_TIME_NEW: where the vCPU finds kvmclock; bit 0 switches it on',
    source: KVM_MSR,
    neutral: zero('the clock is off'),
  },
  {
    first: 0x4b564d02,
    description: 'ASYNC_PF_EN: asynchronous page faults',
    source: KVM_MSR,
    neutral: zero('they are off'),
    fields: [
      [0, 1, 'ENABLED', 'on'],
      [1, 1, 'SEND_ALWAYS', 'in supervisor mode too'],
      [2, 1, 'DELIVERY_AS_PF_VMEXIT', 'as exits of nested guests'],
      [3, 1, 'DELIVERY_AS_INT', 'page-ready events as interrupts'],
      [6, 58, 'ADDRESS', 'address of the shared area, by 64 bytes'],
    ],
  },
  {
    first: 0x4b564d03,
    description: 'STEAL_TIME: where stolen time is written; bit 0 switches it on',
    source: KVM_MSR,
    neutral: zero('it is off'),
  },
  {
    first: 0x4b564d04,
    description: 'PV_EOI_EN: end of interrupt without an exit; bit 0 switches it on',
    source: KVM_MSR,
    neutral: zero('it is off'),
  },
  {
    first: 0x4b564d05,
    description: 'POLL_CONTROL: whether the host polls when the vCPU halts',
    source: KVM_MSR,
    neutral: { value: 1n, why: 'the value at reset: the host polls, as it does where the register is missing' },
    fields: [[0, 1, 'POLL', 'the host polls']],
  },
  {
    first: 0x4b564d06,
    description: 'ASYNC_PF_INT: vector of page-ready interrupts',
    source: KVM_MSR,
    neutral: zero('there is none'),
    fields: [[0, 8, 'VECTOR', 'interrupt vector']],
  },
  {
    first: 0x4b564d07,
    description: 'ASYNC_PF_ACK: the guest has taken a page-ready event; reads as 0',
    source: KVM_MSR,
    neutral: zero('it holds nothing'),
  },
];

const hyperv = (first: number, description: string, neutral: string | null, last?: number): StateMsr => ({
  first,
  ...(last === undefined ? {} : { last }),
  description,
  source: TLFS,
  neutral: neutral === null ? null : zero(neutral),
});

const HYPER_V: readonly StateMsr[] = [
  hyperv(0x40000000, 'GUEST_OS_ID: which system the guest is', 'it has not said: all that follows is off'),
  hyperv(0x40000001, 'HYPERCALL: the page by which hypercalls are made', 'there is no page'),
  // A vCPU's own number, whether the guest has Hyper-V's interface or not.
  hyperv(0x40000002, 'VP_INDEX: the number of the vCPU', null),
  hyperv(0x40000003, 'RESET: resets the VM; reads as 0', 'it holds nothing'),
  hyperv(0x40000010, 'VP_RUNTIME: time that the vCPU ran, in 100 ns', null),
  hyperv(0x40000020, 'TIME_REF_COUNT: time since the VM started, in 100 ns', null),
  hyperv(0x40000021, 'REFERENCE_TSC: the page by which the TSC becomes a clock', 'there is no page'),
  hyperv(0x40000022, 'TSC_FREQUENCY: in Hz', null),
  hyperv(0x40000023, 'APIC_FREQUENCY: in Hz', null),
  hyperv(0x40000073, 'VP_ASSIST_PAGE: page shared by vCPU and hypervisor', 'there is no page'),
  hyperv(0x40000080, 'SCONTROL: the synthetic interrupt controller on or off', 'it is off'),
  hyperv(0x400000b0, 'STIMER0_CONFIG: the first synthetic timer', 'the timer is off'),
  hyperv(0x400000f1, 'SYNDBG_CONTROL and the buffers of the synthetic debugger', 'nothing is debugged', 0x400000f5),
  hyperv(0x400000ff, 'SYNDBG_OPTIONS: how the synthetic debugger is reached', 'nothing is debugged'),
  hyperv(0x40000100, 'CRASH_P0 to P4: what the guest says of its crash', 'it has not crashed', 0x40000104),
  hyperv(0x40000105, 'CRASH_CTL: tells the hypervisor of a crash', 'nothing was told'),
  hyperv(0x40000106, 'REENLIGHTENMENT_CONTROL: an interrupt after a move to another TSC frequency', 'it is off'),
  hyperv(0x40000107, 'TSC_EMULATION_CONTROL: accesses of the TSC are emulated', 'they are not'),
  hyperv(0x40000108, 'TSC_EMULATION_STATUS: whether accesses of the TSC are being emulated', 'they are not'),
  hyperv(0x40000118, 'TSC_INVARIANT_CONTROL: the guest is told of an invariant TSC', 'it is not'),
];

export const STATE_MSRS: readonly StateMsr[] = [
  ...TIME,
  ...SYSTEM_CALLS,
  ...MEMORY,
  ...CET,
  ...SPECULATION,
  ...DEBUG,
  ...CONFIGURATION,
  ...MACHINE_CHECK,
  ...SMM,
  ...COUNTERS,
  ...PROCESSOR_TRACE,
  ...PARAVIRTUAL,
  ...HYPER_V,
];
