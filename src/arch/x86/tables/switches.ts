/**
 * What a VMM turns on for one VM or vCPU and no ioctl tells afterwards: a contract must carry it, because a destination
 * where nobody asks again behaves as by default. Quirks and the x2APIC flags have tables of their own (`words.ts`).
 *
 * Not here, because trying them takes more than a call: KVM_CAP_SGX_ATTRIBUTE (a file of SGX),
 * KVM_CAP_HYPERV_ENLIGHTENED_VMCS (shows in the VMX MSRs), and what sets up a Xen guest (KVM_XEN_HVM_CONFIG).
 */
import type { Comparison, Kind, Operation, Stage } from '../../../model/index.ts';

export interface SwitchRow {
  /** The word is `switch/NAME`. */
  readonly name: string;
  readonly capability: string;
  /** KVM_CAP_*, include/uapi/linux/kvm.h. */
  readonly number: number;
  readonly call: 'KVM_ENABLE_CAP' | 'KVM_SET_PMU_EVENT_FILTER' | 'KVM_X86_SET_MSR_FILTER';
  readonly on: 'vm' | 'vcpu';
  /** What must have been done for the call to be taken at all. */
  readonly needs: 'nothing' | 'split-irqchip';
  /** The bit of args[0] that stands for the word; null: the word's value is args[0]. 0: that the call is made is it. */
  readonly bit: bigint | null;
  /** Bits of the word. */
  readonly width: number;
  /** What a guest has when nobody asks, and on kernels that do not know the capability. */
  readonly neutral: bigint;
  /** Other values of the word that the document allows; each is tried, in this order. None: nothing is tried. */
  readonly values: readonly bigint[];
  /** An args[0] that the document does not allow, to see whether it is refused; null where every one is allowed. */
  readonly invalid: bigint | null;
  /** `mask`: KVM_CHECK_EXTENSION gives the bits that have an effect; a kernel may accept others and do nothing. */
  readonly announced: 'presence' | 'mask';
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly until: Stage;
  /** What the guest sees. */
  readonly description: string;
  readonly source: string;
}

const VM: Pick<SwitchRow, 'call' | 'on' | 'needs' | 'announced' | 'until'> = {
  call: 'KVM_ENABLE_CAP',
  on: 'vm',
  needs: 'nothing',
  announced: 'presence',
  until: 'any-time',
};
const VCPU: typeof VM = { ...VM, on: 'vcpu', needs: 'split-irqchip', until: 'before-first-run' };

const ON_OR_OFF: Pick<SwitchRow, 'bit' | 'width' | 'neutral' | 'values'> = {
  bit: 1n,
  width: 1,
  neutral: 0n,
  values: [1n],
};

/** The guest sees one behaviour or the other. */
const VISIBLE: Pick<SwitchRow, 'kind' | 'comparison'> = { kind: 'feature', comparison: 'exact' };
const PARAVIRTUAL: typeof VISIBLE = { kind: 'paravirtual', comparison: 'exact' };
/** Only the VMM notices: an exit that it handles, the form of saved state, a limit, the cost of a mitigation. */
const INTERNAL: typeof VISIBLE = { kind: 'derived', comparison: 'none' };
/** What the machine is made of, which a VMM chooses with its machine type. */
const MACHINE: typeof VISIBLE = { kind: 'topology', comparison: 'none' };

/** No kernel has given these bits a meaning. */
const UNKNOWN_BIT = 1n << 62n;

const api = (section: string): string => `Documentation/virt/kvm/api.rst, ${section}`;

/** A bit of a capability whose argument is a mask. */
const bit = (number: bigint): Pick<SwitchRow, 'bit' | 'width' | 'neutral' | 'values' | 'invalid' | 'announced'> => ({
  ...ON_OR_OFF,
  bit: 1n << number,
  invalid: UNKNOWN_BIT,
  announced: 'mask',
});

/** KVM_X86_DISABLE_EXITS_*. After the first vCPU, kernels up to 6.12 take the call and vCPUs that exist do not follow. */
const exits = (number: bigint, name: string, description: string, visible: typeof VISIBLE): SwitchRow => ({
  ...VM,
  ...bit(number),
  ...visible,
  name: `DISABLE_EXITS_${name}`,
  capability: 'KVM_CAP_X86_DISABLE_EXITS',
  number: 143,
  until: 'before-vcpu',
  description,
  source: api('7.13'),
});

/** KVM_MSR_EXIT_REASON_*. */
const userSpaceMsr = (number: bigint, name: string, description: string): SwitchRow => ({
  ...VM,
  ...bit(number),
  ...VISIBLE,
  announced: 'presence',
  name: `USER_SPACE_MSR_${name}`,
  capability: 'KVM_CAP_X86_USER_SPACE_MSR',
  number: 188,
  description,
  source: api('7.21'),
});

