/** Words that are neither CPUID nor MSRs, by path: what each is and how it compares. */
import type { Comparison, Kind } from '../../../model/index.ts';
import { LAPIC_ROWS } from './lapic.ts';

interface QuirkRow {
  readonly bit: number;
  readonly name: string;
  readonly description: string;
}

/** KVM_X86_QUIRK_* (uapi/asm/kvm.h); the behaviour behind each is in the KVM API document, KVM_CAP_DISABLE_QUIRKS2. */
export const QUIRKS: readonly QuirkRow[] = [
  { bit: 0, name: 'LINT0_REENABLED', description: 'LVT LINT0 is unmasked at reset' },
  { bit: 1, name: 'CD_NW_CLEARED', description: 'CR0.CD and CR0.NW are ignored for the memory type' },
  { bit: 2, name: 'LAPIC_MMIO_HOLE', description: 'the xAPIC page answers in x2APIC mode' },
  { bit: 3, name: 'OUT_7E_INC_RIP', description: 'RIP is advanced before an exit for OUT to port 0x7e' },
  { bit: 4, name: 'MISC_ENABLE_NO_MWAIT', description: "CPUID's MONITOR does not follow MISC_ENABLE" },
  { bit: 5, name: 'FIX_HYPERCALL_INSN', description: "the other vendor's hypercall instruction is patched" },
  { bit: 6, name: 'MWAIT_NEVER_UD_FAULTS', description: 'MONITOR and MWAIT are no-operations without CPUID support' },
  { bit: 7, name: 'SLOT_ZAP_ALL', description: 'all shadow pages go when a memory slot is deleted' },
  { bit: 8, name: 'STUFF_FEATURE_MSRS', description: 'feature MSRs of a new vCPU have what KVM supports' },
  { bit: 9, name: 'IGNORE_GUEST_PAT', description: "the guest's PAT is ignored (Intel)" },
  { bit: 10, name: 'VMCS12_ALLOW_FREEZE_IN_SMM', description: 'a nested guest may have FREEZE_IN_SMM set' },
  { bit: 11, name: 'NESTED_SVM_SHARED_PAT', description: 'L1 and L2 share one PAT (AMD)' },
];

/** KVM_CAP_X2APIC_API's flags (uapi/asm/kvm.h). */
export const X2APIC_FLAGS: readonly QuirkRow[] = [
  { bit: 0, name: 'USE_32BIT_IDS', description: 'interrupt routes and KVM_SIGNAL_MSI carry 32-bit APIC ids' },
  { bit: 1, name: 'DISABLE_BROADCAST_QUIRK', description: 'destination 0xff is not a broadcast in x2APIC mode' },
  { bit: 2, name: 'ENABLE_SUPPRESS_EOI_BROADCAST', description: 'guests may suppress EOI broadcasts' },
  { bit: 3, name: 'DISABLE_SUPPRESS_EOI_BROADCAST', description: 'guests are not offered suppressed EOI broadcasts' },
];

/** Components of the XSAVE state (Intel SDM volume 1, 13.1): bits of XCR0 and IA32_XSS. */
export const XFEATURES: Readonly<Record<number, string>> = {
  0: 'x87',
  1: 'sse',
  2: 'avx',
  3: 'bndregs',
  4: 'bndcsr',
  5: 'opmask',
  6: 'zmm_hi256',
  7: 'hi16_zmm',
  8: 'pt',
  9: 'pkru',
  10: 'pasid',
  11: 'cet_user',
  12: 'cet_supervisor',
  13: 'hdc',
  14: 'uintr',
  15: 'lbr',
  16: 'hwp',
  17: 'xtile_config',
  18: 'xtile_data',
  19: 'apx',
};

/** Names of the local APIC's registers by offset. */
export const LAPIC_REGISTERS: Readonly<Record<number, string>> = Object.fromEntries(
  LAPIC_ROWS.map(({ offset, name }) => [offset, name]),
);

interface Simple {
  readonly kind: Kind;
  readonly comparison: Comparison;
}

/** Behaviour that a VMM selects by a flag: the guest sees one or the other, so only the same will do. */
export const SWITCH: Simple = { kind: 'feature', comparison: 'exact' };
