/**
 * What goes wrong in a guest that finds another value than it was promised. The first row that fits counts: those for
 * single fields come before those for whole words, and rules for kinds and areas come last.
 *
 * A running guest does not look again at most of these: it decided at boot, patched its code, and now executes what is
 * not there. So the loss of instructions is fatal, and that of what is used by way of a driver or a hint is not.
 */
import type { Kind, Symptom } from '../../../model/index.ts';

export interface SymptomRow {
  /** Word paths that begin so. */
  readonly word: string;
  /** Names of fields; left out: all. */
  readonly fields?: readonly string[];
  readonly kinds?: readonly Kind[];
  readonly severity: Symptom['severity'];
  readonly reason: string;
}

const SIGILL = 'code that was chosen for it at boot or when it was compiled gets #UD: SIGILL, or a crash of the kernel';
const FIXED_AT_BOOT =
  'the kernel set itself up with it at boot and takes a #GP or #UD, or computes wrongly, without it';
const MITIGATION =
  'the guest chose its mitigations by it at boot: it is unprotected where it trusts an immunity that is gone';
const CONTROL_GONE = 'the guest writes the MSR behind it on each context switch: #GP, or it stays unprotected';
const HINT = 'a hint for which code is fast; what was chosen still works';
const PMU = 'perf and profilers in the guest fail or count wrongly; nothing else does';
const POWER = 'power and thermal management, which KVM offers to no guest';

