/**
 * What each KVM capability of arm64 says. None of them is promised to a guest: what a guest sees of it is a word of its own,
 * which `guest` names. Names: include/uapi/linux/kvm.h of Linux 7.3; meanings: the KVM API document.
 *
 * `vmm`: what a VMM can call or is told. `state`: calls that save and restore. `choice`: behaviour that a VMM can turn on.
 * `guest`: something that guests can be offered. `bound`: how large a VM can be, which its VMM finds out when it creates
 * one: a host's larger bound must not refuse every smaller guest.
 */
export type CapabilityRole = 'vmm' | 'state' | 'choice' | 'guest' | 'bound';

export interface CapabilityRow {
  readonly role: CapabilityRole;
  readonly description: string;
  /** The word in which a guest's promise is, where there is one. */
  readonly word: string | null;
}

type Names = Readonly<Record<string, string | readonly [description: string, word: string]>>;

/** By role, without KVM_CAP_. */
const BY_ROLE: Readonly<Record<CapabilityRole, Names>> = {
  vmm: {
    IRQCHIP: 'the interrupt controller can be in the kernel',
    USER_MEMORY: "the guest's memory is memory of the VMM",
    COALESCED_MMIO: 'writes to MMIO can be collected; the page that they are in',
    COALESCED_PIO: 'writes to ports can be collected, which arm64 guests do not have',
    SYNC_MMU: "the guest's memory follows changes of the VMM's mappings",
    DESTROY_MEMORY_REGION_WORKS: 'memory slots can be deleted',
    JOIN_MEMORY_REGIONS_WORKS: 'adjacent memory slots work',
    SET_GUEST_DEBUG: 'the guest can be debugged',
    SET_GUEST_DEBUG2: 'flags of KVM_SET_GUEST_DEBUG',
    GUEST_DEBUG_HW_BPS: 'hardware breakpoints for debugging the guest',
    GUEST_DEBUG_HW_WPS: 'hardware watchpoints for debugging the guest',
    IRQ_ROUTING: 'interrupts can be routed; how many routes',
    IRQFD: 'interrupts by eventfd',
    IRQFD_RESAMPLE: 'level-triggered interrupts by eventfd',
    IOEVENTFD: 'writes to MMIO as eventfd',
    IOEVENTFD_ANY_LENGTH: 'ioeventfd of any length',
    INTERNAL_ERROR_DATA: 'internal errors carry data',
    SIGNAL_MSI: 'the VMM can send MSIs',
    MSI_DEVID: 'MSIs carry a device id, which an ITS needs',
    READONLY_MEM: 'memory slots can be read-only',
    ARM_SET_DEVICE_ADDR: 'the first way to place the interrupt controller',
    ARM_IRQ_LINE_LAYOUT_2: 'KVM_IRQ_LINE can name more than 256 vCPUs',
    ARM_USER_IRQ: 'timers without an interrupt controller in the kernel tell the VMM',
    DEVICE_CTRL: 'KVM_CREATE_DEVICE',
    ENABLE_CAP_VM: 'KVM_ENABLE_CAP on VMs',
    CHECK_EXTENSION_VM: 'KVM_CHECK_EXTENSION on VMs',
    VM_ATTRIBUTES: 'attributes of VMs',
    VCPU_ATTRIBUTES: 'attributes of vCPUs',
    IMMEDIATE_EXIT: 'KVM_RUN can be made to return at once',
    MANUAL_DIRTY_LOG_PROTECT2: 'dirty logs are cleared by a call of their own',
    DIRTY_LOG_RING: 'dirty pages in rings; bytes of a ring',
    DIRTY_LOG_RING_ACQ_REL: 'the same with weaker memory ordering',
    DIRTY_LOG_RING_WITH_BITMAP: 'the same with a bitmap for what no vCPU writes',
    HALT_POLL: 'the time that KVM polls at WFI can be set',
    BINARY_STATS_FD: 'statistics by file descriptor',
    SYSTEM_EVENT_DATA: 'system events carry data',
    ARM_EAGER_SPLIT_CHUNK_SIZE: 'how much of a huge page is split at once for dirty logs',
    ARM_SUPPORTED_BLOCK_SIZES: 'sizes of blocks that stage 2 can map',
    ARM_SUPPORTED_REG_MASK_RANGES: 'which ID registers KVM_ARM_GET_REG_WRITABLE_MASKS tells of',
    USER_MEMORY2: 'memory slots with a guest_memfd',
    GUEST_MEMFD: 'memory that only the guest maps',
    GUEST_MEMFD_FLAGS: 'flags of KVM_CREATE_GUEST_MEMFD',
    MEMORY_FAULT_INFO: 'exits for memory faults say where',
    MEMORY_ATTRIBUTES: 'attributes of ranges of memory',
    ARM_CACHEABLE_PFNMAP_SUPPORTED: 'memory of devices can be mapped cacheable',
  },
  state: {
    MP_STATE: 'KVM_GET_MP_STATE and KVM_SET_MP_STATE: whether a vCPU is on',
    VCPU_EVENTS: 'KVM_GET_VCPU_EVENTS and KVM_SET_VCPU_EVENTS: a pending SError',
    ONE_REG: 'KVM_GET_ONE_REG and KVM_SET_ONE_REG',
    ARM_INJECT_SERROR_ESR: 'an SError can be given with its syndrome',
    ARM_INJECT_EXT_DABT: 'an external data abort can be given',
    COUNTER_OFFSET: ['KVM_ARM_SET_COUNTER_OFFSET', 'switch/COUNTER_OFFSET'],
  },
  choice: {
    ARM_NISV_TO_USER: ['accesses that cannot be emulated can go to the VMM', 'switch/NISV_TO_USER'],
    ARM_SYSTEM_SUSPEND: ['PSCI SYSTEM_SUSPEND can be offered', 'switch/SYSTEM_SUSPEND'],
    ARM_SEA_TO_USER: ['external aborts can go to the VMM', 'switch/SEA_TO_USER'],
    ARM_WRITABLE_IMP_ID_REGS: ['MIDR_EL1, REVIDR_EL1 and AIDR_EL1 can be set', 'switch/WRITABLE_IMP_ID_REGS'],
  },
  guest: {
    ARM_PSCI: ['PSCI', 'vcpu/PSCI_0_2'],
    ARM_PSCI_0_2: ['PSCI 0.2 or later', 'vcpu/PSCI_0_2'],
    ARM_EL1_32BIT: ['vCPUs can start in AArch32', 'vcpu/EL1_32BIT'],
    ARM_PMU_V3: ['performance counters', 'vcpu/PMU_V3'],
    ARM_PMU_V3_STRICT: ['performance counters of one physical PMU', 'vcpu/PMU_V3_STRICT'],
    ARM_SVE: ['scalable vectors', 'vcpu/SVE'],
    ARM_PTRAUTH_ADDRESS: ['pointer authentication of addresses', 'vcpu/PTRAUTH_ADDRESS'],
    ARM_PTRAUTH_GENERIC: ['pointer authentication, generic', 'vcpu/PTRAUTH_GENERIC'],
    ARM_EL2: ['nested virtualization', 'vcpu/HAS_EL2'],
    ARM_EL2_E2H0: ['nested virtualization without VHE', 'vcpu/HAS_EL2_E2H0'],
    STEAL_TIME: ['stolen time', 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA'],
    PTP_KVM: ['the clock of the host by hypercall', 'reg/KVM_REG_ARM_VENDOR_HYP_BMAP'],
  },
  bound: {
    NR_VCPUS: 'how many vCPUs are recommended',
    MAX_VCPUS: 'how many vCPUs a VM can have',
    MAX_VCPU_ID: 'what vCPU ids stay below',
    NR_MEMSLOTS: 'how many memory slots an address space can have',
    ARM_VM_IPA_SIZE: ['the largest guest-physical address space, bits', 'vm/ipa-size'],
  },
};

const ROLES: readonly CapabilityRole[] = ['vmm', 'state', 'choice', 'guest', 'bound'];

/** By full name. */
export const CAPABILITY_ROWS: ReadonlyMap<string, CapabilityRow> = new Map(
  ROLES.flatMap((role) =>
    Object.entries(BY_ROLE[role]).map(([name, row]): [string, CapabilityRow] => {
      const [description, word] = typeof row === 'string' ? [row, null] : row;
      return [`KVM_CAP_${name}`, { role, description, word }];
    }),
  ),
);
