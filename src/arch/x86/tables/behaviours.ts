/**
 * Behaviour tests of x86: what a guest does, what can come of it, and what selects that. The programs are in
 * `guest/x86/behaviour`; the changes behind them in `arch/changes/x86.ts`. Files named in `source` are below arch/x86/kvm
 * of Linux 7.3.4 where no other place is given.
 */
import type { BehaviourRow, BehaviourSetting } from '../../behaviour.ts';

const API = 'Documentation/virt/kvm/api.rst, KVM_CAP_DISABLE_QUIRKS2';
const X2APIC_API = 'Documentation/virt/kvm/api.rst, KVM_CAP_X2APIC_API';

/** A quirk's word is 1 by default. */
const disabled = (quirk: string, outcome?: string): readonly BehaviourSetting[] => [
  { word: `quirk/${quirk}`, value: 0n, ...(outcome === undefined ? {} : { outcome }) },
];
const flag = (name: string, outcome: string): BehaviourSetting => ({ word: `x2apic/${name}`, value: 1n, outcome });

const QUIRKS: readonly BehaviourRow[] = [
  {
    id: 'lint0-reenabled',
    description: 'LVT LINT0 of a vCPU that has just been reset',
    outcomes: [
      { name: 'masked', value: 0, meaning: 'masked, as in hardware' },
      { name: 'ext-int', value: 1, meaning: 'not masked, ExtINT' },
    ],
    settings: disabled('LINT0_REENABLED', 'masked'),
    usual: 'ext-int',
    tells: true,
    source: `lapic.c, kvm_lapic_reset; ${API}`,
  },
  {
    id: 'cd-nw-cleared',
    description: 'CR0 read back after CD was set in it',
    outcomes: [
      { name: 'clear', value: 0, meaning: 'CD reads 0' },
      { name: 'set', value: 1, meaning: 'CD reads 1, as it was written' },
    ],
    settings: disabled('CD_NW_CLEARED'),
    // The quirk is about the memory type of accesses, which shows in their time alone.
    tells: false,
    source: `svm/svm.c, svm_set_cr0, which answers reads of CR0 with what the guest wrote; ${API}`,
  },
  {
    id: 'lapic-mmio-hole',
    description: "a load from the xAPIC's page while the APIC is in x2APIC mode",
    outcomes: [
      { name: 'to-vmm', value: 0, meaning: 'it goes to the VMM, as memory that nobody backs' },
      { name: 'ones', value: 1, meaning: 'KVM answers with all ones' },
      { name: 'register', value: 2, meaning: "the APIC's register is read" },
    ],
    settings: disabled('LAPIC_MMIO_HOLE', 'to-vmm'),
    usual: 'ones',
    tells: true,
    source: `lapic.c, apic_mmio_read; ${API}`,
  },
  {
    id: 'out-7e-inc-rip',
    description: 'RIP in KVM_GET_REGS at the exit for an OUT to port 0x7e',
    outcomes: [
      { name: 'at', value: 0, meaning: 'at the instruction, as for other ports' },
      { name: 'past', value: 1, meaning: 'past the instruction' },
    ],
    settings: disabled('OUT_7E_INC_RIP', 'at'),
    usual: 'past',
    tells: true,
    source: `x86.c, kvm_fast_pio_out; ${API}`,
  },
  {
    id: 'misc-enable-no-mwait',
    description: 'CPUID 1 ECX MONITOR after the guest set and cleared MWAIT in IA32_MISC_ENABLE',
    outcomes: [
      { name: 'follows', value: 0, meaning: 'it follows IA32_MISC_ENABLE' },
      { name: 'stays', value: 1, meaning: 'it stays as the VMM set it' },
    ],
    settings: disabled('MISC_ENABLE_NO_MWAIT', 'follows'),
    usual: 'stays',
    tells: true,
    source: `cpuid.c, kvm_update_cpuid_runtime; msrs.c, MSR_IA32_MISC_ENABLE; ${API}`,
  },
  {
    id: 'fix-hypercall-insn',
    description: 'the hypercall instruction of the other vendor, from memory that can be written',
    outcomes: [
      { name: 'ud', value: 0, meaning: '#UD' },
      { name: 'patched', value: 1, meaning: "KVM writes this vendor's instruction over it and answers" },
    ],
    settings: disabled('FIX_HYPERCALL_INSN', 'ud'),
    usual: 'patched',
    tells: true,
    source: `x86.c, emulator_fix_hypercall; ${API}`,
  },
  {
    id: 'mwait-never-ud-faults',
    description: 'MONITOR and MWAIT where CPUID does not announce them',
    outcomes: [
      { name: 'ud', value: 0, meaning: '#UD' },
      { name: 'nop', value: 1, meaning: 'they do nothing' },
    ],
    settings: disabled('MWAIT_NEVER_UD_FAULTS', 'ud'),
    usual: 'nop',
    tells: true,
    source: `x86.c, kvm_emulate_monitor_mwait; ${API}`,
  },
  {
    id: 'slot-zap-all',
    description: 'a load from a slot that stays after another was deleted',
    outcomes: [{ name: 'same', value: 0, meaning: 'the guest reads what it wrote' }],
    settings: disabled('SLOT_ZAP_ALL'),
    // It concerns the page tables that the host keeps.
    tells: false,
    source: `mmu/mmu.c, kvm_arch_flush_shadow_memslot; ${API}`,
  },
  {
    id: 'stuff-feature-msrs',
    description: 'feature MSRs that no VMM wrote, as the guest reads them',
    outcomes: [
      { name: 'zero', value: 0, meaning: 'all that the guest has read 0' },
      { name: 'stuffed', value: 1, meaning: 'they hold what KVM supports' },
    ],
    settings: disabled('STUFF_FEATURE_MSRS', 'zero'),
    usual: 'stuffed',
    tells: true,
    source: `x86.c, kvm_arch_vcpu_create; svm/svm.c; vmx/vmx.c; ${API}`,
  },
  {
    id: 'ignore-guest-pat',
    description: "the memory type of the guest's accesses on Intel",
    outcomes: [],
    settings: disabled('IGNORE_GUEST_PAT'),
    tells: false,
    source: `vmx/vmx.c, vmx_get_mt_mask; ${API}`,
  },
  {
    id: 'vmcs12-allow-freeze-in-smm',
    description: "a nested VM entry with FREEZE_IN_SMM in the guest's DEBUGCTL",
    outcomes: [],
    settings: disabled('VMCS12_ALLOW_FREEZE_IN_SMM'),
    tells: true,
    source: `vmx/nested.c; ${API}`,
  },
  {
    id: 'nested-svm-shared-pat',
    description: 'the PAT that a hypervisor in the guest reads after its own guest wrote another',
    outcomes: [
      { name: 'own', value: 0, meaning: 'its own: the nested guest has one of its own' },
      { name: 'shared', value: 1, meaning: 'what the nested guest wrote' },
    ],
    settings: disabled('NESTED_SVM_SHARED_PAT', 'own'),
    usual: 'shared',
    tells: true,
    source: `svm/nested.c; svm/svm.h; ${API}`,
  },
];

