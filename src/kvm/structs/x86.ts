/** Structs of the x86 interface. Source: arch/x86/include/uapi/asm/kvm.h. */
import { bytes, struct, u32, u64 } from '../struct.ts';
import type { Field, FlexibleArray, Struct } from '../struct.ts';

type U32 = Field<'u32'>;
type U64 = Field<'u64'>;
type Bytes = Field<'bytes'>;

type CpuidEntryFields = {
  function: U32;
  index: U32;
  flags: U32;
  eax: U32;
  ebx: U32;
  ecx: U32;
  edx: U32;
};

export const KVM_CPUID_ENTRY2: Struct<'kvm_cpuid_entry2', CpuidEntryFields> = struct('kvm_cpuid_entry2', 40, {
  function: u32(0),
  index: u32(4),
  flags: u32(8),
  eax: u32(12),
  ebx: u32(16),
  ecx: u32(20),
  edx: u32(24),
});

export const KVM_CPUID2: FlexibleArray<'kvm_cpuid2', { nent: U32; padding: U32 }, CpuidEntryFields> = {
  name: 'kvm_cpuid2',
  header: struct('kvm_cpuid2', 8, { nent: u32(0), padding: u32(4) }),
  entry: KVM_CPUID_ENTRY2,
  count: 'nent',
};

export const KVM_MSR_LIST: FlexibleArray<'kvm_msr_list', { nmsrs: U32 }, { index: U32 }> = {
  name: 'kvm_msr_list',
  header: struct('kvm_msr_list', 4, { nmsrs: u32(0) }),
  entry: struct('__u32', 4, { index: u32(0) }),
  count: 'nmsrs',
};

export const KVM_MSRS: FlexibleArray<'kvm_msrs', { nmsrs: U32; pad: U32 }, { index: U32; reserved: U32; data: U64 }> = {
  name: 'kvm_msrs',
  header: struct('kvm_msrs', 8, { nmsrs: u32(0), pad: u32(4) }),
  entry: struct('kvm_msr_entry', 16, { index: u32(0), reserved: u32(4), data: u64(8) }),
  count: 'nmsrs',
};

export const KVM_LAPIC_STATE: Struct<'kvm_lapic_state', { regs: Bytes }> = struct('kvm_lapic_state', 1024, {
  regs: bytes(0, 1024),
});

/** The 4096-byte form; KVM_GET_XSAVE2 fills as many bytes as KVM_CHECK_EXTENSION(KVM_CAP_XSAVE2) says. */
export const KVM_XSAVE: Struct<'kvm_xsave', { region: Bytes }> = struct('kvm_xsave', 4096, { region: bytes(0, 4096) });

export const KVM_REGS: Struct<
  'kvm_regs',
  {
    rax: U64;
    rbx: U64;
    rcx: U64;
    rdx: U64;
    rsi: U64;
    rdi: U64;
    rsp: U64;
    rbp: U64;
    rip: U64;
    rflags: U64;
  }
> = struct('kvm_regs', 144, {
  rax: u64(0),
  rbx: u64(8),
  rcx: u64(16),
  rdx: u64(24),
  rsi: u64(32),
  rdi: u64(40),
  rsp: u64(48),
  rbp: u64(56),
  rip: u64(128),
  rflags: u64(136),
});

/** Segments are carried as the kernel gave them (24 bytes each); only what a reset changes is named. */
export const KVM_SREGS: Struct<
  'kvm_sregs',
  { cs: Bytes; ds: Bytes; es: Bytes; ss: Bytes; cr0: U64; cr3: U64; cr4: U64; efer: U64; apic_base: U64 }
> = struct('kvm_sregs', 312, {
  cs: bytes(0, 24),
  ds: bytes(24, 24),
  es: bytes(48, 24),
  ss: bytes(120, 24),
  cr0: u64(224),
  cr3: u64(240),
  cr4: u64(248),
  efer: u64(264),
  apic_base: u64(272),
});

/**
 * struct kvm_msr_filter with the one range that Evenkeel uses of its sixteen; a range of 0 MSRs is none. `bitmap` is
 * an address: bit set allows, bit clear denies the operations of `rangeFlags`.
 */
export const KVM_MSR_FILTER: Struct<
  'kvm_msr_filter',
  { flags: U32; rangeFlags: U32; nmsrs: U32; base: U32; bitmap: U64 }
> = struct('kvm_msr_filter', 392, {
  flags: u32(0),
  rangeFlags: u32(8),
  nmsrs: u32(12),
  base: u32(16),
  bitmap: u64(24),
});

/** struct kvm_pmu_event_filter without events: `nevents` of 64 bits each would follow. */
export const KVM_PMU_EVENT_FILTER: Struct<
  'kvm_pmu_event_filter',
  { action: U32; nevents: U32; fixed_counter_bitmap: U32; flags: U32 }
> = struct('kvm_pmu_event_filter', 32, {
  action: u32(0),
  nevents: u32(4),
  fixed_counter_bitmap: u32(8),
  flags: u32(12),
});

/** struct kvm_xcrs with the one register that exists, XCR0 (`xcr` 0), of its sixteen. */
export const KVM_XCRS: Struct<'kvm_xcrs', { nr_xcrs: U32; flags: U32; xcr: U32; value: U64 }> = struct(
  'kvm_xcrs',
  392,
  { nr_xcrs: u32(0), flags: u32(4), xcr: u32(8), value: u64(16) },
);

/** A guest-physical address behind a pointer. */
export const KVM_IDENTITY_MAP: Struct<'__u64', { address: U64 }> = struct('__u64', 8, { address: u64(0) });

export const KVM_PIT_CONFIG: Struct<'kvm_pit_config', { flags: U32 }> = struct('kvm_pit_config', 64, {
  flags: u32(0),
});
