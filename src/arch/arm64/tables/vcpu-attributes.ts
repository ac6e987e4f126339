/**
 * The attributes of a vCPU (Documentation/virt/kvm/devices/vcpu.rst; numbers: arch/arm64/include/uapi/asm/kvm.h). A word
 * is `vcpu-attribute/NAME`.
 */
import type { Comparison, Kind } from '../../../model/index.ts';

export interface VcpuAttributeRow {
  readonly name: string;
  readonly group: number;
  readonly attribute: bigint;
  /** Bytes of the word's value as the attribute takes it; null where the attribute takes something else than the word. */
  readonly bytes: 4 | 8 | null;
  readonly area: 'timer' | 'pmu' | 'pvtime';
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly description: string;
  readonly source: string;
}

const GROUP = { pmu: 0, timer: 1, pvtime: 2 } as const;
const source = (section: string): string => `Documentation/virt/kvm/devices/vcpu.rst, ${section}`;

/** The number is part of the machine: the guest read it from its device tree or ACPI tables at boot. */
const timer = (name: string, attribute: bigint, description: string): VcpuAttributeRow => ({
  name: `KVM_ARM_VCPU_TIMER_IRQ_${name}`,
  group: GROUP.timer,
  attribute,
  bytes: 4,
  area: 'timer',
  kind: 'identity',
  comparison: 'exact',
  description,
  source: source('2.1'),
});

/** What a guest sees of it are the registers of the PMU, which are words of their own. */
const pmu = (name: string, attribute: bigint, section: string, description: string): VcpuAttributeRow => ({
  name: `KVM_ARM_VCPU_PMU_V3_${name}`,
  group: GROUP.pmu,
  attribute,
  bytes: null,
  area: 'pmu',
  kind: 'derived',
  comparison: 'none',
  description,
  source: source(section),
});

export const VCPU_ATTRIBUTES: readonly VcpuAttributeRow[] = [
  timer('VTIMER', 0n, "interrupt of EL1's virtual timer"),
  timer('PTIMER', 1n, "interrupt of EL1's physical timer"),
  timer('HVTIMER', 2n, "interrupt of EL2's virtual timer; only a guest with EL2 has it"),
  timer('HPTIMER', 3n, "interrupt of EL2's physical timer; only a guest with EL2 has it"),
  pmu('INIT', 1n, '1.2', 'finishes the set-up of the PMU'),
  pmu('FILTER', 2n, '1.3', 'events that are not counted; the guest sees fewer bits in PMCEID0_EL0 and PMCEID1_EL0'),
  pmu('SET_PMU', 3n, '1.4', 'the physical PMU behind the counters'),
  pmu('SET_NR_COUNTERS', 4n, '1.5', 'how many event counters there are; the guest sees PMCR_EL0.N'),
  {
    ...pmu('IRQ', 0n, '1.1', 'interrupt of counters that overflow; which one is the choice of the VMM'),
    bytes: 4,
    kind: 'topology',
  },
  {
    name: 'KVM_ARM_VCPU_PVTIME_IPA',
    group: GROUP.pvtime,
    attribute: 0n,
    // The attribute takes the address of the memory, which the VMM chooses; the word says that there is one.
    bytes: null,
    area: 'pvtime',
    kind: 'paravirtual',
    comparison: 'subset',
    description: 'steal time in shared memory (Arm DEN0057, PV_TIME_ST)',
    source: source('3.1'),
  },
];
