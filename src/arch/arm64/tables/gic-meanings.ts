/**
 * What the fields of the interrupt controllers' registers say, and what becomes of a guest that finds another value. Facts:
 * Arm IHI 0069 (GICv3, GICv4, ITS) chapters 12 and 13, IHI 0048 (GICv2) chapter 4; KVM's revisions: GICD_IIDR and GITS_IIDR
 * in Documentation/virt/kvm/devices/arm-vgic-v3.rst and arm-vgic-its.rst, arch/arm64/kvm/vgic/vgic-mmio-v3.c.
 */
import type { Symptom } from '../../../model/index.ts';

export interface GicMeaning {
  readonly text: string;
  readonly symptom: Symptom;
}

const fatal = (text: string, reason: string): GicMeaning => ({ text, symptom: { severity: 'fatal', reason } });
const degraded = (text: string, reason: string): GicMeaning => ({ text, symptom: { severity: 'degraded', reason } });
const minor = (text: string, reason: string): GicMeaning => ({ text, symptom: { severity: 'minor', reason } });

const STATE = 'it is state: lost, interrupts stop or come at the wrong time';
const READ_AT_BOOT = 'drivers read it when they start and do not look again';
const LOST_INTERRUPTS = 'interrupts that the guest set up can no longer be delivered or named';

