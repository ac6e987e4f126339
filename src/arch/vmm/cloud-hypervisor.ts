/**
 * What Cloud Hypervisor does: hypervisor/src/kvm of its repository (mod.rs with the MSRs of 2024 and later,
 * aarch64/gic/dist_regs.rs of commit 02f146fef81c). MSRs that KVM does not take are passed over with a warning; every
 * other failure ends the restore.
 */
import type { VmmProfile, VmmRow } from '../../model/index.ts';
import { CONFIGURED, HOST_FACTS, INSISTS, NOT_READ } from './patterns.ts';

const itself = (text: string): VmmRow['selects'] => ({ how: 'itself', text });
const SAVED = itself('from the saved state');
const SET = 'hypervisor/src/kvm/mod.rs, set_state';

const X86: readonly VmmRow[] = [
  HOST_FACTS,
  { words: ['cpuid/*'], selects: SAVED, ...INSISTS, source: `${SET}: KVM_SET_CPUID2 with the saved table` },
  { words: ['hyperv/*'], selects: { how: 'unknown' }, ...CONFIGURED, source: 'not read (--cpus kvm_hyperv=on)' },
  {
    words: ['msr/*'],
    selects: SAVED,
    saves: 'yes',
    lacking: 'drops',
    refused: 'ignores',
    source: `${SET}: "Detected faulty MSR" is a warning, and the next ones are set`,
  },
  {
    words: ['quirk/*'],
    selects: { how: 'never' },
    ...CONFIGURED,
    source: 'no file names KVM_CAP_DISABLE_QUIRKS2 (ae44c2971)',
  },
  {
    words: ['x2apic/USE_32BIT_IDS', 'x2apic/DISABLE_BROADCAST_QUIRK'],
    selects: { how: 'unknown' },
    ...CONFIGURED,
    source: 'KVM_CAP_X2APIC_API is used (ae44c2971); when was not read',
  },
  { words: ['x2apic/*', 'switch/*'], ...NOT_READ, ...CONFIGURED, source: 'not read' },
  { words: ['lapic/*', 'xsave*', 'xfeature*'], selects: SAVED, ...INSISTS, lacking: 'tolerates', source: SET },
  { words: ['tsc/*'], selects: SAVED, ...INSISTS, lacking: 'tolerates', source: `${SET}: set_tsc_khz` },
  { words: ['*'], ...NOT_READ, source: 'not read' },
];

const GIC = 'hypervisor/src/kvm/aarch64/gic';

const ARM64: readonly VmmRow[] = [
  { words: ['vcpu/*'], ...NOT_READ, ...CONFIGURED, source: 'not read' },
  HOST_FACTS,
  {
    words: ['vgic/v3/GICD_IIDR', 'vgic/v3/GICR_IIDR', 'vgic/v2/GICD_IIDR'],
    selects: { how: 'never' },
    ...CONFIGURED,
    source: `${GIC}/dist_regs.rs, VGIC_DIST_REGS: not among them`,
  },
  {
    words: ['vgic/its/GITS_IIDR'],
    selects: SAVED,
    ...INSISTS,
    source: `${GIC}/mod.rs (ae44c2971): saved and restored`,
  },
  { words: ['vgic/*'], selects: { how: 'unknown' }, ...INSISTS, source: GIC },
  {
    words: ['reg/*', 'cache/*'],
    selects: SAVED,
    ...INSISTS,
    source: `${SET} (aarch64): KVM_SET_ONE_REG of every register of the saved state`,
  },
  { words: ['switch/*'], ...NOT_READ, ...CONFIGURED, source: 'not read' },
  { words: ['*'], ...NOT_READ, source: 'not read' },
];

export const CLOUD_HYPERVISOR: VmmProfile = {
  name: 'cloud-hypervisor:2026',
  family: 'cloud-hypervisor',
  age: 0,
  read: 'repository files of 2024 to August 2026 (see src/arch/vmm/cloud-hypervisor.ts)',
  rollback: 'whether an older release loads the saved state of a newer one was not read',
  rows: { x86_64: X86, arm64: ARM64 },
  defaults: { x86_64: [], arm64: [] },
};