const CPUID: readonly SymptomRow[] = [
  {
    word: 'cpuid/0x1:0/ecx',
    fields: ['hypervisor'],
    severity: 'degraded',
    reason: 'the guest no longer looks for a hypervisor at its next boot, and so for none of its services',
  },
  {
    word: 'cpuid/0x1:0/ecx',
    fields: ['dtes64', 'ds_cpl', 'pdcm'],
    severity: 'degraded',
    reason: PMU,
  },
  { word: 'cpuid/0x1:0/ecx', fields: ['est', 'tm2', 'cid', 'xtpr', 'dca', 'sdbg'], severity: 'minor', reason: POWER },
  {
    word: 'cpuid/0x1:0/ecx',
    fields: ['monitor'],
    severity: 'degraded',
    reason: 'the idle loop was chosen by it: MWAIT exits or is #UD, as the quirk has it',
  },
  {
    word: 'cpuid/0x1:0/ecx',
    fields: ['vmx', 'smx'],
    severity: 'fatal',
    reason: 'a hypervisor in the guest loses VMX under its own guests',
  },
  {
    word: 'cpuid/0x1:0/ecx',
    fields: ['x2apic', 'tsc_deadline_timer'],
    severity: 'fatal',
    reason: 'the guest drives its interrupt controller or its timer that way: no more ticks, or #GP',
  },
  { word: 'cpuid/0x1:0/ecx', fields: ['pcid', 'xsave'], severity: 'fatal', reason: FIXED_AT_BOOT },
  {
    word: 'cpuid/0x1:0/edx',
    fields: ['vme', 'de', 'pse', 'tsc', 'msr', 'pae', 'mce', 'apic', 'sep', 'mtrr', 'pge', 'mca', 'pat', 'pse36'],
    severity: 'fatal',
    reason: FIXED_AT_BOOT,
  },
  {
    word: 'cpuid/0x1:0/edx',
    fields: ['dts', 'pbe', 'tm', 'acpi', 'pn', 'ia64', 'ss'],
    severity: 'minor',
    reason: POWER,
  },
  {
    word: 'cpuid/0x1:0/ebx',
    fields: ['clflush_size'],
    severity: 'fatal',
    reason: 'caches are flushed line by line in this step: lines are left out',
  },
  {
    word: 'cpuid/0x1:0/ebx',
    fields: ['brand_id'],
    severity: 'minor',
    reason: 'a brand index that nobody reads any more',
  },
  {
    word: 'cpuid/0x1:0/eax',
    severity: 'degraded',
    reason:
      'errata, microcode and the events of the PMU are chosen by family, model and stepping; a guest notices at boot',
  },
  {
    word: 'cpuid/0x0:0/eax',
    severity: 'degraded',
    reason: 'leaves beyond it are not looked at, or are looked at and read as zeros',
  },
  {
    word: 'cpuid/0x0:0',
    severity: 'fatal',
    reason: "another vendor: system calls, MSRs and mitigations are another CPU's",
  },
  {
    word: 'cpuid/0x2:0',
    severity: 'minor',
    reason: 'sizes of caches and TLBs for programs that tune themselves; what they chose still works',
  },
  { word: 'cpuid/0x5:0', severity: 'degraded', reason: 'MONITOR and MWAIT watch other lines than the guest thinks' },
  {
    word: 'cpuid/0x6:0/eax',
    fields: ['arat'],
    severity: 'degraded',
    reason: 'the guest programs another timer beside the APIC timer, or misses wake-ups',
  },
  {
    word: 'cpuid/0x6:0/ecx',
    fields: ['aperfmperf'],
    severity: 'degraded',
    reason: 'the scheduler reads APERF and MPERF on each tick: #GP, which Linux survives with a warning',
  },
  { word: 'cpuid/0x6:0', severity: 'minor', reason: POWER },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['bmi1'],
    severity: 'fatal',
    reason: 'ANDN and its kin get #UD, and CPUs without it run TZCNT as BSF: another result for 0, and no fault',
  },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['rtm'],
    severity: 'fatal',
    reason: 'XBEGIN is #UD: programs that elide locks (databases, glibc where it is tuned so) take SIGILL',
  },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['hle'],
    severity: 'minor',
    reason: 'CPUs without it ignore its prefixes: locks are taken instead of elided',
  },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['erms'],
    severity: 'minor',
    reason: HINT,
  },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['fdp_excptn_only', 'zero_fcs_fds'],
    severity: 'minor',
    reason: 'where the FPU keeps its last pointers, which programs for MS-DOS looked at',
  },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['cqm', 'rdt_a', 'intel_pt'],
    severity: 'degraded',
    reason: 'monitoring and tracing in the guest end with #GP on their MSRs',
  },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['tsc_adjust'],
    severity: 'degraded',
    reason: 'the guest synchronizes its counters with it when CPUs come up',
  },
  {
    word: 'cpuid/0x7:0/ebx',
    fields: ['fsgsbase', 'smep', 'smap', 'invpcid'],
    severity: 'fatal',
    reason: FIXED_AT_BOOT,
  },
  { word: 'cpuid/0x7:0/ecx', fields: ['umip', 'pku', 'pks', 'shstk'], severity: 'fatal', reason: FIXED_AT_BOOT },
  { word: 'cpuid/0x7:0/edx', fields: ['ibt', 'uintr'], severity: 'fatal', reason: FIXED_AT_BOOT },
  {
    word: 'cpuid/0x7:1/eax',
    fields: ['lass', 'lam', 'fred', 'lkgs', 'wrmsrns', 'nmi_src'],
    severity: 'fatal',
    reason: FIXED_AT_BOOT,
  },
  { word: 'cpuid/0x7:0/edx', fields: ['fsrm'], severity: 'minor', reason: HINT },
  {
    word: 'cpuid/0x7:0/edx',
    fields: ['md_clear', 'srbds_ctrl', 'arch_capabilities', 'tsx_force_abort', 'rtm_always_abort'],
    severity: 'degraded',
    reason: MITIGATION,
  },
  {
    word: 'cpuid/0x7:0/edx',
    fields: ['spec_ctrl', 'intel_stibp', 'spec_ctrl_ssbd', 'flush_l1d'],
    severity: 'degraded',
    reason: CONTROL_GONE,
  },
  {
    word: 'cpuid/0x7:0/edx',
    fields: ['hybrid_cpu', 'core_capabilities', 'arch_lbr', 'pconfig'],
    severity: 'degraded',
    reason: 'scheduling hints, split-lock detection and tracing, without which a guest runs on',
  },
  {
    word: 'cpuid/0x7:0/ecx',
    fields: ['la57'],
    severity: 'fatal',
    reason: 'the guest runs with page tables of five levels, and CR4.LA57 cannot be set',
  },
  {
    word: 'cpuid/0x7:0/ecx',
    fields: ['mawau_val_lm'],
    severity: 'fatal',
    reason: 'programs with MPX find bounds at other addresses',
  },
  {
    word: 'cpuid/0x7:0/ecx',
    fields: ['tme'],
    severity: 'minor',
    reason: 'encryption of memory, which firmware controls',
  },
  { word: 'cpuid/0x7:0/ecx', fields: ['prefetchwt1', 'cldemote'], severity: 'minor', reason: HINT },
  {
    word: 'cpuid/0x7:0/ecx',
    fields: ['bus_lock_detect'],
    severity: 'degraded',
    reason: 'DEBUGCTL bit 2 is #GP; split locks are not seen',
  },
  { word: 'cpuid/0x7:0/eax', severity: 'degraded', reason: 'further subleaves are not looked at' },
  { word: 'cpuid/0x7:1/eax', fields: ['fzrm', 'fsrs', 'fsrc'], severity: 'minor', reason: HINT },
  { word: 'cpuid/0x7:1/eax', fields: ['arch_perfmon_ext'], severity: 'degraded', reason: PMU },
  { word: 'cpuid/0x7:1/ebx', fields: ['intel_ppin'], severity: 'minor', reason: 'a serial number for inventories' },
  { word: 'cpuid/0x7:1/edx', fields: ['cet_sss'], severity: 'fatal', reason: FIXED_AT_BOOT },
  { word: 'cpuid/0x9:0', severity: 'minor', reason: 'direct cache access, which network drivers of old used' },
  { word: 'cpuid/0x7:1/edx', fields: ['prefetchiti'], severity: 'minor', reason: HINT },
  { word: 'cpuid/0x7:2/edx', severity: 'degraded', reason: CONTROL_GONE },
  { word: 'cpuid/0xa:0', severity: 'degraded', reason: PMU },
  {
    word: 'cpuid/0xd:0/eax',
    severity: 'fatal',
    reason: 'XSETBV with the component is #GP, and its registers cannot be saved: processes lose state',
  },
  { word: 'cpuid/0xd:0/edx', severity: 'fatal', reason: 'the component cannot be switched on in XCR0' },
  {
    word: 'cpuid/0xd:0/',
    severity: 'fatal',
    reason: 'areas for register state were allocated with the size that this leaf gives',
  },
  {
    word: 'cpuid/0xd:1/eax',
    severity: 'fatal',
    reason: 'the kernel saves processes with the instruction that it chose at boot: #UD on the next context switch',
  },
  { word: 'cpuid/0xd:1/', severity: 'fatal', reason: 'XSAVES with a component that is not there is #GP' },
  {
    word: 'cpuid/0xd:',
    severity: 'fatal',
    reason: 'state of processes lies at other offsets than the kernel and user-space unwinders compute',
  },
  { word: 'cpuid/0xf:', severity: 'degraded', reason: 'resource monitoring in the guest fails' },
  { word: 'cpuid/0x10:', severity: 'degraded', reason: 'resource allocation in the guest fails' },
  { word: 'cpuid/0x12:', severity: 'fatal', reason: 'enclaves are lost, and cannot be made again with less' },
  { word: 'cpuid/0x14:', severity: 'degraded', reason: 'Processor Trace in the guest ends with #GP' },
  {
    word: 'cpuid/0x15:',
    severity: 'fatal',
    reason: 'a guest that took its TSC frequency from here keeps wrong time, and its APIC timer with it',
  },
  { word: 'cpuid/0x16:', severity: 'degraded', reason: 'frequencies for display, and on some systems for the TSC' },
  { word: 'cpuid/0x17:', severity: 'minor', reason: 'names of the system-on-chip' },
  { word: 'cpuid/0x18:', severity: 'minor', reason: 'sizes of TLBs for display' },
  { word: 'cpuid/0x19:', severity: 'fatal', reason: 'keys were wrapped with an instruction that is gone' },
  { word: 'cpuid/0x1a:', severity: 'degraded', reason: 'the kind of core, by which schedulers and perf choose' },
  { word: 'cpuid/0x1b:', severity: 'degraded', reason: 'targets of PCONFIG, which guests have no use for' },
  { word: 'cpuid/0x1c:', severity: 'degraded', reason: PMU },
  { word: 'cpuid/0x1d:', severity: 'fatal', reason: 'programs laid out tiles by it' },
  { word: 'cpuid/0x1e:', severity: 'fatal', reason: 'programs laid out tiles by it' },
  { word: 'cpuid/0x20:', severity: 'degraded', reason: 'HRESET is #UD; hybrid schedulers use it' },
  { word: 'cpuid/0x21:', severity: 'fatal', reason: 'the guest takes itself for a TDX guest, or not' },
  { word: 'cpuid/0x23:', severity: 'degraded', reason: PMU },
  { word: 'cpuid/0x24:', severity: 'fatal', reason: SIGILL },
  {
    word: 'cpuid/0x40000000:0',
    severity: 'degraded',
    reason: 'the guest finds another hypervisor at its next boot, and other services',
  },
  {
    word: 'cpuid/0x40000001:0/eax',
    fields: ['kvm_clocksource', 'kvm_clocksource2', 'kvm_clocksource_stable_bit'],
    severity: 'fatal',
    reason: 'the guest reads time from a page that nobody updates any more: time stands still or jumps',
  },
  {
    word: 'cpuid/0x40000001:0/eax',
    fields: ['kvm_async_pf', 'kvm_async_pf_int', 'kvm_async_pf_vmexit'],
    severity: 'fatal',
    reason: 'a process that waits for a page-ready event waits for ever',
  },
  {
    word: 'cpuid/0x40000001:0/eax',
    fields: ['kvm_pv_unhalt', 'kvm_pv_tlb_flush', 'kvm_pv_send_ipi', 'kvm_pv_eoi'],
    severity: 'fatal',
    reason: 'spin locks, TLB flushes or interrupts go by a way that is closed: the guest hangs, if calls are refused',
  },
  {
    word: 'cpuid/0x40000001:0/eax',
    fields: ['kvm_msi_ext_dest_id'],
    severity: 'fatal',
    reason: 'interrupts of devices go to other vCPUs than were meant where there are more than 255',
  },
  {
    word: 'cpuid/0x40000001:0',
    severity: 'degraded',
    reason: 'a service of KVM is missing; the guest runs without it or more slowly',
  },
  { word: 'cpuid/0x80000000:0/eax', severity: 'degraded', reason: 'leaves beyond it are not looked at' },
  { word: 'cpuid/0x80000000:0', severity: 'fatal', reason: 'another vendor' },
  {
    word: 'cpuid/0x80000001:0/ecx',
    fields: ['svm', 'skinit'],
    severity: 'fatal',
    reason: 'a hypervisor in the guest loses SVM under its own guests',
  },
  {
    word: 'cpuid/0x80000001:0/ecx',
    fields: ['ibs', 'perfctr_core', 'perfctr_nb', 'perfctr_llc', 'ptsc', 'bpext', 'lwp', 'wdt'],
    severity: 'degraded',
    reason: PMU,
  },
  {
    word: 'cpuid/0x80000001:0/ecx',
    fields: ['nodeid_msr', 'topoext', 'osvw', 'extapic', '3dnowprefetch', 'tce', 'addr_mask_ext'],
    severity: 'degraded',
    reason: 'topology, errata and hints; a guest runs without, and Linux warns',
  },
  {
    word: 'cpuid/0x80000001:0/edx',
    fields: ['fxsr_opt'],
    severity: 'minor',
    reason: 'FXSAVE leaves out the pointers of the FPU or does not; Linux handles both',
  },
  {
    word: 'cpuid/0x80000001:0/edx',
    fields: ['mmxext', '3dnowext', '3dnow', 'cx8', 'cmov', 'e_mmx', 'e_fxsr', 'e_fpu'],
    severity: 'fatal',
    reason: SIGILL,
  },
  { word: 'cpuid/0x80000001:0/edx', kinds: ['feature'], severity: 'fatal', reason: FIXED_AT_BOOT },
  { word: 'cpuid/0x80000001:0/ecx', fields: ['cr8_legacy'], severity: 'fatal', reason: FIXED_AT_BOOT },
  {
    word: 'cpuid/0x80000001:0/ecx',
    fields: ['abm'],
    severity: 'fatal',
    reason: 'CPUs without it run LZCNT as BSR: another number, and no fault',
  },
  { word: 'cpuid/0x80000001:0/eax', severity: 'degraded', reason: 'errata are chosen by family, model and stepping' },
  { word: 'cpuid/0x80000001:0/ebx', severity: 'minor', reason: 'the package, for display' },
  {
    word: 'cpuid/0x80000002:',
    severity: 'minor',
    reason: 'the name of the CPU, for display; some licences look at it',
  },
  {
    word: 'cpuid/0x80000003:',
    severity: 'minor',
    reason: 'the name of the CPU, for display; some licences look at it',
  },
  {
    word: 'cpuid/0x80000004:',
    severity: 'minor',
    reason: 'the name of the CPU, for display; some licences look at it',
  },
  {
    word: 'cpuid/0x80000005:',
    severity: 'minor',
    reason: 'sizes of caches and TLBs; what was tuned by them still works',
  },
  {
    word: 'cpuid/0x80000006:',
    severity: 'minor',
    reason: 'sizes of caches and TLBs; what was tuned by them still works',
  },
  {
    word: 'cpuid/0x80000007:0/edx',
    fields: ['constant_tsc'],
    severity: 'degraded',
    reason: 'the guest no longer trusts its TSC, at the next boot, and takes a slower clock',
  },
  {
    word: 'cpuid/0x80000007:0/ebx',
    severity: 'degraded',
    reason: 'machine checks are handled otherwise than the guest was told',
  },
  { word: 'cpuid/0x80000007:', severity: 'minor', reason: POWER },
  {
    word: 'cpuid/0x80000008:0/eax',
    fields: ['phys_addr_bits'],
    severity: 'fatal',
    reason: 'page tables have reserved bits elsewhere: #PF with the reserved bit, or memory and devices out of reach',
  },
  {
    word: 'cpuid/0x80000008:0/eax',
    fields: ['virt_addr_bits'],
    severity: 'fatal',
    reason: 'addresses that were in use are not canonical: #GP',
  },
  {
    word: 'cpuid/0x80000008:0/eax',
    severity: 'minor',
    reason: 'a hint for firmware where to put devices; what it chose at boot stays',
  },
  {
    word: 'cpuid/0x80000008:0/ebx',
    fields: ['amd_ibpb', 'amd_ibrs', 'amd_stibp', 'amd_ssbd', 'virt_ssbd', 'amd_psfd'],
    severity: 'degraded',
    reason: CONTROL_GONE,
  },
  {
    word: 'cpuid/0x80000008:0/ebx',
    fields: [
      'ibrs_always_on',
      'amd_stibp_always_on',
      'ibrs_fast',
      'amd_ibrs_same_mode',
      'amd_ssb_no',
      'btc_no',
      'amd_ibpb_ret',
    ],
    severity: 'degraded',
    reason: MITIGATION,
  },
  {
    word: 'cpuid/0x80000008:0/ebx',
    fields: [
      'irperf',
      'cppc',
      'amd_ppin',
      'brs',
      'mba',
      'wbinvd_int',
      'efer_lmsle_mbz',
      'xsaveerptr',
      'tlb_flush_nested',
    ],
    severity: 'degraded',
    reason: 'counters, power and details that a guest runs without',
  },
  { word: 'cpuid/0x8000000a:', severity: 'fatal', reason: 'a hypervisor in the guest runs its guests with it' },
  { word: 'cpuid/0x80000019:', severity: 'minor', reason: 'sizes of TLBs, for display' },
  { word: 'cpuid/0x8000001a:', severity: 'minor', reason: HINT },
  { word: 'cpuid/0x8000001b:', severity: 'degraded', reason: PMU },
  { word: 'cpuid/0x8000001c:', severity: 'degraded', reason: PMU },
  {
    word: 'cpuid/0x8000001f:',
    severity: 'fatal',
    reason: 'an encrypted guest finds its pages by it: it reads ciphertext',
  },
  { word: 'cpuid/0x80000020:', severity: 'degraded', reason: 'resource control in the guest fails' },
  {
    word: 'cpuid/0x80000021:0/eax',
    fields: [
      'fsrs',
      'fsrc',
      'prefetchi',
      'wl_feedback',
      'opcode_reclaim',
      'no_smm_ctl_msr',
      'smm_page_cfg_lock',
      'epsf',
    ],
    severity: 'minor',
    reason: HINT,
  },
  {
    word: 'cpuid/0x80000021:0/eax',
    fields: ['upper_addr_ignore', 'autoibrs', 'gp_on_user_cpuid', 'prefetch_ctl_msr', 'avx512_bmm', 'eraps'],
    severity: 'fatal',
    reason: FIXED_AT_BOOT,
  },
  { word: 'cpuid/0x80000021:0/ebx', severity: 'minor', reason: 'sizes, for display and for microcode loaders' },
  { word: 'cpuid/0x80000021:', severity: 'degraded', reason: MITIGATION },
  { word: 'cpuid/0x80000022:', severity: 'degraded', reason: PMU },
  { word: 'cpuid/0x80000023:', severity: 'degraded', reason: 'memory encryption keys, which guests have no use for' },
  { word: 'cpuid/0x80860', severity: 'minor', reason: 'a Transmeta CPU, on which KVM does not run' },
  { word: 'cpuid/0xc000000', severity: 'fatal', reason: SIGILL },
  { word: 'cpuid/', kinds: ['feature', 'limit'], severity: 'fatal', reason: SIGILL },
  {
    word: 'cpuid/',
    kinds: ['identity'],
    severity: 'degraded',
    reason: 'the guest takes its CPU for another at its next boot',
  },
  {
    word: 'cpuid/',
    kinds: ['topology'],
    severity: 'degraded',
    reason: "schedulers and licences look at it; it is the VMM's to give, and read at boot",
  },
  { word: 'cpuid/', kinds: ['derived'], severity: 'minor', reason: 'it follows from what the guest itself does' },
];

