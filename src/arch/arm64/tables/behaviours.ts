/**
 * Behaviour tests of arm64: what a guest does at EL1, what can come of it, and what selects that. The programs are in
 * `guest/arm64/behaviour`. Facts: Arm ARM (DDI 0487), IHI 0069 (GIC), DEN0022 (PSCI), DEN0028 (SMCCC), DEN0057 (stolen
 * time), DEN0098 (TRNG); files named in `source` are below arch/arm64/kvm of Linux 7.3.4 where no other place is given.
 */
import { behaviourWord } from '../../behaviour.ts';
import type { BehaviourOutcome, BehaviourRow, BehaviourSetting } from '../../behaviour.ts';

const feature = (name: string, value: bigint): BehaviourSetting => ({ word: `vcpu/${name}`, value });
const register = (name: string, value: bigint): BehaviourSetting => ({ word: `reg/${name}`, value });
const enabled = (name: string): BehaviourSetting => ({ word: `switch/${name}`, value: 1n });

export type SettingName =
  | 'revision1'
  | 'revision2'
  | 'psci02'
  | 'psci10'
  | 'psci11'
  | 'noTrng'
  | 'noStolenTime'
  | 'noVendorCalls'
  | 'discovery'
  | 'workaround1'
  | 'workaround2'
  | 'workaround3'
  | 'filter'
  | 'suspend'
  | 'noSyndrome'
  | 'eventFilter'
  | 'counterOffset'
  | 'stolenTimePage'
  | 'tagging'
  | 'noPmu'
  | 'noSve'
  | 'noPointerAuthentication'
  | 'strict'
  | 'oneCounter'
  | 'midr'
  | 'clidr'
  | 'ccsidr';

/** What is selected, word by word. Values that a VMM makes up are those of some machine. */
export const SETTING: Readonly<Record<SettingName, BehaviourSetting>> = {
  // GICD_IIDR as KVM has it (Arm, product 0x4b) with another Revision.
  revision1: { word: 'vgic/v3/GICD_IIDR', value: 0x4b00_143bn },
  revision2: { word: 'vgic/v3/GICD_IIDR', value: 0x4b00_243bn },
  psci02: register('KVM_REG_ARM_PSCI_VERSION', 0x2n),
  psci10: register('KVM_REG_ARM_PSCI_VERSION', 0x1_0000n),
  psci11: register('KVM_REG_ARM_PSCI_VERSION', 0x1_0001n),
  noTrng: register('KVM_REG_ARM_STD_BMAP', 0n),
  noStolenTime: register('KVM_REG_ARM_STD_HYP_BMAP', 0n),
  noVendorCalls: register('KVM_REG_ARM_VENDOR_HYP_BMAP', 0n),
  discovery: register('KVM_REG_ARM_VENDOR_HYP_BMAP_2', 3n),
  workaround1: register('KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1', 0n),
  workaround2: register('KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2', 0n),
  workaround3: register('KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3', 0n),
  filter: enabled('SMCCC_FILTER'),
  suspend: enabled('SYSTEM_SUSPEND'),
  noSyndrome: enabled('NISV_TO_USER'),
  eventFilter: enabled('PMU_EVENT_FILTER'),
  counterOffset: { word: 'switch/COUNTER_OFFSET', value: 0x100_0000_0000n },
  stolenTimePage: { word: 'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA', value: 1n },
  tagging: { word: 'capability/KVM_CAP_ARM_MTE', value: 1n },
  noPmu: feature('PMU_V3', 0n),
  noSve: feature('SVE', 0n),
  noPointerAuthentication: feature('PTRAUTH_ADDRESS', 0n),
  strict: feature('PMU_V3_STRICT', 1n),
  // PMCR_EL0.N 1.
  oneCounter: register('PMCR_EL0', 0x800n),
  midr: register('MIDR_EL1', 0x410f_d4f0n),
  // Instruction and data caches in level 1, unified ones in levels 2 and 3; LoUIS and LoUU 1, LoC 3.
  clidr: register('CLIDR_EL1', 0xb20_0123n),
  // Lines of 64 bytes, 4 ways, 64 sets.
  ccsidr: { word: 'cache/CCSIDR/L1D', value: 0x7_e01an },
};

/** With the outcome that KVM's documents, or the architecture, promise. */
const gives = (setting: SettingName, outcome: string): BehaviourSetting => ({ ...SETTING[setting], outcome });

