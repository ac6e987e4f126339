/**
 * Names of MSRs that Linux computes from a base, or calls after another CPU's register of that number; they count before
 * the generated ones. The numbers: Intel SDM volume 4, table 2-2 (counters and their selectors); kvm/hyperv.h of Linux 7.3
 * (synthetic debugger).
 */
const row = (first: number, names: readonly string[]): (readonly [index: number, name: string])[] =>
  names.map((name, at) => [first + at, name] as const);

const numbered = (count: number, from: number, prefix: string): string[] =>
  Array.from({ length: count }, (_, at) => `${prefix}${from + at}`);

export const COMPUTED_MSR_NAMES: readonly (readonly [index: number, name: string])[] = [
  ...row(0xc1, numbered(12, 0, 'MSR_IA32_PERFCTR')),
  ...row(0xd0, numbered(3, 15, 'MSR_IA32_PERFCTR')),
  // msr-index.h has the Pentium 4's MCG_EBP and its neighbours here.
  ...row(0x186, numbered(18, 0, 'MSR_IA32_PERFEVTSEL')),
  [0x493, 'MSR_IA32_VMX_EXIT_CTLS2'],
  [0x400000f1, 'HV_X64_MSR_SYNDBG_CONTROL'],
  [0x400000f2, 'HV_X64_MSR_SYNDBG_STATUS'],
  [0x400000f3, 'HV_X64_MSR_SYNDBG_SEND_BUFFER'],
  [0x400000f4, 'HV_X64_MSR_SYNDBG_RECV_BUFFER'],
  [0x400000f5, 'HV_X64_MSR_SYNDBG_PENDING_BUFFER'],
  [0x400000ff, 'HV_X64_MSR_SYNDBG_OPTIONS'],
  // Selector and counter take turns.
  ...Array.from({ length: 6 }, (_, at) =>
    row(0xc001_0200 + 2 * at, [`MSR_F15H_PERF_CTL${at}`, `MSR_F15H_PERF_CTR${at}`]),
  ).flat(),
];
