/**
 * What Firecracker does: src/vmm of its repository, as of the 1.16 releases (x86_64/vcpu.rs of commit 0962fe0305c4 and
 * x86_64/msr.rs of 643349ad293f, aarch64/vcpu.rs of 05a32b1c2bf6, aarch64/gic/gicv3/regs of 074a6530a401). A snapshot
 * holds CPUID, MSRs and every register that KVM lists; each is written back, and any failure ends the restore.
 */
import type { VmmProfile, VmmRow } from '../../model/index.ts';
import { CONFIGURED, HOST_FACTS, INSISTS, NOT_READ, msrs } from './patterns.ts';

const itself = (text: string): VmmRow['selects'] => ({ how: 'itself', text });
const template = (text: string): VmmRow['selects'] => ({ how: 'property', text });
const SAVED = itself('from the snapshot');
const RESTORE = 'src/vmm/src/arch/x86_64/vcpu.rs, restore_state';

/** SERIALIZABLE_MSR_RANGES, and what msrs_to_save_by_cpuid adds (MTRRs, machine check banks, BNDCFGS). */
const SAVED_MSRS: readonly string[] = msrs(
  [0x0, 0x1],
  0x10,
  0x17,
  0x1b,
  [0x2a, 0x2c],
  0x34,
  [0x3a, 0x3b],
  [0x48, 0x49],
  0x79,
  0x8b,
  0x9e,
  [0xcd, 0xce],
  0xe2,
  [0xe7, 0xe8],
  0xfe,
  0x11e,
  [0x174, 0x176],
  [0x179, 0x17a],
  0x198,
  0x1a0,
  0x1a4,
  [0x1aa, 0x1ae],
  0x1d9,
  [0x1db, 0x1de],
  0x1fc,
  [0x200, 0x2ff],
  [0x3fc, 0x3fe],
  [0x400, 0x47f],
  0x6e0,
  [0x4b56_4d00, 0x4b56_4d06],
  [0xc0000080, 0xc0000084],
  [0xc0000100, 0xc0000103],
  0x140,
  0xc0010015,
  0x122,
  0xd90,
);

const X86: readonly VmmRow[] = [
  HOST_FACTS,
  {
    words: ['cpuid/*'],
    selects: template('a CPU template (cpuid_modifiers), or from the snapshot'),
    ...INSISTS,
    source: `${RESTORE}: KVM_SET_CPUID2 with the table of the snapshot`,
  },
  {
    words: ['hyperv/*'],
    selects: { how: 'never' },
    ...CONFIGURED,
    source: 'src/vmm asks KVM for nothing of Hyper-V; msr.rs says so where it leaves its MSRs out of dumps',
  },
  { words: SAVED_MSRS, selects: SAVED, ...INSISTS, source: `${RESTORE}, VcpuSetMsrsIncomplete; msr.rs` },
  {
    words: msrs(0x11, 0x12),
    selects: SAVED,
    saves: 'yes',
    lacking: 'tolerates',
    refused: 'fails',
    source: "msr.rs: KVM's clock is saved under its second numbers, which stand for the same",
  },
  {
    words: msrs(0x10a, 0x345, [0x480, 0x491], 0xc0011029),
    selects: template('a CPU template (msr_modifiers), or from the snapshot where the template has it'),
    ...INSISTS,
    source: 'src/vmm/src/arch/x86_64/vcpu.rs, configure_msrs_for_boot: MSRs of a template are saved from then on',
  },
  {
    words: ['msr/HV_X64_MSR_*', ...msrs([0x4000_0000, 0x4000_0118])],
    selects: { how: 'never' },
    saves: 'never-given',
    lacking: 'tolerates',
    refused: 'fails',
    source: 'no guest has Hyper-V interfaces',
  },
  {
    words: msrs([0x4b56_4d07, 0x4b56_4dff]),
    selects: SAVED,
    ...INSISTS,
    source: "pull request 5738, merged in March 2026: the whole range of KVM's own MSRs",
  },
  {
    words: msrs(0xda0),
    selects: SAVED,
    ...INSISTS,
    source: 'pull request 5972, merged in June 2026: saved since 1.16.1, and lost with a snapshot of 1.16.0',
  },
  { words: ['msr/*'], selects: { how: 'never' }, saves: 'no', lacking: 'drops', refused: 'fails', source: 'msr.rs' },
  {
    words: ['quirk/*', 'x2apic/*'],
    selects: { how: 'never' },
    ...CONFIGURED,
    source: 'no file under src/vmm names KVM_CAP_DISABLE_QUIRKS2 or KVM_CAP_X2APIC_API (81b38b9da)',
  },
  {
    words: ['switch/*'],
    selects: { how: 'never' },
    ...CONFIGURED,
    source:
      'src/vmm/src/arch/x86_64/kvm.rs, vm.rs and vcpu.rs, src/vmm/src/vstate/vm.rs: a VM is made without KVM_ENABLE_CAP and without a filter of MSRs or of PMU events',
  },
  { words: ['lapic/*', 'xsave*', 'xfeature*'], selects: SAVED, ...INSISTS, lacking: 'tolerates', source: RESTORE },
  {
    words: ['tsc/*'],
    selects: SAVED,
    saves: 'yes',
    lacking: 'tolerates',
    refused: 'fails',
    source: 'src/vmm/src/arch/x86_64/vcpu.rs, is_tsc_scaling_required and set_tsc_khz',
  },
  { words: ['*'], ...NOT_READ, source: 'not read' },
];

