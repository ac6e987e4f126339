/** Structs that both architectures share. Source: include/uapi/linux/kvm.h. */
import { bytes, struct, u16, u32, u64 } from '../struct.ts';
import type { Field, Fields, FlexibleArray, Struct } from '../struct.ts';

type U32 = Field<'u32'>;
type U64 = Field<'u64'>;
type Bytes = Field<'bytes'>;

export const KVM_ENABLE_CAP_ARG: Struct<'kvm_enable_cap', { cap: U32; flags: U32; arg0: U64; arg1: U64 }> = struct(
  'kvm_enable_cap',
  104,
  { cap: u32(0), flags: u32(4), arg0: u64(8), arg1: u64(16) },
);

export const KVM_CREATE_DEVICE_ARG: Struct<'kvm_create_device', { type: U32; fd: U32; flags: U32 }> = struct(
  'kvm_create_device',
  12,
  { type: u32(0), fd: u32(4), flags: u32(8) },
);

export const KVM_DEVICE_ATTR: Struct<'kvm_device_attr', { flags: U32; group: U32; attr: U64; addr: U64 }> = struct(
  'kvm_device_attr',
  24,
  { flags: u32(0), group: u32(4), attr: u64(8), addr: u64(16) },
);

export const KVM_USERSPACE_MEMORY_REGION: Struct<
  'kvm_userspace_memory_region',
  { slot: U32; flags: U32; guest_phys_addr: U64; memory_size: U64; userspace_addr: U64 }
> = struct('kvm_userspace_memory_region', 32, {
  slot: u32(0),
  flags: u32(4),
  guest_phys_addr: u64(8),
  memory_size: u64(16),
  userspace_addr: u64(24),
});

export const KVM_ONE_REG: Struct<'kvm_one_reg', { id: U64; addr: U64 }> = struct('kvm_one_reg', 16, {
  id: u64(0),
  addr: u64(8),
});

/** KVM_MP_STATE_*: 0 runnable, 1 uninitialized, 3 halted on x86; 5 stopped on arm64. */
export const KVM_MP_STATE: Struct<'kvm_mp_state', { mp_state: U32 }> = struct('kvm_mp_state', 4, { mp_state: u32(0) });

const KVM_REG_LIST_HEADER: Struct<'kvm_reg_list', { n: U64 }> = struct('kvm_reg_list', 8, { n: u64(0) });
const REGISTER_ID: Struct<'__u64', { id: U64 }> = struct('__u64', 8, { id: u64(0) });

export const KVM_REG_LIST: FlexibleArray<'kvm_reg_list', { n: U64 }, { id: U64 }> = {
  name: 'kvm_reg_list',
  header: KVM_REG_LIST_HEADER,
  entry: REGISTER_ID,
  count: 'n',
};

/** The 128-byte header of the nested state; `size` is in bytes and counts the header. */
export const KVM_NESTED_STATE: Struct<
  'kvm_nested_state',
  { flags: Field<'u16'>; format: Field<'u16'>; size: U32; hdr: Bytes }
> = struct('kvm_nested_state', 128, { flags: u16(0), format: u16(2), size: u32(4), hdr: bytes(8, 120) });

/** The same 64 bytes on both architectures, with other fields: `structs/x86.ts`, `structs/arm64.ts`. */
export const KVM_VCPU_EVENTS: Struct<'kvm_vcpu_events'> = struct<'kvm_vcpu_events', Fields>('kvm_vcpu_events', 64, {});

/** `address_lo` and `data` as a device would write them. `devid` counts only with KVM_MSI_VALID_DEVID in `flags`. */
export const KVM_MSI: Struct<'kvm_msi', { address_lo: U32; address_hi: U32; data: U32; flags: U32; devid: U32 }> =
  struct('kvm_msi', 32, { address_lo: u32(0), address_hi: u32(4), data: u32(8), flags: u32(12), devid: u32(16) });

/** Entries of type KVM_IRQ_ROUTING_MSI (2) alone: others have other members behind `pad`. */
export const KVM_IRQ_ROUTING: FlexibleArray<
  'kvm_irq_routing',
  { nr: U32; flags: U32 },
  { gsi: U32; type: U32; flags: U32; address_lo: U32; address_hi: U32; data: U32 }
> = {
  name: 'kvm_irq_routing',
  header: struct('kvm_irq_routing', 8, { nr: u32(0), flags: u32(4) }),
  entry: struct('kvm_irq_routing_entry', 48, {
    gsi: u32(0),
    type: u32(4),
    flags: u32(8),
    address_lo: u32(16),
    address_hi: u32(20),
    data: u32(24),
  }),
  count: 'nr',
};