const CALL: readonly BehaviourOutcome[] = [
  { name: 'not-supported', value: 0, meaning: 'NOT_SUPPORTED' },
  { name: 'offered', value: 1, meaning: 'the call is offered' },
];
const WORKAROUND: readonly BehaviourOutcome[] = [
  { name: 'not-supported', value: 0, meaning: 'NOT_SUPPORTED' },
  { name: 'required', value: 1, meaning: 'the workaround is there and is needed' },
  { name: 'not-required', value: 2, meaning: 'it is not needed' },
];
const AVAILABILITY: readonly BehaviourOutcome[] = [
  { name: 'undefined', value: 0, meaning: 'an undefined instruction' },
  { name: 'trapped', value: 1, meaning: 'an exception with the syndrome of a trapped register' },
  { name: 'zero', value: 2, meaning: 'it reads as zero' },
  { name: 'value', value: 3, meaning: 'it reads as something else than zero' },
];
const INSTRUCTION: readonly BehaviourOutcome[] = [
  { name: 'undefined', value: 0, meaning: 'an undefined instruction' },
  { name: 'trapped', value: 1, meaning: 'an exception as for an instruction that was not enabled' },
  { name: 'runs', value: 2, meaning: 'it runs' },
];

const GIC: readonly BehaviourRow[] = [
  {
    id: 'gic/interrupt-groups',
    description: 'GICD_IGROUPR1 written with all bits flipped and read',
    outcomes: [
      { name: 'ignored', value: 0, meaning: 'groups cannot be changed' },
      { name: 'changed', value: 1, meaning: 'groups can be changed' },
    ],
    settings: [gives('revision1', 'ignored')],
    tells: true,
    source: 'vgic/vgic-mmio.c, vgic_mmio_write_group; vgic/vgic-mmio-v3.c',
  },
  {
    id: 'gic/redistributor-announces',
    description: 'IR and CES of GICR_CTLR',
    outcomes: [
      { name: 'nothing', value: 0, meaning: 'neither invalidation by register nor turning LPIs off' },
      { name: 'both', value: 1, meaning: 'invalidation by register, and turning LPIs off' },
    ],
    settings: [gives('revision2', 'nothing')],
    tells: true,
    source: 'vgic/vgic-mmio-v3.c, vgic_mmio_read_v3r_ctlr',
  },
  {
    id: 'gic/lpis-off',
    description: 'GICR_CTLR.EnableLPIs set and cleared, read after each',
    outcomes: [
      { name: 'never-on', value: 0, meaning: 'it cannot be set' },
      { name: 'stays-on', value: 1, meaning: 'once set it stays' },
      { name: 'goes-off', value: 2, meaning: 'it can be cleared again' },
    ],
    settings: [SETTING.revision2],
    tells: false,
    own: true,
    source: 'vgic/vgic-mmio-v3.c, vgic_mmio_write_v3r_ctlr, which looks at no revision',
  },
  {
    id: 'gic/pending-by-register',
    description: 'a bit set by GICD_ISPENDR1 and cleared by GICD_ICPENDR1, read after each',
    outcomes: [
      { name: 'ignored', value: 0, meaning: 'it cannot be set' },
      { name: 'stays-set', value: 1, meaning: 'it can be set and not cleared' },
      { name: 'set-and-cleared', value: 2, meaning: 'it can be set and cleared' },
    ],
    settings: [SETTING.revision2],
    tells: false,
    own: true,
    source: 'vgic/vgic-mmio.c, vgic_mmio_write_spending and vgic_mmio_write_cpending',
  },
  {
    id: 'gic/priority-bits',
    description: 'bits that stay of 0xff written to a priority in GICD_IPRIORITYR8',
    outcomes: [],
    counts: 'bits of a priority',
    settings: [],
    tells: false,
    source: 'vgic/vgic-mmio.c, vgic_mmio_write_priority',
  },
];