/** By register and field, then by field alone. */
const MEANINGS: Readonly<Record<string, GicMeaning>> = {
  'GICD_IIDR/Revision': fatal(
    "KVM's revision of the distributor: 1 the guest cannot change interrupt groups, 2 it can, 3 it is told that it can turn LPIs off again",
    'IGROUPR, and what GICR_CTLR says, are otherwise than the guest found at boot: interrupts are lost or come as another kind',
  ),
  'GITS_IIDR/Revision': fatal(
    'layout of the ITS tables in guest memory',
    "another layout cannot be read from the guest's memory: restoring the tables fails",
  ),
  'GICR_IIDR/Revision': minor('revision of the redistributor, as GICD_IIDR', READ_AT_BOOT),
  'GICC_IIDR/Revision': minor('revision of the CPU interface', READ_AT_BOOT),
  'GICC_IIDR/Architecture': fatal('architecture of the CPU interface', 'registers are laid out otherwise'),
  'GICC_IIDR/ProductID': minor('product, chosen by KVM', READ_AT_BOOT),
  Implementer: minor('JEP106 code of who made it', READ_AT_BOOT),
  Revision: minor('revision', READ_AT_BOOT),
  Variant: minor('variant', READ_AT_BOOT),
  ProductID: minor('product, chosen by KVM', READ_AT_BOOT),
  ArchRev: fatal('architecture of the GIC: 3 is GICv3', 'another driver would be needed'),
  EnableGrp0: fatal('group 0 is forwarded', STATE),
  EnableGrp1: fatal('group 1 is forwarded', STATE),
  ARE: fatal('affinity routing', 'interrupts are routed by other registers'),
  DS: fatal('there is one security state', 'groups mean something else'),
  nASSGIreq: fatal('SGIs without an active state are wanted', STATE),
  ITLinesNumber: degraded('SPIs, in units of 32', LOST_INTERRUPTS),
  CPUNumber: degraded('CPUs, less one', LOST_INTERRUPTS),
  ESPI: degraded('extended SPIs', LOST_INTERRUPTS),
  ESPI_range: degraded('largest extended SPI', LOST_INTERRUPTS),
  LSPI: degraded('lockable SPIs', LOST_INTERRUPTS),
  NMI: fatal('interrupts that cannot be masked', 'an interrupt that must not wait is masked'),
  SecurityExtn: fatal('two security states', 'groups mean something else'),
  num_LPIs: fatal('LPIs, log2, where not told by IDbits', LOST_INTERRUPTS),
  MBIS: fatal('SPIs by message', LOST_INTERRUPTS),
  LPIS: fatal('LPIs', LOST_INTERRUPTS),
  DVIS: degraded('virtual LPIs can be injected', LOST_INTERRUPTS),
  IDbits: fatal('bits of an interrupt number, less one', LOST_INTERRUPTS),
  A3V: fatal('affinity level 3 can be other than 0', 'an SGI does not reach a CPU with such an affinity'),
  No1N: minor('SPIs cannot go to any CPU of a group', 'KVM delivers to one CPU in any case'),
  RSS: fatal('SGIs reach affinity level 0 from 16 on', 'an SGI does not reach such a CPU'),
  VID: degraded('bits of a virtual CPU number', 'only a hypervisor in the guest uses it'),
  VIL: degraded('limit of virtual CPU numbers', 'only a hypervisor in the guest uses it'),
  nASSGIcap: fatal(
    'SGIs without an active state are possible',
    'the guest turned them on, and they have an active state',
  ),
  EnableLPIs: fatal('LPIs are on', STATE),
  CES: fatal('EnableLPIs can be cleared', 'the guest cannot turn LPIs off where it was told that it can'),
  IR: fatal('LPIs can be invalidated by register', 'GICR_INVLPIR does nothing'),
  RWP: minor('a write is pending', 'KVM writes at once'),
  PLPIS: fatal('physical LPIs', LOST_INTERRUPTS),
  VLPIS: degraded('virtual LPIs', 'only a hypervisor in the guest uses them'),
  Dirty: degraded('virtual pending tables tell when they are valid', 'only a hypervisor in the guest uses it'),
  DirectLPI: fatal('LPIs without an ITS', LOST_INTERRUPTS),
  Last: fatal('the last redistributor of its region', 'the driver looks beyond the region, or stops too soon'),
  DPGS: minor('SPIs to any CPU can be disabled by group', 'KVM delivers to one CPU in any case'),
  Processor_Number: fatal('number by which an ITS names the CPU', 'LPIs go to another CPU'),
  CommonLPIAff: degraded('CPUs that share a configuration table', READ_AT_BOOT),
  PPInum: fatal('extended PPIs', LOST_INTERRUPTS),
  CBPR: fatal('one binary point for both groups', STATE),
  EOImode: fatal('priority drop and deactivation apart', STATE),
  PMHE: fatal('the priority mask is a hint for the distributor', STATE),
  PRIbits: fatal('priority bits, less one', 'priorities that the guest tells apart are one, and preemption fails'),
  SEIS: degraded('errors come as SError', READ_AT_BOOT),
  ExtRange: degraded('interrupt numbers from 1024 to 8191', LOST_INTERRUPTS),
  SRE: fatal('the CPU interface is system registers', 'its system registers become undefined'),
  DFB: minor('FIQ bypass disabled', 'KVM has no bypass'),
  DIB: minor('IRQ bypass disabled', 'KVM has no bypass'),
  Enabled: fatal('the ITS is on', STATE),
  Quiescent: minor('nothing is pending in the ITS', 'it follows from what the ITS does'),
  Physical: fatal('physical LPIs', LOST_INTERRUPTS),
  Virtual: degraded('virtual LPIs', 'only a hypervisor in the guest uses them'),
  CCT: degraded('collections count', READ_AT_BOOT),
  ITT_entry_size: fatal('bytes of a translation table entry, less one', 'tables in guest memory are too small'),
  ID_bits: fatal('bits of an event, less one', LOST_INTERRUPTS),
  Devbits: fatal('bits of a device id, less one', 'devices with larger ids have no interrupts'),
  PTA: fatal('redistributors are named by address', 'commands name another redistributor'),
  HCC: degraded('collections held in the ITS', READ_AT_BOOT),
  CIDbits: degraded('bits of a collection, less one', READ_AT_BOOT),
  CIL: degraded('the bits of a collection are told', READ_AT_BOOT),
  VMOVP: degraded('one VMOVP for all ITSs', 'only a hypervisor in the guest uses it'),
};

export function gicMeaning(register: string, field: string): GicMeaning | null {
  return MEANINGS[`${register}/${field}`] ?? MEANINGS[field] ?? null;
}