const HYPER_V: readonly SymptomRow[] = [
  {
    word: 'hyperv/0x40000003:0/eax',
    severity: 'fatal',
    reason: 'Windows uses the MSRs behind it without asking again: #GP, and a stop error',
  },
  {
    word: 'hyperv/0x40000003:0/edx',
    fields: ['mwait', 'guest_debugging', 'perf_monitor', 'cpu_dynamic_partitioning', 'guest_idle_state', 'debug_msrs'],
    severity: 'degraded',
    reason: 'debugging and power; Windows runs without',
  },
  {
    word: 'hyperv/0x40000003:0/ecx',
    severity: 'minor',
    reason: 'power states of vCPUs, of which guests have no use',
  },
  {
    word: 'hyperv/0x40000003:0/ebx',
    fields: ['post_messages', 'signal_events', 'enable_extended_hypercalls', 'connect_port', 'create_port'],
    severity: 'fatal',
    reason: 'drivers speak to the VMM by hypercalls that are refused: VMBus devices are gone',
  },
  { word: 'hyperv/0x40000003:0/ebx', severity: 'degraded', reason: 'privileges that only management partitions use' },
  { word: 'hyperv/0x40000003:', severity: 'fatal', reason: 'hypercalls and timers in a form that is refused' },
  { word: 'hyperv/0x40000004:', severity: 'degraded', reason: 'recommendations: the guest works in a slower way' },
  { word: 'hyperv/0x4000000a:', severity: 'fatal', reason: 'Hyper-V in the guest runs its own guests with it' },
  { word: 'hyperv/', severity: 'degraded', reason: 'the guest finds another hypervisor interface at its next boot' },
];

