/**
 * What KVM on x86 changed under guests. Each row was read in the trees of 5.10.223, 6.1.176, 6.12.107, 7.2.13 and 7.3.4;
 * narrower brackets come from comparing distribution kernels between them. Files named in `source` are below
 * arch/x86/kvm of 7.3.4 where no other place is given.
 */
import type { KernelEvidence, KnownChange } from './change.ts';

type Row = Omit<KnownChange, 'architecture' | 'unseen' | 'harmless'> &
  Partial<Pick<KnownChange, 'unseen' | 'harmless'>>;

interface QuirkChange {
  readonly bit: number;
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly kernels: KernelEvidence;
  readonly where: string;
  readonly reason?: string;
  readonly harmless?: string;
}

/** The behaviour `before` is the quirk: what a guest gets unless the VMM disables it. */
const QUIRKS: readonly QuirkChange[] = [
  {
    bit: 0,
    name: 'LINT0_REENABLED',
    before: 'LVT LINT0 is unmasked at reset (ExtINT)',
    after: 'LVT LINT0 is masked at reset, as in hardware',
    kernels: { without: null, with: '5.10' },
    where: 'lapic.c, kvm_lapic_reset',
  },
  {
    bit: 1,
    name: 'CD_NW_CLEARED',
    before: 'on AMD, CR0.CD and CR0.NW have no effect',
    after: 'CR0.CD and CR0.NW are what the guest wrote, caching included',
    kernels: { without: null, with: '5.10' },
    where: 'svm/svm.c, svm_set_cr0',
  },
  {
    bit: 2,
    name: 'LAPIC_MMIO_HOLE',
    before: 'the xAPIC page keeps answering while the APIC is in x2APIC mode',
    after: 'in x2APIC mode the xAPIC page is ordinary memory',
    kernels: { without: '4.15', with: '4.18' },
    where: 'lapic.c, apic_mmio_read',
  },
  {
    bit: 3,
    name: 'OUT_7E_INC_RIP',
    before: 'RIP is past the instruction when the VMM sees OUT to port 0x7e',
    after: 'RIP is at the instruction, as for other ports',
    kernels: { without: '5.0', with: '5.3' },
    where: 'x86.c, kvm_fast_pio_out',
  },
  {
    bit: 4,
    name: 'MISC_ENABLE_NO_MWAIT',
    before: 'CPUID.1:ECX.MONITOR stays as the VMM set it, whatever IA32_MISC_ENABLE[18] says',
    after: 'CPUID.1:ECX.MONITOR follows IA32_MISC_ENABLE[18]',
    kernels: { without: '5.0', with: '5.3' },
    where: 'cpuid.c, kvm_update_cpuid_runtime; msrs.c, MSR_IA32_MISC_ENABLE',
  },
  {
    bit: 5,
    name: 'FIX_HYPERCALL_INSN',
    before: 'KVM overwrites the hypercall instruction of the other vendor in guest memory',
    after: 'the hypercall instruction of the other vendor raises #UD',
    kernels: { without: '5.15', with: '5.19' },
    where: 'x86.c, emulator_fix_hypercall',
  },
  {
    bit: 6,
    name: 'MWAIT_NEVER_UD_FAULTS',
    before: 'MONITOR and MWAIT do nothing where CPUID does not announce them',
    after: 'MONITOR and MWAIT raise #UD where CPUID does not announce them',
    kernels: { without: '5.19', with: '6.1' },
    where: 'x86.c, kvm_emulate_monitor_mwait',
  },
  {
    bit: 7,
    name: 'SLOT_ZAP_ALL',
    before: 'deleting a memory slot drops the page tables of all slots',
    after: 'deleting a memory slot drops the page tables of that slot',
    kernels: { without: '6.8', with: '6.12' },
    where: 'mmu/mmu.c, kvm_arch_flush_shadow_memslot',
    harmless: 'it concerns the page tables that the host keeps: a guest sees nothing but how long its accesses take',
  },
  {
    bit: 8,
    name: 'STUFF_FEATURE_MSRS',
    before: 'a new vCPU has in its feature MSRs all that KVM supports; a newer kernel so promises more',
    after: 'feature MSRs of a new vCPU are 0 and hold what the VMM writes',
    kernels: { without: '6.8', with: '6.14', also: ['6.12.107'] },
    where: 'x86.c, kvm_arch_vcpu_create; vmx/vmx.c; svm/svm.c',
    reason: 'a VMM that leaves it on must write every feature MSR, or its guests get what the kernel has',
  },
  {
    bit: 9,
    name: 'IGNORE_GUEST_PAT',
    before: "on Intel the guest's PAT is ignored, memory is write-back",
    after: "on Intel CPUs with self-snoop the guest's PAT holds",
    kernels: { without: '6.14', with: '6.17', also: ['6.12.107'] },
    where: 'vmx/vmx.c, vmx_get_mt_mask and vmx_hardware_setup',
    reason: 'listed as valid on Intel hosts with self-snoop alone',
  },
  {
    bit: 10,
    name: 'VMCS12_ALLOW_FREEZE_IN_SMM',
    before: "a nested VM entry tolerates FREEZE_IN_SMM in the guest's DEBUGCTL",
    after: "a nested VM entry with FREEZE_IN_SMM in the guest's DEBUGCTL fails",
    kernels: { without: '6.17', with: '7.0', also: ['6.12.107'] },
    where: 'vmx/nested.c',
  },
  {
    bit: 11,
    name: 'NESTED_SVM_SHARED_PAT',
    before: 'on AMD a nested guest and its hypervisor share one PAT',
    after: 'on AMD with nested paging a nested guest has the PAT of its VMCB',
    kernels: { without: '7.0', with: '7.2' },
    where: 'svm/nested.c',
  },
];

const KEEP =
  'no ioctl gives it out: the VMM remembers its mask and disables the same quirks on the destination before the first vCPU';

const quirkRow = ({ bit, name, before, after, kernels, where, reason, harmless }: QuirkChange): Row => ({
  id: `x86-quirk-${name.toLowerCase().replaceAll('_', '-')}`,
  title: `KVM_X86_QUIRK_${name}`,
  elements: [`quirk/${name}`],
  before,
  after,
  kernels,
  byDefault: 'before',
  mechanism: `KVM_ENABLE_CAP on the VM, KVM_CAP_DISABLE_QUIRKS2, args[0] bit ${bit}; not set: the behaviour before`,
  discovery: `KVM_CHECK_EXTENSION(KVM_CAP_DISABLE_QUIRKS2) on the VM, bit ${bit}`,
  saved: KEEP,
  selectable: { answer: 'yes', reason: reason ?? null },
  readable: false,
  ...(harmless === undefined ? {} : { harmless }),
  source: `uapi/asm/kvm.h; ${where}; Documentation/virt/kvm/api.rst, KVM_CAP_DISABLE_QUIRKS2`,
});

const ROWS: readonly Row[] = QUIRKS.map(quirkRow);

export const X86_CHANGES: readonly KnownChange[] = ROWS.map((row) => ({
  unseen: null,
  harmless: null,
  ...row,
  architecture: 'x86_64',
}));