const X2APIC: readonly BehaviourRow[] = [
  {
    id: 'suppress-eoi-broadcast',
    description:
      'EOI of a level-triggered interrupt with EOI broadcasts suppressed in the spurious-interrupt register, IOAPIC in the VMM',
    outcomes: [
      { name: 'told-and-sent', value: 0, meaning: 'the guest is told that it can suppress them, and they are sent' },
      { name: 'suppressed', value: 1, meaning: 'the guest is told so, and it holds' },
      { name: 'not-told', value: 2, meaning: 'the guest is not told, and they are sent' },
      { name: 'not-told-not-sent', value: 3, meaning: 'the guest is not told, and they are not sent' },
    ],
    settings: [flag('ENABLE_SUPPRESS_EOI_BROADCAST', 'suppressed'), flag('DISABLE_SUPPRESS_EOI_BROADCAST', 'not-told')],
    usual: 'told-and-sent',
    tells: true,
    source: `lapic.c, kvm_ioapic_send_eoi and kvm_lapic_suppress_eoi_broadcast; ${X2APIC_API}`,
  },
  {
    id: 'x2apic-broadcast',
    description: 'an MSI to destination 0xff, with the vCPU (id 0) in x2APIC mode',
    outcomes: [
      { name: 'nobody', value: 0, meaning: 'nobody has this id' },
      { name: 'everybody', value: 1, meaning: 'it is a broadcast' },
    ],
    settings: [flag('DISABLE_BROADCAST_QUIRK', 'nobody')],
    usual: 'everybody',
    tells: true,
    source: `lapic.c, kvm_apic_mda and kvm_apic_map_get_dest_lapic; ${X2APIC_API}`,
  },
  {
    id: 'x2apic-id-format',
    description: 'the id of vCPU 1 in KVM_GET_LAPIC, in x2APIC mode',
    outcomes: [
      { name: 'bits-31-24', value: 0, meaning: 'in bits 31:24, as in xAPIC mode' },
      { name: 'bits-31-0', value: 1, meaning: 'in all 32 bits' },
    ],
    settings: [flag('USE_32BIT_IDS', 'bits-31-0')],
    usual: 'bits-31-24',
    tells: true,
    source: `lapic.c, kvm_apic_state_fixup; ${X2APIC_API}`,
  },
];