export const SWITCHES: readonly SwitchRow[] = [
  {
    ...VM,
    ...ON_OR_OFF,
    ...VISIBLE,
    name: 'MSR_PLATFORM_INFO',
    capability: 'KVM_CAP_MSR_PLATFORM_INFO',
    number: 159,
    bit: null,
    neutral: 1n,
    values: [0n],
    invalid: null,
    description: 'the guest can read MSR_PLATFORM_INFO; without it a read is #GP',
    source: `${api('7.15')}; kvm_arch_init_vm, arch/x86/kvm/x86.c`,
  },
  {
    ...VM,
    ...ON_OR_OFF,
    ...VISIBLE,
    name: 'EXCEPTION_PAYLOAD',
    capability: 'KVM_CAP_EXCEPTION_PAYLOAD',
    number: 164,
    bit: null,
    invalid: null,
    description:
      'CR2 and DR6 change when an exception is delivered, not when it is queued: seen by a nested hypervisor',
    source: api('7.17'),
  },
  {
    ...VM,
    ...ON_OR_OFF,
    ...INTERNAL,
    name: 'TRIPLE_FAULT_EVENT',
    capability: 'KVM_CAP_X86_TRIPLE_FAULT_EVENT',
    number: 218,
    bit: null,
    invalid: null,
    description: 'a pending triple fault is part of the saved state; without it a move drops it',
    source: api('KVM_GET_VCPU_EVENTS'),
  },
  exits(
    0n,
    'MWAIT',
    'MONITOR and MWAIT run on the CPU: the guest can be given the feature and wait by itself',
    VISIBLE,
  ),
  exits(1n, 'HLT', 'HLT runs on the CPU; KVM clears KVM_FEATURE_PV_UNHALT in CPUID', VISIBLE),
  exits(2n, 'PAUSE', 'a loop of PAUSE is not interrupted for other vCPUs', INTERNAL),
  exits(3n, 'CSTATE', "the guest reads the residency counters of the core's C-states", VISIBLE),
  exits(4n, 'APERFMPERF', 'the guest reads APERF and MPERF of the CPU', VISIBLE),
  userSpaceMsr(0n, 'INVAL', 'an MSR access that KVM refuses goes to the VMM, which may answer it'),
  userSpaceMsr(1n, 'UNKNOWN', 'an access to an MSR that KVM does not know goes to the VMM, which may answer it'),
  userSpaceMsr(2n, 'FILTER', 'an access that the MSR filter denies goes to the VMM, which may answer it'),
  {
    ...VM,
    ...ON_OR_OFF,
    ...VISIBLE,
    name: 'MSR_FILTER',
    capability: 'KVM_CAP_X86_MSR_FILTER',
    number: 189,
    call: 'KVM_X86_SET_MSR_FILTER',
    bit: null,
    invalid: 1n << 30n,
    description: "some MSRs are hidden from the guest: an access is #GP, or the VMM's to answer",
    source: api('4.97'),
  },
  {
    ...VM,
    ...ON_OR_OFF,
    ...VISIBLE,
    name: 'PMU_EVENT_FILTER',
    capability: 'KVM_CAP_PMU_EVENT_FILTER',
    number: 173,
    call: 'KVM_SET_PMU_EVENT_FILTER',
    bit: null,
    invalid: 2n,
    description: "some events are not counted by the guest's performance counters",
    source: api('4.120'),
  },
  {
    ...VM,
    ...ON_OR_OFF,
    ...VISIBLE,
    name: 'PMU_DISABLE',
    capability: 'KVM_CAP_PMU_CAPABILITY',
    number: 212,
    invalid: UNKNOWN_BIT,
    announced: 'mask',
    until: 'before-vcpu',
    description: 'the guest has no performance counters, whatever its CPUID says',
    source: api('7.37'),
  },
  {
    ...VM,
    ...INTERNAL,
    name: 'BUS_LOCK_EXIT',
    capability: 'KVM_CAP_X86_BUS_LOCK_EXIT',
    number: 193,
    ...bit(1n),
    description: 'a bus lock in the guest exits to the VMM, which may slow the guest down',
    source: api('7.22'),
  },
  {
    ...VM,
    ...INTERNAL,
    name: 'NOTIFY_VMEXIT',
    capability: 'KVM_CAP_X86_NOTIFY_VMEXIT',
    number: 219,
    ...bit(0n),
    invalid: 4n,
    announced: 'presence',
    until: 'before-vcpu',
    description: 'a vCPU that takes no events within a window exits to KVM',
    source: api('7.33'),
  },
  {
    ...VM,
    ...PARAVIRTUAL,
    name: 'EXIT_HYPERCALL_MAP_GPA_RANGE',
    capability: 'KVM_CAP_EXIT_HYPERCALL',
    number: 201,
    // KVM_HC_MAP_GPA_RANGE, include/uapi/linux/kvm_para.h.
    ...bit(12n),
    description: 'the hypercall KVM_HC_MAP_GPA_RANGE is answered by the VMM; without it, it fails',
    source: api('7.40'),
  },
  {
    ...VM,
    ...ON_OR_OFF,
    ...VISIBLE,
    name: 'EXIT_ON_EMULATION_FAILURE',
    capability: 'KVM_CAP_EXIT_ON_EMULATION_FAILURE',
    number: 204,
    invalid: 2n,
    description: 'an instruction that KVM cannot emulate goes to the VMM, also where the guest would get #UD',
    source: api('7.27'),
  },
  {
    ...VM,
    ...INTERNAL,
    ...ON_OR_OFF,
    name: 'DISABLE_NX_HUGE_PAGES',
    capability: 'KVM_CAP_VM_DISABLE_NX_HUGE_PAGES',
    number: 220,
    bit: 0n,
    // Not tried: what comes of it says whether the probe may reboot the host (CAP_SYS_BOOT), and nothing of KVM.
    values: [],
    invalid: null,
    until: 'before-vcpu',
    description: 'huge pages of this VM stay executable: the mitigation of iTLB multihit is off',
    source: api('7.38'),
  },
  {
    ...VM,
    ...MACHINE,
    name: 'MAX_VCPU_ID',
    capability: 'KVM_CAP_MAX_VCPU_ID',
    number: 128,
    bit: null,
    width: 32,
    neutral: 0n,
    values: [255n],
    invalid: UNKNOWN_BIT,
    until: 'before-vcpu',
    description: 'vCPU ids, and so APIC ids, stay below this; 0: nobody said',
    source: api('7.32'),
  },
  {
    ...VM,
    ...MACHINE,
    name: 'SPLIT_IRQCHIP',
    capability: 'KVM_CAP_SPLIT_IRQCHIP',
    number: 121,
    bit: null,
    width: 32,
    neutral: 0n,
    values: [24n],
    invalid: UNKNOWN_BIT,
    until: 'before-vcpu',
    description: "only the local APIC is in the kernel; the number of pins of the VMM's IOAPICs",
    source: api('7.5'),
  },
  {
    ...VM,
    ...VISIBLE,
    name: 'APIC_BUS_CYCLES_NS',
    capability: 'KVM_CAP_X86_APIC_BUS_CYCLES_NS',
    number: 237,
    needs: 'split-irqchip',
    bit: null,
    width: 64,
    // APIC_BUS_CYCLE_NS_DEFAULT, arch/x86/kvm/lapic.h; fixed on kernels without the capability.
    neutral: 1n,
    values: [40n],
    invalid: 0n,
    until: 'before-vcpu',
    description: 'nanoseconds of one tick of the APIC timer at divider 1',
    source: api('7.35'),
  },
  {
    ...VCPU,
    ...ON_OR_OFF,
    ...PARAVIRTUAL,
    name: 'ENFORCE_PV_FEATURE_CPUID',
    capability: 'KVM_CAP_ENFORCE_PV_FEATURE_CPUID',
    number: 190,
    bit: null,
    invalid: null,
    description: "KVM's MSRs and hypercalls exist only where leaf 0x40000001 offers them",
    source: api('6.80'),
  },
  {
    ...VCPU,
    ...ON_OR_OFF,
    ...PARAVIRTUAL,
    name: 'HYPERV_ENFORCE_CPUID',
    capability: 'KVM_CAP_HYPERV_ENFORCE_CPUID',
    number: 199,
    bit: null,
    invalid: null,
    description: "Hyper-V's MSRs and hypercalls exist only where its CPUID leaves offer them",
    source: api('6.79'),
  },
  {
    ...VCPU,
    ...ON_OR_OFF,
    ...PARAVIRTUAL,
    name: 'HYPERV_SYNIC2',
    capability: 'KVM_CAP_HYPERV_SYNIC2',
    number: 148,
    bit: 0n,
    invalid: 1n,
    description: 'the synthetic interrupt controller is there, and its pages keep their contents when it is enabled',
    source: api('6.77'),
  },
  {
    ...VCPU,
    ...ON_OR_OFF,
    ...PARAVIRTUAL,
    name: 'HYPERV_SYNIC',
    capability: 'KVM_CAP_HYPERV_SYNIC',
    number: 123,
    bit: 0n,
    invalid: null,
    description: 'the synthetic interrupt controller is there, and its pages are cleared when the guest sets them up',
    source: api('6.76'),
  },
  {
    ...VCPU,
    ...ON_OR_OFF,
    ...PARAVIRTUAL,
    name: 'HYPERV_DIRECT_TLBFLUSH',
    capability: 'KVM_CAP_HYPERV_DIRECT_TLBFLUSH',
    number: 175,
    bit: 0n,
    invalid: null,
    description: "TLB flushes of a nested guest go past the guest's own hypervisor",
    source: api('6.78'),
  },
];

/** args[0] that selects a value of the word. */
export function argumentOf(row: SwitchRow, value: bigint): bigint {
  if (row.bit === null) return value;
  return value === 0n ? 0n : row.bit;
}

/** How a plan selects a value; null for filters, whose contents no word holds. */
export function switchOperation(row: SwitchRow): Operation | null {
  if (row.call !== 'KVM_ENABLE_CAP') return null;
  const { on, capability, bit: of } = row;
  return { call: 'KVM_ENABLE_CAP', on, capability, argument: 0, bit: of, set: 1n };
}

/** The row of `switch/NAME`. */
export function switchRow(word: string): SwitchRow | undefined {
  return SWITCHES.find(({ name }) => word === `switch/${name}`);
}
