/**
 * MSRs that a guest reads besides those that KVM lists: what operating systems look at (Linux 7.3, arch/x86; Intel SDM
 * volume 4, table 2-2; AMD's Processor Programming References), whether KVM has them or not. A read that faults on one
 * kernel and not on another is a difference that no list shows.
 */
const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);

const ARCHITECTURAL: readonly number[] = [
  // Machine check addresses of the P5, platform id, power-on, feature control, TSC adjust.
  ...[0x0, 0x1, 0x10, 0x17, 0x1b, 0x2a, 0x3a, 0x3b],
  // Speculation control, microcode, core capabilities, bus frequency, platform information.
  ...[0x48, 0x49, 0x79, 0x8b, 0xcd, 0xce, 0xcf, 0xe1, 0xe2, 0xe7, 0xe8],
  // MTRR capabilities, architecture capabilities, flush, TSX control, microarchitectural options.
  ...[0xfe, 0x10a, 0x10b, 0x10f, 0x119, 0x11e, 0x122, 0x123, 0x140],
  // SYSENTER, machine check, debugging, performance and thermal state.
  ...[0x174, 0x175, 0x176, 0x179, 0x17a, 0x17b, 0x198, 0x199, 0x19a, 0x19b, 0x19c],
  ...[0x1a0, 0x1a2, 0x1a4, 0x1a6, 0x1aa, 0x1ad, 0x1b0, 0x1b1, 0x1b2, 0x1c4, 0x1c5, 0x1c8, 0x1c9, 0x1d9],
  ...range(0x1db, 0x1de),
  // MTRRs, PAT.
  ...range(0x200, 0x20f),
  ...[0x250, 0x258, 0x259, ...range(0x268, 0x26f), 0x277, 0x2ff],
  // Performance monitoring, first machine check bank.
  ...[0xc1, 0x186, 0x309, 0x345, 0x38d, 0x38e, 0x38f, 0x390, 0x3f1],
  ...range(0x400, 0x403),
  // VMX capabilities, power, processor trace, CET, deadline timer, hardware-controlled performance, XSS.
  ...range(0x480, 0x491),
  ...[0x560, 0x570, 0x606, 0x610, 0x611, 0x619, 0x620, 0x64f, 0x690],
  ...[0x6a0, 0x6a2, 0x6a4, 0x6a5, 0x6a6, 0x6a7, 0x6a8, 0x6e0, 0x6e1],
  ...[0x770, 0x771, 0x772, 0x773, 0x774, 0xc80, 0xd90, 0xda0],
  // x2APIC: version, with the APIC in xAPIC mode.
  0x803,
];

const LONG_MODE: readonly number[] = [
  0xc000_0080,
  ...range(0xc000_0081, 0xc000_0084),
  ...range(0xc000_0100, 0xc000_0104),
  ...[0xc000_0108, 0xc000_010e, 0xc000_010f, ...range(0xc000_0300, 0xc000_0302)],
];

const AMD: readonly number[] = [
  // Counters, system configuration, hardware configuration, top of memory, northbridge.
  ...[0xc001_0000, 0xc001_0004, 0xc001_0010, 0xc001_0015, 0xc001_001a, 0xc001_001d, 0xc001_001f, 0xc001_0020],
  ...[0xc001_0030, 0xc001_0055, 0xc001_0056, 0xc001_0058],
  // P-states, C-state address, SVM, OS visible workarounds, SEV.
  ...range(0xc001_0061, 0xc001_0064),
  ...[0xc001_0071, 0xc001_0073, 0xc001_0111, 0xc001_0112, 0xc001_0114, 0xc001_0117, 0xc001_011e, 0xc001_011f],
  ...[0xc001_0130, 0xc001_0131, 0xc001_0140, 0xc001_0141],
  // Extended counters, power, CPUID overrides, core configuration, instruction-based sampling.
  ...[0xc001_0200, 0xc001_0201, 0xc001_0299, 0xc001_029a, 0xc001_029b, 0xc001_02b0, 0xc001_02b3],
  ...range(0xc001_1002, 0xc001_1005),
  ...[0xc001_1020, 0xc001_1021, 0xc001_1022, 0xc001_1023, 0xc001_1028, 0xc001_1029, 0xc001_102a, 0xc001_102c],
  ...[0xc001_102d, 0xc001_10e3, 0xc001_1030, 0xc001_1033, 0xc001_103a, 0xc001_103b],
  // Machine check banks of Zen.
  ...range(0xc000_2000, 0xc000_2006),
  ...range(0xc000_0410, 0xc000_0413),
];

const PARAVIRTUAL: readonly number[] = [
  // KVM: the clock of old, and the range of Documentation/virt/kvm/x86/msr.rst.
  ...[0x11, 0x12, ...range(0x4b56_4d00, 0x4b56_4d08)],
  // Hyper-V: guest identity, hypercall page, VP index, clocks (TLFS, section 12 and others).
  ...range(0x4000_0000, 0x4000_0003),
  ...[0x4000_0010, 0x4000_0020, 0x4000_0021, 0x4000_0022, 0x4000_0023, 0x4000_0040, 0x4000_0070, 0x4000_0073],
];

export const OBSERVED_MSRS: readonly number[] = [...new Set([...ARCHITECTURAL, ...LONG_MODE, ...AMD, ...PARAVIRTUAL])];