const UNSELECTED: readonly BehaviourRow[] = [
  {
    id: 'x2apic-id-restored',
    description: 'the x2APIC id that the guest reads after KVM_SET_LAPIC with the id of another vCPU',
    outcomes: [
      { name: 'own', value: 0, meaning: "the vCPU's" },
      { name: 'stored', value: 1, meaning: 'what was set' },
      { name: 'refused', value: 2, meaning: "the vCPU's, for the call fails" },
    ],
    settings: [],
    tells: false,
    harmless: "a guest's saved state holds its own id; only a VMM that gives a vCPU another one meets it",
    source: 'lapic.c, kvm_apic_state_fixup',
  },
  {
    id: 'icebp',
    description: 'where RIP is after ICEBP raised #DB through an interrupt gate',
    outcomes: [
      { name: 'past', value: 0, meaning: 'past ICEBP' },
      { name: 'at', value: 1, meaning: 'at ICEBP' },
      { name: 'none', value: 2, meaning: 'nothing was raised' },
    ],
    settings: [],
    tells: false,
    harmless: 'no guest keeps anything of it: the next ICEBP, on whatever host, is a new one',
    source: 'svm/svm.c, icebp_interception; Intel SDM volume 2, INT1; AMD APM volume 2, 13.1.4',
  },
  {
    id: 'icebp-single-step',
    description: 'how many #DB come of ICEBP that is executed with RFLAGS.TF set, and what DR6 then says',
    outcomes: [
      { name: 'icebp', value: 0, meaning: 'one, without DR6.BS: the step over ICEBP is not reported' },
      { name: 'step', value: 1, meaning: 'one, with DR6.BS' },
      { name: 'both', value: 2, meaning: 'two: of ICEBP, and of the step' },
      { name: 'none', value: 3, meaning: 'none' },
    ],
    settings: [],
    tells: false,
    harmless: 'no guest keeps anything of it: each step is a new one',
    source: 'svm/svm.c, icebp_interception; svm_skip_emulated_instruction; Intel SDM volume 3, 18.3.1.4',
  },
  {
    id: 'perf-capabilities-hidden',
    description: 'RDMSR of IA32_PERF_CAPABILITIES where CPUID 1 ECX PDCM is clear',
    outcomes: [
      { name: 'gp', value: 0, meaning: '#GP' },
      { name: 'zero', value: 1, meaning: '0' },
      { name: 'value', value: 2, meaning: 'a value' },
    ],
    settings: [],
    tells: false,
    source: 'msrs.c, MSR_IA32_PERF_CAPABILITIES; Intel SDM volume 4, table 2-2',
  },
  {
    id: 'hyperv-msrs-hidden',
    description: 'RDMSR of HV_X64_MSR_REFERENCE_TSC where the guest has no Hyper-V leaves in CPUID',
    outcomes: [
      { name: 'gp', value: 0, meaning: '#GP' },
      { name: 'value', value: 1, meaning: 'it reads: the interface is there for a guest that does not ask CPUID' },
    ],
    settings: [],
    tells: false,
    harmless: 'guests look for the leaves in CPUID before they read these MSRs',
    source: 'hyperv.c, kvm_hv_get_msr_common: hyperv_enabled',
  },
  {
    id: 'hidden-msr-saved',
    description:
      'KVM_GET_MSRS of every MSR that KVM lists, of a vCPU whose CPUID offers none, and 0 written to those that read 0',
    outcomes: [
      { name: 'refused', value: 0, meaning: 'some are not read, and with them what stands behind them in the call' },
      { name: 'not-taken', value: 1, meaning: 'all are read, and some do not take 0' },
      { name: 'taken', value: 2, meaning: 'all are read and take 0' },
    ],
    settings: [],
    tells: false,
    harmless: 'a rule between kernel and VMM; the guest has no such MSR either way',
    source: 'msrs.c, kvm_do_msr_access and kvm_is_advertised_msr',
  },
  {
    id: 'gbpages-hidden',
    description: 'a load through a page of 1 GiB where CPUID 0x80000001 EDX pdpe1gb is clear',
    outcomes: [
      { name: 'fault', value: 0, meaning: '#PF with the reserved bit in its error code' },
      { name: 'loaded', value: 1, meaning: 'it loads: the CPU does not ask CPUID' },
    ],
    settings: [],
    tells: false,
    source: 'cpuid.c, kvm_vcpu_after_set_cpuid; AMD APM volume 2, 5.3.4',
  },
];

export const BEHAVIOURS: readonly BehaviourRow[] = [...QUIRKS, ...X2APIC, ...UNSELECTED];