const GIC = 'src/vmm/src/arch/aarch64/gic/gicv3/regs';

const ARM64: readonly VmmRow[] = [
  {
    words: ['vcpu/PSCI_0_2'],
    selects: itself('always'),
    ...CONFIGURED,
    source: 'src/vmm/src/arch/aarch64/vcpu.rs, default_kvi',
  },
  {
    words: ['vcpu/*'],
    selects: template('a CPU template (vcpu_features), or from the snapshot'),
    ...CONFIGURED,
    source: 'src/vmm/src/arch/aarch64/vcpu.rs, restore_state: the features of the snapshot',
  },
  HOST_FACTS,
  {
    words: [
      'vgic/v3/GICD_IIDR',
      'vgic/v3/GICR_IIDR',
      'vgic/v2/GICD_IIDR',
      'vgic/v3/GICD_TYPER',
      'vgic/v3/GICD_TYPER2',
      'vgic/v3/GICD_PIDR2',
    ],
    selects: { how: 'never' },
    ...CONFIGURED,
    source: `${GIC}/dist_regs.rs, VGIC_DIST_REGS: not among them`,
  },
  { words: ['vgic/v3/GICD_CTLR'], selects: SAVED, ...INSISTS, source: `${GIC}/dist_regs.rs, VGIC_DIST_REGS` },
  { words: ['vgic/its/GITS_IIDR'], selects: SAVED, ...INSISTS, source: `${GIC}/its_regs.rs` },
  { words: ['vgic/*'], selects: { how: 'unknown' }, ...INSISTS, source: GIC },
  {
    words: ['reg/MIDR_EL1', 'reg/REVIDR_EL1', 'reg/AIDR_EL1'],
    selects: {
      how: 'insists',
      text: 'KVM answers EINVAL without KVM_CAP_ARM_WRITABLE_IMP_ID_REGS, which it does not ask for',
    },
    ...INSISTS,
    source:
      'src/vmm/src/arch/aarch64/vcpu.rs, set_register; pull request 6116 (August 2026) asks for it, and is in no 1.16',
  },
  {
    words: ['reg/*', 'cache/*', 'sve/*'],
    selects: template('a CPU template (reg_modifiers), or from the snapshot'),
    ...INSISTS,
    source: 'src/vmm/src/arch/aarch64/vcpu.rs, set_register for each register of the snapshot',
  },
  {
    words: ['switch/NISV_TO_USER', 'switch/SYSTEM_SUSPEND', 'switch/SEA_TO_USER', 'switch/WRITABLE_IMP_ID_REGS'],
    selects: { how: 'never' },
    ...CONFIGURED,
    source:
      'src/vmm/src/arch/aarch64/vm.rs (0512e4910): KVM_ENABLE_CAP is made for KVM_CAP_ARM_WRITABLE_IMP_ID_REGS alone, and before pull request 6116 (August 2026) for nothing',
  },
  { words: ['switch/*'], ...NOT_READ, ...CONFIGURED, source: 'not read' },
  { words: ['*'], ...NOT_READ, source: 'not read' },
];

export const FIRECRACKER: VmmProfile = {
  name: 'firecracker:1.16',
  family: 'firecracker',
  age: 0,
  read: 'repository files of 2026 (see src/arch/vmm/firecracker.ts)',
  rollback: 'its documents: a snapshot is restored on the same or a newer host kernel, not on an older one',
  rows: { x86_64: X86, arm64: ARM64 },
  defaults: {
    x86_64: [{ words: ['hyperv/*'], value: 0n, source: 'no file under src/vmm asks KVM for Hyper-V' }],
    arm64: [],
  },
};
