/**
 * MSRs of units that a guest with the supported CPUID table does not have. Some kernels list them all the same (6.1
 * lists Intel's performance counters on AMD hosts) and answer 0; a guest that reads them gets #GP.
 */
import type { Surface } from '../../../model/index.ts';
import { readSection } from './reading.ts';

type Range = readonly [first: number, last: number];

/** Intel's architectural performance monitoring (SDM volume 4, table 2-2): there where CPUID 0xA has a version. */
const PERFORMANCE_MONITORING: readonly Range[] = [
  [0xc1, 0xce - 1],
  [0xd0, 0xd2],
  [0x186, 0x197],
  [0x309, 0x30c],
  [0x38d, 0x390],
  [0x3f1, 0x3f2],
  [0x600, 0x600],
];

/** MSRs that only Intel's CPUs have: FEAT_CTL, which switches VMX and SGX on. */
const INTEL_ONLY: readonly Range[] = [[0x3a, 0x3a]];

/** `GenuineIntel`, the first register. */
const INTEL_EBX = 0x756e_6547;

/** AMD's extended counters (APM volume 2, 13.2), announced by CPUID 0x80000001 ECX, perfctr_core. */
const EXTENDED_COUNTERS: readonly Range[] = [[0xc001_0200, 0xc001_020b]];
const PERFCTR_CORE = 1 << 23;

/** The TSC's ratio for nested guests (APM volume 2, 15.30.5), announced by CPUID 0x8000000A EDX, tscratemsr. */
const TSC_RATIO: readonly Range[] = [[0xc000_0104, 0xc000_0104]];
const TSC_RATE_MSR = 1 << 4;

/** Tells whether an MSR is of such a unit; nothing is where CPUID was not measured. */
export function idleMsrs(surface: Surface): (index: number) => boolean {
  const cpuid = readSection(surface, 'cpuid');
  if (cpuid.kind !== 'measured') return () => false;
  const read = (leaf: string, register: 'eax' | 'ebx' | 'ecx' | 'edx'): number =>
    Number(cpuid.data.supported.find((row) => row.leaf === leaf)?.[register] ?? '0x0');
  const idle = [
    ...((read('0xa', 'eax') & 0xff) === 0 ? PERFORMANCE_MONITORING : []),
    ...((read('0x80000001', 'ecx') & PERFCTR_CORE) === 0 ? EXTENDED_COUNTERS : []),
    ...((read('0x8000000a', 'edx') & TSC_RATE_MSR) === 0 ? TSC_RATIO : []),
    ...(read('0x0', 'ebx') === INTEL_EBX ? [] : INTEL_ONLY),
  ];
  return (index) => idle.some(([first, last]) => first <= index && index <= last);
}
