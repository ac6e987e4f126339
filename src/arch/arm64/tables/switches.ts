/**
 * What a VMM turns on for one VM or vCPU and no ioctl tells afterwards: a contract must carry it, because a destination
 * where nobody asks again behaves as by default. 0 is the default of each, and what kernels do that do not know it.
 */
import type { Comparison, Kind, Operation, Stage } from '../../../model/index.ts';

export interface SwitchRow {
  /** The word is `switch/NAME`. */
  readonly name: string;
  /** The section that tried it, and the capability or attribute there. */
  readonly section: 'vm' | 'vcpu-attributes';
  readonly tried: string;
  /** Bits of the word. */
  readonly width: 1 | 64;
  readonly call: 'KVM_ENABLE_CAP' | 'KVM_SET_DEVICE_ATTR' | 'KVM_ARM_SET_COUNTER_OFFSET';
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly until: Stage;
  /** What the guest sees. */
  readonly description: string;
  readonly source: string;
}

const api = (section: string): string => `Documentation/virt/kvm/api.rst, ${section}`;

/** A capability without an argument: that the call is made is the setting. */
const capability = (name: string): Pick<SwitchRow, 'name' | 'section' | 'tried' | 'width' | 'call' | 'until'> => ({
  name,
  section: 'vm',
  tried: `KVM_CAP_ARM_${name}`,
  width: 1,
  call: 'KVM_ENABLE_CAP',
  until: 'any-time',
});

const attribute = (name: string, tried: string): ReturnType<typeof capability> => ({
  name,
  section: 'vcpu-attributes',
  tried,
  width: 1,
  call: 'KVM_SET_DEVICE_ATTR',
  until: 'before-first-run',
});

/** The guest sees one behaviour or the other. */
const VISIBLE: Pick<SwitchRow, 'kind' | 'comparison'> = { kind: 'feature', comparison: 'exact' };
const PARAVIRTUAL: typeof VISIBLE = { kind: 'paravirtual', comparison: 'exact' };
/** Only the VMM notices. */
const INTERNAL: typeof VISIBLE = { kind: 'derived', comparison: 'none' };

export const SWITCHES: readonly SwitchRow[] = [
  {
    ...capability('NISV_TO_USER'),
    ...VISIBLE,
    description:
      'an access outside of memory whose syndrome does not describe it goes to the VMM; without it, KVM_RUN fails',
    source: api('KVM_EXIT_ARM_NISV'),
  },
  {
    ...capability('SYSTEM_SUSPEND'),
    ...PARAVIRTUAL,
    description: 'PSCI offers SYSTEM_SUSPEND',
    source: api('7.41'),
  },
  {
    ...capability('SEA_TO_USER'),
    ...VISIBLE,
    description: "a synchronous external abort of the host is the VMM's to inject; without it, KVM injects an SError",
    source: api('7.45'),
  },
  {
    ...capability('WRITABLE_IMP_ID_REGS'),
    ...INTERNAL,
    until: 'before-vcpu',
    description: 'MIDR_EL1, REVIDR_EL1 and AIDR_EL1 can be set; alone it changes none of them',
    source: api('7.42'),
  },
  {
    ...attribute('SMCCC_FILTER', 'KVM_ARM_VM_SMCCC_FILTER'),
    ...PARAVIRTUAL,
    description: 'some hypercalls are denied or answered by the VMM',
    source: 'Documentation/virt/kvm/devices/vm.rst, 6',
  },
  {
    ...attribute('PMU_EVENT_FILTER', 'KVM_ARM_VCPU_PMU_V3_FILTER'),
    ...VISIBLE,
    description: 'some events are not counted, and PMCEID does not show them',
    source: 'Documentation/virt/kvm/devices/vcpu.rst, 1.3',
  },
  {
    ...attribute('SET_PMU', 'KVM_ARM_VCPU_PMU_V3_SET_PMU'),
    ...VISIBLE,
    description: 'the VMM chose the physical PMU, and vCPUs run only on its CPUs',
    source: 'Documentation/virt/kvm/devices/vcpu.rst, 1.4',
  },
  {
    ...attribute('COUNTER_OFFSET', 'KVM_ARM_SET_COUNTER_OFFSET'),
    ...VISIBLE,
    width: 64,
    call: 'KVM_ARM_SET_COUNTER_OFFSET',
    until: 'any-time',
    description: 'what is subtracted from both counters; once it is set, writes of CNTVCT and CNTPCT do nothing',
    source: api('4.138'),
  },
];

/** How a plan turns it on; null where a value is more than a word holds, or is the VMM's own. */
export function switchOperation(row: SwitchRow): Operation | null {
  if (row.call !== 'KVM_ENABLE_CAP') return null;
  return { call: row.call, on: 'vm', capability: row.tried, argument: 0, bit: 0n, set: 1n };
}

/** The row of `switch/NAME`. */
export function switchRow(word: string): SwitchRow | undefined {
  return SWITCHES.find(({ name }) => word === `switch/${name}`);
}