const MSRS: readonly SymptomRow[] = [
  {
    word: 'msr/MSR_IA32_ARCH_CAPABILITIES',
    fields: ['TSX_CTRL_MSR', 'FB_CLEAR_CTRL', 'XAPIC_DISABLE', 'GDS_CTRL', 'MCU_CONTROL', 'MISC_PACKAGE_CTLS'],
    severity: 'fatal',
    reason: 'the guest writes the MSR that it announces: #GP',
  },
  { word: 'msr/MSR_IA32_ARCH_CAPABILITIES', severity: 'degraded', reason: MITIGATION },
  { word: 'msr/MSR_AMD64_DE_CFG', severity: 'degraded', reason: MITIGATION },
  { word: 'msr/MSR_IA32_PERF_CAPABILITIES', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_IA32_CORE_CAPS', severity: 'degraded', reason: 'split-lock detection: TEST_CTRL is #GP' },
  { word: 'msr/MSR_PLATFORM_INFO', severity: 'degraded', reason: 'CPUID faulting, and frequencies that tools show' },
  {
    word: 'msr/MSR_IA32_UCODE_REV',
    severity: 'degraded',
    reason: 'Linux and Windows judge by the revision whether mitigations work, at boot',
  },
  {
    word: 'msr/MSR_IA32_VMX_',
    severity: 'fatal',
    reason: 'a hypervisor in the guest composes its controls by it: VM entries fail',
  },
  {
    word: 'msr/',
    kinds: ['feature', 'limit', 'identity'],
    severity: 'fatal',
    reason: 'the guest uses what it announces',
  },
  {
    word: 'msr/MSR_IA32_SPEC_CTRL',
    severity: 'degraded',
    reason: 'mitigations that were on are off until the guest writes it again',
  },
  {
    word: 'msr/MSR_AMD64_VIRT_SPEC_CTRL',
    severity: 'degraded',
    reason: 'speculative stores are bypassed until the guest writes it again',
  },
  { word: 'msr/MSR_IA32_PERF', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_CORE_PERF_', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_K7_EVNTSEL', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_K7_PERFCTR', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_F15H_PERF_', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_AMD64_PERF_', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_IA32_PEBS_ENABLE', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_PEBS_DATA_CFG', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_IA32_DS_AREA', severity: 'degraded', reason: PMU },
  { word: 'msr/MSR_IA32_RTIT_', severity: 'degraded', reason: 'a trace that was running ends' },
  { word: 'msr/MSR_IA32_DEBUGCTLMSR', severity: 'degraded', reason: 'branch records and traps that were on are off' },
  { word: 'msr/MSR_IA32_LAST', severity: 'minor', reason: 'addresses of the last branch, for debuggers' },
  { word: 'msr/MSR_SMI_COUNT', severity: 'minor', reason: 'a count for latency tools' },
  { word: 'msr/MSR_IA32_POWER_CTL', severity: 'minor', reason: 'KVM gives it no effect' },
  {
    word: 'msr/MSR_KVM_POLL_CONTROL',
    severity: 'minor',
    reason: 'the host polls or not: latency, and time of the host',
  },
  { word: 'msr/MSR_KVM_STEAL_TIME', severity: 'degraded', reason: 'stolen time stands still; the scheduler misjudges' },
  {
    word: 'msr/MSR_KVM_PV_EOI_EN',
    severity: 'fatal',
    reason: 'an interrupt is acknowledged where nobody looks: it stays in service',
  },
  { word: 'msr/MSR_IA32_UMWAIT_CONTROL', severity: 'minor', reason: 'how long user mode may wait' },
  { word: 'msr/HV_X64_MSR_CRASH_', severity: 'minor', reason: 'what a guest says when it crashes' },
  { word: 'msr/HV_X64_MSR_SYNDBG_', severity: 'minor', reason: 'a debugger' },
  { word: 'msr/MSR_IA32_MCG_', severity: 'degraded', reason: 'machine checks are not reported as the guest set it up' },
  {
    word: 'msr/',
    severity: 'fatal',
    reason: 'the guest goes on without state that it set: it computes wrongly or crashes',
  },
];

const BEHAVIOUR: readonly SymptomRow[] = [
  {
    word: 'quirk/LINT0_REENABLED',
    severity: 'degraded',
    reason: 'interrupts of the legacy controller reach a vCPU after reset, or do not',
  },
  {
    word: 'quirk/CD_NW_CLEARED',
    severity: 'degraded',
    reason: 'with caches off by CR0 the guest is very slow, or is not',
  },
  {
    word: 'quirk/LAPIC_MMIO_HOLE',
    severity: 'minor',
    reason: 'the xAPIC page in x2APIC mode, which guests leave alone',
  },
  { word: 'quirk/OUT_7E_INC_RIP', severity: 'minor', reason: 'seen by VMMs that answer port 0x7e, not by guests' },
  {
    word: 'quirk/MISC_ENABLE_NO_MWAIT',
    severity: 'degraded',
    reason: 'CPUID shows MONITOR although the guest switched it off, or does not',
  },
  {
    word: 'quirk/FIX_HYPERCALL_INSN',
    severity: 'fatal',
    reason: 'VMCALL on AMD, and VMMCALL on Intel, is #UD where it was patched before',
  },
  {
    word: 'quirk/MWAIT_NEVER_UD_FAULTS',
    severity: 'fatal',
    reason: 'MWAIT without the feature is #UD, where it did nothing before',
  },
  {
    word: 'quirk/SLOT_ZAP_ALL',
    severity: 'degraded',
    reason: 'the cost of deleting a memory slot; passed-through devices misbehaved without it',
  },
  {
    word: 'quirk/STUFF_FEATURE_MSRS',
    severity: 'degraded',
    reason: 'feature MSRs of a vCPU are 0 unless the VMM sets them: mitigations are chosen as for an old CPU',
  },
  {
    word: 'quirk/IGNORE_GUEST_PAT',
    severity: 'degraded',
    reason: 'memory of devices is cached although the guest asks otherwise, or very slow',
  },
  {
    word: 'quirk/VMCS12_ALLOW_FREEZE_IN_SMM',
    severity: 'fatal',
    reason: 'VM entries of a hypervisor in the guest fail',
  },
  { word: 'quirk/NESTED_SVM_SHARED_PAT', severity: 'degraded', reason: 'memory types of nested guests are others' },
  { word: 'quirk/', severity: 'degraded', reason: 'KVM behaves otherwise than it did where the guest was started' },
  {
    word: 'x2apic/ENABLE_SUPPRESS_EOI_BROADCAST',
    severity: 'degraded',
    reason: 'the guest suppresses broadcasts that were sent before: an IOAPIC that knows nothing of it stays silent',
  },
  {
    word: 'x2apic/DISABLE_SUPPRESS_EOI_BROADCAST',
    severity: 'fatal',
    reason: 'the guest is offered suppression that KVM does not do right: Windows with Credential Guard hangs',
  },
  {
    word: 'x2apic/',
    severity: 'fatal',
    reason: 'interrupts go to other vCPUs than were meant, or are lost',
  },
  { word: 'switch/', kinds: ['derived', 'topology'], severity: 'minor', reason: 'only the VMM notices' },
  {
    word: 'switch/MSR_PLATFORM_INFO',
    severity: 'degraded',
    reason: 'a read of PLATFORM_INFO is #GP; Linux survives it',
  },
  {
    word: 'switch/APIC_BUS_CYCLES_NS',
    severity: 'fatal',
    reason: 'the APIC timer runs at another rate than the guest calibrated',
  },
  {
    word: 'switch/EXCEPTION_PAYLOAD',
    severity: 'degraded',
    reason: 'a hypervisor in the guest finds CR2 and DR6 changed before the exception reaches its guest',
  },
  {
    word: 'switch/EXIT_ON_EMULATION_FAILURE',
    severity: 'degraded',
    reason: 'an instruction that KVM cannot emulate stops the VM where the guest would get #UD, or the other way round',
  },
  { word: 'switch/PMU_', severity: 'degraded', reason: PMU },
  {
    word: 'switch/DISABLE_EXITS_',
    severity: 'degraded',
    reason: 'idle loops and counters work otherwise than the guest found at boot',
  },
  {
    word: 'switch/',
    severity: 'fatal',
    reason: 'accesses or calls of the guest that were answered fail, or the other way round',
  },
  {
    word: 'behaviour/',
    kinds: ['derived'],
    severity: 'minor',
    reason: 'it shows what a switch does; what goes wrong is told where the switch is',
  },
  {
    word: 'behaviour/x2apic-id-restored',
    severity: 'fatal',
    reason: 'a vCPU with another id than its guest knows: interrupts go astray',
  },
  { word: 'behaviour/icebp', severity: 'minor', reason: 'debuggers find themselves at another instruction' },
  {
    word: 'behaviour/perf-capabilities-hidden',
    severity: 'minor',
    reason: 'a read that guests guard against by CPUID faults, or does not',
  },
  {
    word: 'behaviour/hyperv-msrs-hidden',
    severity: 'minor',
    reason: 'guests look at CPUID before they read these MSRs',
  },
  { word: 'behaviour/hidden-msr-saved', severity: 'minor', reason: 'only the VMM notices' },
  {
    word: 'behaviour/gbpages-hidden',
    severity: 'fatal',
    reason: 'a guest that uses such pages without being told of them faults on them',
  },
];

const STATE: readonly SymptomRow[] = [
  {
    word: 'lapic/VERSION',
    severity: 'degraded',
    reason: 'the guest programs entries that are not there, or does not see one',
  },
  { word: 'lapic/', severity: 'fatal', reason: 'interrupts are lost, or come where they were masked' },
  { word: 'xsave/state/ungiven', severity: 'minor', reason: 'the guest cannot reach these registers' },
  { word: 'xsave/state/', severity: 'fatal', reason: 'registers of running processes change under them' },
  { word: 'xfeature', severity: 'fatal', reason: 'a component that cannot be had cannot be saved' },
  {
    word: 'tsc/khz',
    severity: 'fatal',
    reason: 'clocks that the guest calibrated run fast or slow: timers, time-outs and the time of day',
  },
  { word: 'tsc/', severity: 'degraded', reason: 'whether a guest from a host with another rate keeps its time' },
  { word: 'nested/', severity: 'fatal', reason: 'a guest that runs guests cannot be restored' },
];

const HOST: readonly SymptomRow[] = [
  {
    word: '',
    kinds: ['derived'],
    severity: 'minor',
    reason: 'no guest sees it; what follows from it for guests is told where it shows',
  },
  { word: '', severity: 'degraded', reason: 'what guests do with it is not known' },
];

export const SYMPTOM_ROWS: readonly SymptomRow[] = [...CPUID, ...HYPER_V, ...MSRS, ...BEHAVIOUR, ...STATE, ...HOST];