const REGISTERS: readonly BehaviourRow[] = [
  {
    id: 'id-registers/unallocated',
    description: 'S3_0_C0_C7_7 read, which is not allocated among the ID registers',
    outcomes: AVAILABILITY,
    settings: [],
    tells: false,
    source: 'sys_regs.c, ID_UNALLOCATED; Arm ARM D24.1',
  },
  {
    id: 'id-registers/tag-block-size',
    description: 'GMID_EL1 read: without memory tagging, an ID register that is not there',
    outcomes: AVAILABILITY,
    settings: [SETTING.tagging],
    tells: true,
    own: true,
    source: 'emulate-nested.c, triage_sysreg_trap; sys_regs.c, GMID_EL1; HCR_EL2.TID5; Arm ARM A2.2, FEAT_IDST',
  },
  {
    id: 'id-registers/cache-size-2',
    description: 'CCSIDR2_EL1 read, which is there with FEAT_CCIDX alone',
    outcomes: AVAILABILITY,
    settings: [],
    tells: false,
    source: 'sys_regs.c, CCSIDR2_EL1; Arm ARM A2.2, FEAT_IDST',
  },
  {
    id: 'id-registers/streaming-mode',
    description: 'SMIDR_EL1 read, which is there with SME alone',
    outcomes: AVAILABILITY,
    settings: [],
    tells: false,
    harmless: 'ID_AA64PFR1_EL1.SME tells a guest whether it is there, and no guest has it',
    source: 'sys_regs.c, SMIDR_EL1; HCR_EL2.TID1',
  },
  {
    id: 'id-registers/midr',
    description: 'MIDR_EL1 held against that of a Neoverse V2 (0x410fd4f0)',
    outcomes: [
      { name: 'other', value: 0, meaning: 'another CPU' },
      { name: 'neoverse-v2', value: 1, meaning: 'a Neoverse V2, which the VMM wrote, or which it is' },
    ],
    settings: [gives('midr', 'neoverse-v2')],
    tells: true,
    source: 'sys_regs.c, set_imp_id_reg; api.rst, KVM_CAP_ARM_WRITABLE_IMP_ID_REGS',
  },
  {
    id: 'cache/levels',
    description: 'levels that CLIDR_EL1 names',
    outcomes: [],
    counts: 'levels of caches',
    settings: [gives('clidr', '3')],
    tells: true,
    source: 'sys_regs.c, set_clidr and reset_clidr',
  },
  {
    id: 'cache/first-data-cache',
    description: 'CCSIDR_EL1 of the data cache of level 1',
    outcomes: [
      { name: 'one-set-one-way', value: 0, meaning: 'one set and one way: KVM hides the shape' },
      { name: 'shaped', value: 1, meaning: 'more than one set or way' },
    ],
    settings: [gives('ccsidr', 'shaped')],
    tells: true,
    source: 'sys_regs.c, get_ccsidr and set_ccsidr',
  },
];

