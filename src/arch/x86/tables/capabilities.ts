/**
 * What each KVM capability of x86 says. None of them is promised to a guest. A guest does not see them; what follows from
 * them it sees elsewhere (CPUID, MSRs, quirks, switches), and there it is promised. Names: include/uapi/linux/kvm.h of
 * Linux 7.3; meanings: the KVM API document, which numbers its sections by capability.
 *
 * `vmm`: what a VMM can call or is told; no guest sees it.
 * `state`: calls that save and restore state; what a guest carries is listed as words of its own.
 * `choice`: behaviour that a VMM can turn on; which it did is a word of its own (`switch/`, `quirk/`, `x2apic/`).
 * `guest`: something that guests can be offered; they learn it from CPUID or an MSR, which are words of their own.
 * `bound`: how large a VM can be. A contract does not say how large its guest is: the VMM that creates it there finds out,
 * and a host's larger bound must not refuse every smaller guest.
 * `elsewhere`: means nothing on x86, or nothing any more.
 */
export type CapabilityRole = 'vmm' | 'state' | 'choice' | 'guest' | 'bound' | 'elsewhere';

type Names = Readonly<Record<string, string>>;

/** By role, without KVM_CAP_. */
const BY_ROLE: Readonly<Record<CapabilityRole, Names>> = {
  vmm: {
    IRQCHIP: 'the interrupt controllers can be in the kernel',
    HLT: 'HLT is handled in the kernel',
    MMU_SHADOW_CACHE_CONTROL: 'the number of shadow pages can be set; gone since 6.7',
    USER_MEMORY: "the guest's memory is memory of the VMM",
    SET_TSS_ADDR: "where Intel's real-mode TSS goes can be set",
    EXT_CPUID: 'KVM_GET_SUPPORTED_CPUID and KVM_SET_CPUID2',
    PIT: 'the PIT can be in the kernel',
    COALESCED_MMIO: 'writes to MMIO can be collected; the page that they are in',
    SYNC_MMU: "the guest's memory follows changes of the VMM's mappings",
    IOMMU: 'devices were assigned by KVM itself; gone',
    DESTROY_MEMORY_REGION_WORKS: 'memory slots can be deleted',
    USER_NMI: 'the VMM can inject NMIs',
    SET_GUEST_DEBUG: 'the guest can be debugged',
    REINJECT_CONTROL: 'lost PIT ticks can be left lost',
    IRQ_ROUTING: 'interrupts can be routed; how many routes',
    IRQ_INJECT_STATUS: 'an injected interrupt says whether it was taken',
    ASSIGN_DEV_IRQ: 'interrupts of assigned devices; gone',
    JOIN_MEMORY_REGIONS_WORKS: 'adjacent memory slots work',
    IRQFD: 'interrupts by eventfd',
    PIT2: 'the PIT can be created with flags',
    SET_BOOT_CPU_ID: 'the boot processor can be chosen',
    IOEVENTFD: 'writes to ports and MMIO as eventfd',
    SET_IDENTITY_MAP_ADDR: "where Intel's identity map goes can be set",
    INTERNAL_ERROR_DATA: 'internal errors carry data',
    PCI_SEGMENT: 'devices could be assigned in PCI segments',
    SYNC_REGS: 'registers can go by the kvm_run page',
    PCI_2_3: 'interrupts of assigned PCI 2.3 devices can be shared; gone',
    KVMCLOCK_CTRL: 'KVM can tell the guest that it was paused',
    SIGNAL_MSI: 'the VMM can send MSIs',
    READONLY_MEM: 'memory slots can be read-only',
    IRQFD_RESAMPLE: 'level-triggered interrupts by eventfd',
    EXT_EMUL_CPUID: 'KVM_GET_EMULATED_CPUID',
    IOAPIC_POLARITY_IGNORED: "KVM's IOAPIC ignores the polarity of pins",
    DEVICE_CTRL: 'KVM_CREATE_DEVICE',
    ENABLE_CAP: 'KVM_ENABLE_CAP on vCPUs',
    ENABLE_CAP_VM: 'KVM_ENABLE_CAP on VMs',
    IOEVENTFD_NO_LENGTH: 'ioeventfd of any length',
    IOEVENTFD_ANY_LENGTH: 'ioeventfd of any length, without data match',
    CHECK_EXTENSION_VM: 'KVM_CHECK_EXTENSION on VMs',
    VM_ATTRIBUTES: 'attributes of VMs',
    GUEST_DEBUG_HW_BPS: 'hardware breakpoints for debugging the guest',
    GUEST_DEBUG_HW_WPS: 'hardware watchpoints for debugging the guest',
    SET_GUEST_DEBUG2: 'flags of KVM_SET_GUEST_DEBUG',
    MULTI_ADDRESS_SPACE: 'address spaces of a VM: two with SMM',
    IMMEDIATE_EXIT: 'KVM_RUN can be made to return at once',
    GET_MSR_FEATURES: 'feature MSRs can be read from /dev/kvm',
    HYPERV_EVENTFD: "Hyper-V's signals as eventfd",
    COALESCED_PIO: 'writes to ports can be collected',
    HYPERV_CPUID: 'KVM_GET_SUPPORTED_HV_CPUID on vCPUs',
    SYS_HYPERV_CPUID: 'KVM_GET_SUPPORTED_HV_CPUID on /dev/kvm',
    MANUAL_DIRTY_LOG_PROTECT: 'the first form of manual dirty-log protection; replaced',
    MANUAL_DIRTY_LOG_PROTECT2: 'dirty logs are cleared by a call of their own',
    DIRTY_LOG_RING: 'dirty pages in rings; bytes of a ring',
    DIRTY_LOG_RING_ACQ_REL: 'the same with weaker memory ordering',
    DIRTY_LOG_RING_WITH_BITMAP: 'the same with a bitmap for what no vCPU writes',
    HALT_POLL: 'the time that KVM polls at HLT can be set',
    LAST_CPU: 'which CPU a vCPU ran on last is told',
    BINARY_STATS_FD: 'statistics by file descriptor',
    VCPU_ATTRIBUTES: 'attributes of vCPUs: the TSC offset',
    SYS_ATTRIBUTES: 'attributes of /dev/kvm',
    SYSTEM_EVENT_DATA: 'system events carry data',
    USER_MEMORY2: 'memory slots with a guest_memfd',
    GUEST_MEMFD: 'memory that only the guest maps',
    GUEST_MEMFD_FLAGS: 'flags of KVM_CREATE_GUEST_MEMFD',
    MEMORY_FAULT_INFO: 'exits for memory faults say where',
    MEMORY_ATTRIBUTES: 'attributes of ranges of memory',
    PRE_FAULT_MEMORY: 'memory can be mapped beforehand',
    VM_COPY_ENC_CONTEXT_FROM: 'an SEV context can be shared',
    VM_MOVE_ENC_CONTEXT_FROM: 'an SEV context can be moved',
    X86_GUEST_MODE: 'exits tell whether a nested guest ran',
    SMALLER_MAXPHYADDR: 'guests with fewer physical address bits than the host are exact',
    PMU_EVENT_MASKED_EVENTS: 'PMU event filters can have masks',
  },
  state: {
    MP_STATE: 'KVM_GET_MP_STATE and KVM_SET_MP_STATE',
    PIT_STATE2: 'KVM_GET_PIT2 and KVM_SET_PIT2',
    ADJUST_CLOCK: 'KVM_GET_CLOCK and KVM_SET_CLOCK, with their flags',
    VCPU_EVENTS: 'KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS',
    INTR_SHADOW: 'the interrupt shadow is part of the events',
    DEBUGREGS: 'KVM_GET_DEBUGREGS and KVM_SET_DEBUGREGS',
    XSAVE: 'KVM_GET_XSAVE and KVM_SET_XSAVE',
    XSAVE2: 'KVM_GET_XSAVE2, and the bytes that it writes',
    XCRS: 'KVM_GET_XCRS and KVM_SET_XCRS',
    SREGS2: 'KVM_GET_SREGS2 and KVM_SET_SREGS2, with the PDPTRs',
    NESTED_STATE: 'KVM_GET_NESTED_STATE and KVM_SET_NESTED_STATE, and the most bytes that they take',
    ONE_REG: 'KVM_GET_ONE_REG and KVM_SET_ONE_REG',
    GET_TSC_KHZ: 'KVM_GET_TSC_KHZ',
  },
  choice: {
    DISABLE_QUIRKS: 'quirks can be disabled, by the call that accepts any mask',
    DISABLE_QUIRKS2: 'which quirks can be disabled',
    X2APIC_API: "flags of the x2APIC's interface",
    SPLIT_IRQCHIP: 'only the local APICs in the kernel',
    X86_DISABLE_EXITS: 'which instructions need not exit',
    MSR_PLATFORM_INFO: 'reads of MSR_PLATFORM_INFO can be refused',
    EXCEPTION_PAYLOAD: 'exceptions carry their payload',
    PMU_EVENT_FILTER: 'events of the PMU can be denied',
    PMU_CAPABILITY: 'the PMU can be switched off',
    X86_USER_SPACE_MSR: 'MSR accesses can go to the VMM',
    X86_MSR_FILTER: 'MSR accesses can be denied',
    ENFORCE_PV_FEATURE_CPUID: "KVM's services only as CPUID offers them",
    HYPERV_ENFORCE_CPUID: "Hyper-V's services only as CPUID offers them",
    X86_BUS_LOCK_EXIT: 'bus locks can exit',
    X86_NOTIFY_VMEXIT: 'a vCPU that opens no event window can exit',
    EXIT_HYPERCALL: 'which hypercalls can go to the VMM',
    EXIT_ON_EMULATION_FAILURE: 'what KVM cannot emulate can go to the VMM',
    X86_TRIPLE_FAULT_EVENT: 'a pending triple fault can be state',
    VM_DISABLE_NX_HUGE_PAGES: 'the mitigation of iTLB multihit can be left out',
    X86_APIC_BUS_CYCLES_NS: "the APIC timer's frequency can be set",
    SGX_ATTRIBUTE: 'privileged SGX attributes can be allowed',
  },
  guest: {
    VAPIC: 'the TPR of 32-bit Windows can be shared',
    CLOCKSOURCE: 'kvmclock; CPUID 0x40000001',
    NOP_IO_DELAY: 'guests need not wait after port accesses; CPUID 0x40000001',
    PV_MMU: 'the paravirtual MMU; gone',
    MCE: 'machine check banks: how many',
    XEN_HVM: "Xen's interface: which parts",
    HYPERV: "Hyper-V's interface",
    HYPERV_VAPIC: "Hyper-V's APIC MSRs",
    HYPERV_SPIN: "Hyper-V's notification of long spin waits",
    HYPERV_TIME: "Hyper-V's clocks",
    HYPERV_SYNIC: "Hyper-V's interrupt controller",
    HYPERV_SYNIC2: 'the same without the bitmap quirks',
    HYPERV_VP_INDEX: 'the number of a vCPU can be set',
    HYPERV_TLBFLUSH: "Hyper-V's TLB flushes",
    HYPERV_SEND_IPI: "Hyper-V's IPIs",
    HYPERV_ENLIGHTENED_VMCS: "Hyper-V's enlightened VMCS: its version",
    HYPERV_DIRECT_TLBFLUSH: 'TLB flushes of nested guests past their hypervisor',
    X86_ROBUST_SINGLESTEP: 'single-stepping the guest leaves no trace in it',
    ASYNC_PF: 'asynchronous page faults; CPUID 0x40000001',
    ASYNC_PF_INT: 'the same by interrupt; CPUID 0x40000001',
    TSC_CONTROL: "the guest's TSC can run at another rate",
    VM_TSC_CONTROL: 'the same for all vCPUs of a VM',
    TSC_DEADLINE_TIMER: "the APIC timer's deadline mode; CPUID 1",
    STEAL_TIME: 'stolen time; CPUID 0x40000001',
    X86_SMM: 'system management mode',
    PTP_KVM: 'the host clock by hypercall',
    COUNTER_OFFSET: 'counters can have an offset',
  },
  bound: {
    NR_VCPUS: 'how many vCPUs are recommended',
    MAX_VCPUS: 'how many vCPUs a VM can have',
    MAX_VCPU_ID: 'what vCPU ids, and so APIC ids, stay below',
    NR_MEMSLOTS: 'how many memory slots an address space can have',
    VM_TYPES: 'which types of VM there are',
    VM_GPA_BITS: 'how many bits guest-physical addresses can have',
  },
  elsewhere: {
    SW_TLB: 'a PowerPC TLB',
    IRQ_MPIC: 'a PowerPC interrupt controller',
    IRQ_XICS: 'a PowerPC interrupt controller',
    MSI_DEVID: 'device ids in MSIs, on arm64',
  },
};

export interface CapabilityRow {
  readonly role: CapabilityRole;
  readonly description: string;
}

const ROLES: readonly CapabilityRole[] = ['vmm', 'state', 'choice', 'guest', 'bound', 'elsewhere'];

/** By full name. */
export const CAPABILITY_ROWS: ReadonlyMap<string, CapabilityRow> = new Map(
  ROLES.flatMap((role) =>
    Object.entries(BY_ROLE[role]).map(([name, description]) => [`KVM_CAP_${name}`, { role, description }] as const),
  ),
);

/** Capabilities whose name says that they are another architecture's. */
export const FOREIGN_CAPABILITY: RegExp = /^KVM_CAP_(PPC|S390|ARM|MIPS|RISCV|LOONGARCH|SPAPR)_?/;
