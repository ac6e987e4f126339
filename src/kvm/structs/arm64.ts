/** Structs of the arm64 interface. Source: arch/arm64/include/uapi/asm/kvm.h. */
import { struct, u32, u64, u8 } from '../struct.ts';
import type { Field, Struct } from '../struct.ts';

type U32 = Field<'u32'>;
type U64 = Field<'u64'>;

/** `features` of seven words; KVM has given out bits of the first only, so the others stay zero. */
export const KVM_VCPU_INIT: Struct<'kvm_vcpu_init', { target: U32; features0: U32 }> = struct('kvm_vcpu_init', 32, {
  target: u32(0),
  features0: u32(4),
});

/** `addr` points at an array of 192 masks of 64 bits each (KVM_ARM_FEATURE_ID_RANGE_SIZE). */
export const REG_MASK_RANGE: Struct<'reg_mask_range', { addr: U64; range: U32 }> = struct('reg_mask_range', 64, {
  addr: u64(0),
  range: u32(8),
});

/** `reserved` must be zero, so it has no field here. */
export const KVM_ARM_COUNTER_OFFSET: Struct<'kvm_arm_counter_offset', { counter_offset: U64 }> = struct(
  'kvm_arm_counter_offset',
  16,
  { counter_offset: u64(0) },
);

/** KVM_GET_VCPU_EVENTS: its `exception`; what is behind it is reserved. */
export const KVM_ARM_VCPU_EVENTS: Struct<
  'kvm_vcpu_events',
  { serror_pending: Field<'u8'>; serror_has_esr: Field<'u8'>; ext_dabt_pending: Field<'u8'>; serror_esr: U64 }
> = struct('kvm_vcpu_events', 64, {
  serror_pending: u8(0),
  serror_has_esr: u8(1),
  ext_dabt_pending: u8(2),
  serror_esr: u64(8),
});