const FIRMWARE: readonly BehaviourRow[] = [
  {
    id: 'psci/features',
    description: 'PSCI_FEATURES of PSCI_FEATURES',
    outcomes: CALL,
    settings: [gives('psci02', 'not-supported')],
    tells: true,
    source: 'psci.c, kvm_psci_1_x_call',
  },
  {
    id: 'psci/system-reset-2',
    description: 'PSCI_FEATURES of SYSTEM_RESET2',
    outcomes: CALL,
    settings: [gives('psci10', 'not-supported')],
    tells: true,
    source: 'psci.c, kvm_psci_1_x_call',
  },
  {
    id: 'psci/system-off-2',
    description: 'PSCI_FEATURES of SYSTEM_OFF2',
    outcomes: CALL,
    settings: [gives('psci11', 'not-supported')],
    tells: false,
    source: 'psci.c, kvm_psci_1_x_call; there since 1.3',
  },
  {
    id: 'psci/system-suspend',
    description: 'PSCI_FEATURES of SYSTEM_SUSPEND',
    outcomes: CALL,
    settings: [gives('suspend', 'offered')],
    usual: 'not-supported',
    tells: true,
    source: 'psci.c, kvm_psci_1_x_call; api.rst, KVM_CAP_ARM_SYSTEM_SUSPEND',
  },
  {
    id: 'smccc/version',
    description: 'SMCCC_VERSION',
    outcomes: [
      { name: 'not-supported', value: 0, meaning: 'NOT_SUPPORTED' },
      { name: '1.0', value: 1, meaning: '1.0' },
      { name: '1.1', value: 2, meaning: '1.1' },
      { name: '1.2', value: 3, meaning: '1.2' },
      { name: '1.3', value: 4, meaning: '1.3' },
      { name: '1.4', value: 5, meaning: '1.4' },
      { name: '1.5', value: 6, meaning: '1.5' },
    ],
    settings: [SETTING.psci02],
    tells: false,
    own: true,
    source: 'hypercalls.c, kvm_smccc_call_handler; no register of KVM chooses it',
  },
  {
    id: 'smccc/workaround-1',
    description: 'ARCH_FEATURES of ARCH_WORKAROUND_1',
    outcomes: WORKAROUND,
    settings: [SETTING.workaround1],
    tells: false,
    source: 'hypercalls.c, kvm_smccc_call_handler and kvm_arm_set_fw_reg',
  },
  {
    id: 'smccc/workaround-2',
    description: 'ARCH_FEATURES of ARCH_WORKAROUND_2',
    outcomes: WORKAROUND,
    settings: [SETTING.workaround2],
    tells: false,
    source: 'hypercalls.c, kvm_smccc_call_handler and kvm_arm_set_fw_reg',
  },
  {
    id: 'smccc/workaround-3',
    description: 'ARCH_FEATURES of ARCH_WORKAROUND_3',
    outcomes: WORKAROUND,
    settings: [SETTING.workaround3],
    tells: false,
    source: 'hypercalls.c, kvm_smccc_call_handler and kvm_arm_set_fw_reg',
  },
  {
    id: 'smccc/random-numbers',
    description: 'TRNG_VERSION',
    outcomes: CALL,
    settings: [gives('noTrng', 'not-supported')],
    tells: true,
    source: 'trng.c; hypercalls.c, kvm_smccc_test_fw_bmap',
  },
  {
    id: 'smccc/stolen-time',
    description: 'ARCH_FEATURES of PV_TIME_FEATURES',
    outcomes: CALL,
    settings: [gives('noStolenTime', 'not-supported')],
    tells: true,
    source: 'hypercalls.c, kvm_smccc_call_handler',
  },
  {
    id: 'smccc/stolen-time-page',
    description: 'PV_TIME_FEATURES of PV_TIME_ST',
    outcomes: CALL,
    settings: [gives('stolenTimePage', 'offered')],
    usual: 'not-supported',
    tells: true,
    source: 'pvtime.c, kvm_hypercall_pv_features',
  },
  {
    id: 'smccc/vendor-features',
    description: "the call that lists KVM's own calls",
    outcomes: CALL,
    settings: [gives('noVendorCalls', 'not-supported')],
    tells: true,
    source: 'hypercalls.c, kvm_smccc_test_fw_bmap',
  },
  {
    id: 'smccc/host-clock',
    description: 'the call for the clock of the host, by the virtual counter',
    outcomes: CALL,
    settings: [gives('noVendorCalls', 'not-supported')],
    tells: true,
    source: 'hypercalls.c, kvm_ptp_get_time: only where the host itself tells time by the architected counter',
  },
  {
    id: 'smccc/implementation-discovery',
    description: "functions 64 and 65 in the list of KVM's own calls",
    outcomes: [
      { name: 'not-supported', value: 0, meaning: 'there is no list' },
      { name: 'hidden', value: 1, meaning: 'neither is in it' },
      { name: 'offered', value: 2, meaning: 'DISCOVER_IMPL_VER and DISCOVER_IMPL_CPUS are in it' },
    ],
    settings: [gives('discovery', 'offered')],
    tells: true,
    source: 'hypercalls.c, kvm_smccc_call_handler: the VMM answers the calls themselves',
  },
  {
    id: 'smccc/filter',
    description: 'MIGRATE_INFO_TYPE, which PSCI 0.2 has',
    outcomes: CALL,
    settings: [gives('filter', 'not-supported')],
    usual: 'offered',
    tells: true,
    source: 'hypercalls.c, kvm_smccc_set_filter',
  },
];

