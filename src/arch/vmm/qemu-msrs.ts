/**
 * Which MSRs a QEMU saves and writes back: kvm_get_msrs and kvm_put_msrs, target/i386/kvm/kvm.c (5.2: target/i386/kvm.c).
 */
import { msrs } from './patterns.ts';
import type { QemuVersion } from './qemu-version.ts';

/**
 * Written whatever the host lists, some of them where the guest's CPUID says so; the guest's features and its PMU then
 * stand behind the condition, which is the same on both sides.
 */
const ALWAYS: readonly string[] = msrs(
  [0x174, 0x176], // SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP
  0x277, // PAT
  0x10, // TSC
  [0xc0000082, 0xc0000084], // LSTAR, CSTAR, FMASK
  0xc0000102, // KERNEL_GS_BASE
  [0x11, 0x12], // KVM's clock, under its first numbers
  [0x4b56_4d02, 0x4b56_4d06], // asynchronous page faults, stolen time, end of interrupt, polling
  [0x38d, 0x390], // fixed counters' control, global control, status, overflow
  [0x309, 0x30b], // fixed counters
  [0xc1, 0xc8], // general counters
  [0x186, 0x18d], // event selectors
  [0x17a, 0x17b], // MCG_STATUS, MCG_CTL
  [0x400, 0x47f], // machine check banks
  [0x200, 0x20f], // MTRRs, variable
  0x250,
  [0x258, 0x259],
  [0x268, 0x26f],
  0x2ff, // MTRRs, fixed and default
  [0x560, 0x561],
  [0x570, 0x572],
  [0x580, 0x587], // Processor Trace
  [0x4000_0000, 0x4000_0001], // Hyper-V's guest id and hypercall page
  0x4000_0021,
  0x4000_0073,
  [0x4000_0106, 0x4000_0108],
  [0x4000_0080, 0x4000_0083],
  [0x4000_0090, 0x4000_009f],
);

/** SGX launch keys, XFD, architectural LBRs: not known to 5.2. */
const ALWAYS_SINCE_7_2: readonly string[] = msrs(
  [0x8c, 0x8f],
  [0x1c4, 0x1c5],
  [0x14ce, 0x14cf],
  [0x1500, 0x151f],
  [0x1600, 0x161f],
  [0x1200, 0x121f],
);

/** FRED. */
const ALWAYS_SINCE_10_0: readonly string[] = msrs([0x1cc, 0x1d4]);

/** Written where KVM_GET_MSR_INDEX_LIST of the host has them, and silently left out where it has not. */
const LISTED: readonly string[] = msrs(
  0xc0000081, // STAR
  0xc0010117, // VM_HSAVE_PA
  0xc0000103, // TSC_AUX
  0x3b, // TSC_ADJUST
  0x6e0, // TSC_DEADLINE
  0x1a0, // MISC_ENABLE
  0x9e, // SMBASE
  0x34, // SMI_COUNT
  0x3a, // FEATURE_CONTROL
  0x4d0, // MCG_EXT_CTL
  0xd90, // BNDCFGS
  0xda0, // XSS
  0xe1, // UMWAIT_CONTROL
  0x48, // SPEC_CTRL
  0x122, // TSX_CTRL
  0xc001011f, // VIRT_SPEC_CTRL
  [0x4000_0100, 0x4000_0105], // Hyper-V's crash registers
  0x4000_0010, // VP_RUNTIME
  0x4000_0002, // VP_INDEX
  [0x4000_00b0, 0x4000_00b7], // synthetic timers
);

/** PKRS and the TSC's ratio for nested guests. */
const LISTED_SINCE_7_2: readonly string[] = msrs(0x6e1, 0xc0000104);

/** HWCR. */
const LISTED_SINCE_10_0: readonly string[] = msrs(0xc0010015);

export function QEMU_MSRS_ALWAYS(version: QemuVersion): readonly string[] {
  return since(version, ALWAYS, ALWAYS_SINCE_7_2, ALWAYS_SINCE_10_0);
}

export function QEMU_MSRS_LISTED(version: QemuVersion): readonly string[] {
  return since(version, LISTED, LISTED_SINCE_7_2, LISTED_SINCE_10_0);
}

/** What 10.0 saves 11.1 does too: it has 10.0's machine types, whose saved state has to load. */
function since(
  version: QemuVersion,
  first: readonly string[],
  later: readonly string[],
  last: readonly string[],
): readonly string[] {
  switch (version) {
    case '5.2':
      return first;
    case '7.2':
      return [...first, ...later];
    case '10.0':
    case '11.1':
      return [...first, ...later, ...last];
  }
}

/** EFER, the APIC's base, segment bases; KVM's clock under its second numbers; what Hyper-V's clock shows. */
export const QEMU_MSRS_OF_OTHER_STATE: readonly string[] = msrs(
  0x1b,
  0xc0000080,
  [0xc0000100, 0xc0000101],
  [0x4b56_4d00, 0x4b56_4d01],
  0x4000_0020,
  [0x4000_0022, 0x4000_0023],
  // Writing it says that a page is ready was seen; it holds nothing.
  0x4b56_4d07,
  // Writing it resets the guest; it reads 0.
  0x4000_0003,
);

/** Invariant TSC control and the synthetic debugger's registers but its options. */
export const QEMU_MSRS_NEVER_GIVEN: readonly string[] = msrs(0x4000_0118, [0x4000_00f1, 0x4000_00ff]);