const FEATURES: readonly BehaviourRow[] = [
  {
    id: 'pmu/registers',
    description: 'PMCR_EL0 read',
    outcomes: AVAILABILITY,
    settings: [SETTING.noPmu],
    tells: true,
    source: 'sys_regs.c, pmu_visibility; 5.10: access_pmcr',
  },
  {
    id: 'pmu/cycles-counted',
    description: 'the cycle counter turned on, and read twice',
    outcomes: [
      { name: 'undefined', value: 0, meaning: 'the registers are undefined' },
      { name: 'stands', value: 1, meaning: 'it does not count' },
      { name: 'counts', value: 2, meaning: 'it counts' },
    ],
    settings: [],
    tells: false,
    source: 'pmu-emul.c',
  },
  {
    id: 'pmu/event-filter',
    description: 'CPU_CYCLES in PMCEID0_EL0',
    outcomes: [
      { name: 'undefined', value: 0, meaning: 'the register is undefined' },
      { name: 'hidden', value: 1, meaning: 'the event is not shown' },
      { name: 'shown', value: 2, meaning: 'the event is shown' },
    ],
    settings: [gives('eventFilter', 'hidden')],
    tells: true,
    source: 'pmu-emul.c, kvm_pmu_get_pmceid',
  },
  {
    id: 'pmu/event-counters',
    description: 'all counters turned on by PMCNTENSET_EL0: those that stay on, without the cycle counter',
    outcomes: [],
    counts: 'event counters',
    settings: [gives('oneCounter', '1')],
    tells: true,
    source: 'sys_regs.c, set_pmcr; pmu-emul.c, kvm_pmu_implemented_counter_mask',
  },
  {
    id: 'pmu/slots',
    description: 'PMMIR_EL1 read',
    outcomes: AVAILABILITY,
    settings: [SETTING.strict],
    tells: false,
    source: 'sys_regs.c, access_pmmir: the number of slots of the physical PMU, which may be 0',
  },
  {
    id: 'sve/instruction',
    description: 'RDVL',
    outcomes: INSTRUCTION,
    settings: [gives('noSve', 'undefined')],
    tells: true,
    source: 'handle_exit.c, handle_sve',
  },
  {
    id: 'sve/id-register',
    description: 'ID_AA64ZFR0_EL1 read',
    outcomes: AVAILABILITY,
    settings: [gives('noSve', 'zero')],
    tells: true,
    source: 'sys_regs.c, sve_visibility',
  },
  {
    id: 'pointer-authentication/instruction',
    description: 'PACGA',
    outcomes: INSTRUCTION,
    settings: [gives('noPointerAuthentication', 'undefined')],
    tells: true,
    source: 'handle_exit.c, kvm_handle_ptrauth',
  },
  {
    id: 'pointer-authentication/keys',
    description: 'APIAKEYLO_EL1 read',
    outcomes: AVAILABILITY,
    settings: [gives('noPointerAuthentication', 'undefined')],
    tells: true,
    source: 'sys_regs.c, ptrauth_visibility',
  },
  {
    id: 'memory-tagging/registers',
    description: 'GCR_EL1 read',
    outcomes: AVAILABILITY,
    settings: [SETTING.tagging],
    tells: true,
    source: 'sys_regs.c, mte_visibility',
  },
  {
    id: 'memory-tagging/instruction',
    description: 'IRG',
    outcomes: INSTRUCTION,
    settings: [SETTING.tagging],
    tells: false,
    source: 'HCR_EL2.ATA: where the CPU has it, it is not trapped and gives a tag of 0 (Arm ARM D8.8)',
  },
];

const TIME: readonly BehaviourRow[] = [
  {
    id: 'timer/counters',
    description: 'CNTVCT_EL0 beside CNTPCT_EL0',
    outcomes: [
      { name: 'apart', value: 0, meaning: 'the virtual counter began with the VM, the physical one with the host' },
      { name: 'together', value: 1, meaning: 'one offset holds for both' },
    ],
    settings: [gives('counterOffset', 'together')],
    usual: 'apart',
    tells: true,
    source: 'arch_timer.c, kvm_vm_ioctl_set_counter_offset',
  },
  {
    id: 'timer/physical-timer',
    description: 'CNTP_CVAL_EL0 set to the past, the interrupt masked: ISTATUS of CNTP_CTL_EL0',
    outcomes: [
      { name: 'undefined', value: 0, meaning: 'the registers are undefined' },
      { name: 'silent', value: 1, meaning: 'the condition is not met' },
      { name: 'fires', value: 2, meaning: 'the condition is met' },
    ],
    settings: [],
    tells: false,
    source: 'arch_timer.c; sys_regs.c, access_arch_timer',
  },
  {
    id: 'timer/self-synchronizing',
    description: 'CNTVCTSS_EL0 read',
    outcomes: AVAILABILITY,
    settings: [],
    tells: false,
    source: 'sys_regs.c, access_arch_timer; FEAT_ECV',
  },
  {
    id: 'mmio/no-syndrome',
    description: 'a pair of registers loaded from where nothing is: the CPU gives no syndrome',
    outcomes: [
      { name: 'run-fails', value: 0, meaning: 'KVM_RUN fails with ENOSYS' },
      { name: 'vmm-asked', value: 1, meaning: 'KVM_EXIT_ARM_NISV: the VMM decides' },
      { name: 'external-abort', value: 2, meaning: 'the guest has an external abort' },
    ],
    settings: [gives('noSyndrome', 'vmm-asked')],
    usual: 'run-fails',
    tells: true,
    source: 'mmio.c, io_mem_abort; api.rst, KVM_EXIT_ARM_NISV',
  },
];

export const BEHAVIOURS: readonly BehaviourRow[] = [...GIC, ...REGISTERS, ...FIRMWARE, ...FEATURES, ...TIME];

const BY_WORD: ReadonlyMap<string, BehaviourRow> = new Map(BEHAVIOURS.map((row) => [behaviourWord(row.id), row]));

/** The row of a word `behaviour/ID`. */
export function behaviourTest(word: string): BehaviourRow | undefined {
  return BY_WORD.get(word);
}
