/**
 * The ioctl table: one row an ioctl. Numbers and directions: include/uapi/linux/kvm.h; which fd takes it and which
 * capability announces it: Documentation/virt/kvm/api.rst. A test holds the request codes against the kernel's
 * headers.
 */
import type { Architecture, Argument, Direction, FdKind, Ioctl } from './ioctl.ts';
import type { Fields, FlexibleArray, Struct } from './struct.ts';
import {
  KVM_CREATE_DEVICE_ARG,
  KVM_DEVICE_ATTR,
  KVM_ENABLE_CAP_ARG,
  KVM_IRQ_ROUTING,
  KVM_MP_STATE,
  KVM_MSI,
  KVM_NESTED_STATE,
  KVM_ONE_REG,
  KVM_REG_LIST,
  KVM_USERSPACE_MEMORY_REGION,
  KVM_VCPU_EVENTS,
} from './structs/common.ts';
import { KVM_ARM_COUNTER_OFFSET, KVM_VCPU_INIT, REG_MASK_RANGE } from './structs/arm64.ts';
import {
  KVM_CPUID2,
  KVM_IDENTITY_MAP,
  KVM_LAPIC_STATE,
  KVM_MSR_FILTER,
  KVM_MSR_LIST,
  KVM_MSRS,
  KVM_PIT_CONFIG,
  KVM_PMU_EVENT_FILTER,
  KVM_REGS,
  KVM_SREGS,
  KVM_XCRS,
  KVM_XSAVE,
} from './structs/x86.ts';
import {
  KVM_CLOCK_DATA,
  KVM_DEBUGREGS,
  KVM_FPU,
  KVM_IRQCHIP,
  KVM_PIT_STATE2,
  SREGS2_STATE,
} from './structs/x86-state.ts';

type None = { readonly kind: 'none' };
type Integer = { readonly kind: 'integer' };
type PointerToInt = { readonly kind: 'pointer-to-int' };
type Of<S extends Struct<string, Fields>> = { readonly kind: 'struct'; readonly layout: S };
type ArrayOf<S extends FlexibleArray> = { readonly kind: 'flexible'; readonly layout: S };

const none: None = { kind: 'none' };
const integer: Integer = { kind: 'integer' };
const pointerToInt: PointerToInt = { kind: 'pointer-to-int' };
const of = <S extends Struct<string, Fields>>(layout: S): Of<S> => ({ kind: 'struct', layout });
const arrayOf = <S extends FlexibleArray>(layout: S): ArrayOf<S> => ({ kind: 'flexible', layout });

interface Needs {
  readonly architecture?: Architecture;
  readonly capability?: string;
}

function row<On extends FdKind, A extends Argument>(
  name: string,
  on: readonly On[],
  number: number,
  direction: Direction,
  argument: A,
  needs: Needs = {},
): Ioctl<On, A> {
  // Every kind of the list becomes a key, and the list has no others.
  const kinds = Object.fromEntries(on.map((kind) => [kind, true])) as Record<On, true>;
  return { name, on: kinds, number, direction, argument, ...needs };
}

const x86 = { architecture: 'x86_64' } as const;
const arm64 = { architecture: 'arm64' } as const;

// System fd
export const KVM_GET_API_VERSION: Ioctl<'kvm', None> = row('KVM_GET_API_VERSION', ['kvm'], 0x00, 'none', none);
export const KVM_CREATE_VM: Ioctl<'kvm', Integer> = row('KVM_CREATE_VM', ['kvm'], 0x01, 'none', integer);
export const KVM_CHECK_EXTENSION: Ioctl<'kvm' | 'vm', Integer> = row('KVM_CHECK_EXTENSION', ['kvm', 'vm'], 0x03, 'none', integer);
export const KVM_GET_VCPU_MMAP_SIZE: Ioctl<'kvm', None> = row('KVM_GET_VCPU_MMAP_SIZE', ['kvm'], 0x04, 'none', none);
export const KVM_GET_MSR_INDEX_LIST: Ioctl<'kvm', ArrayOf<typeof KVM_MSR_LIST>> = row('KVM_GET_MSR_INDEX_LIST', ['kvm'], 0x02, 'readwrite', arrayOf(KVM_MSR_LIST), x86);
export const KVM_GET_SUPPORTED_CPUID: Ioctl<'kvm', ArrayOf<typeof KVM_CPUID2>> = row('KVM_GET_SUPPORTED_CPUID', ['kvm'], 0x05, 'readwrite', arrayOf(KVM_CPUID2), { ...x86, capability: 'KVM_CAP_EXT_CPUID' });
export const KVM_GET_EMULATED_CPUID: Ioctl<'kvm', ArrayOf<typeof KVM_CPUID2>> = row('KVM_GET_EMULATED_CPUID', ['kvm'], 0x09, 'readwrite', arrayOf(KVM_CPUID2), { ...x86, capability: 'KVM_CAP_EXT_EMUL_CPUID' });
export const KVM_GET_MSR_FEATURE_INDEX_LIST: Ioctl<'kvm', ArrayOf<typeof KVM_MSR_LIST>> = row('KVM_GET_MSR_FEATURE_INDEX_LIST', ['kvm'], 0x0a, 'readwrite', arrayOf(KVM_MSR_LIST), { ...x86, capability: 'KVM_CAP_GET_MSR_FEATURES' });
export const KVM_GET_SUPPORTED_HV_CPUID: Ioctl<'kvm' | 'vcpu', ArrayOf<typeof KVM_CPUID2>> = row('KVM_GET_SUPPORTED_HV_CPUID', ['kvm', 'vcpu'], 0xc1, 'readwrite', arrayOf(KVM_CPUID2), { ...x86, capability: 'KVM_CAP_HYPERV_CPUID' });

// VM fd
export const KVM_CREATE_VCPU: Ioctl<'vm', Integer> = row('KVM_CREATE_VCPU', ['vm'], 0x41, 'none', integer);
export const KVM_SET_USER_MEMORY_REGION: Ioctl<'vm', Of<typeof KVM_USERSPACE_MEMORY_REGION>> = row('KVM_SET_USER_MEMORY_REGION', ['vm'], 0x46, 'write', of(KVM_USERSPACE_MEMORY_REGION), { capability: 'KVM_CAP_USER_MEMORY' });
export const KVM_SET_IDENTITY_MAP_ADDR: Ioctl<'vm', Of<typeof KVM_IDENTITY_MAP>> = row('KVM_SET_IDENTITY_MAP_ADDR', ['vm'], 0x48, 'write', of(KVM_IDENTITY_MAP), { ...x86, capability: 'KVM_CAP_SET_IDENTITY_MAP_ADDR' });
export const KVM_CREATE_PIT2: Ioctl<'vm', Of<typeof KVM_PIT_CONFIG>> = row('KVM_CREATE_PIT2', ['vm'], 0x77, 'write', of(KVM_PIT_CONFIG), { ...x86, capability: 'KVM_CAP_PIT2' });
export const KVM_SET_TSS_ADDR: Ioctl<'vm', Integer> = row('KVM_SET_TSS_ADDR', ['vm'], 0x47, 'none', integer, { ...x86, capability: 'KVM_CAP_SET_TSS_ADDR' });
export const KVM_CREATE_IRQCHIP: Ioctl<'vm', None> = row('KVM_CREATE_IRQCHIP', ['vm'], 0x60, 'none', none, { capability: 'KVM_CAP_IRQCHIP' });
export const KVM_GET_IRQCHIP: Ioctl<'vm', Of<typeof KVM_IRQCHIP>> = row('KVM_GET_IRQCHIP', ['vm'], 0x62, 'readwrite', of(KVM_IRQCHIP), { ...x86, capability: 'KVM_CAP_IRQCHIP' });
/** Declared as one that the kernel writes to (_IOR), and the kernel reads from it. */
export const KVM_SET_IRQCHIP: Ioctl<'vm', Of<typeof KVM_IRQCHIP>> = row('KVM_SET_IRQCHIP', ['vm'], 0x63, 'read', of(KVM_IRQCHIP), { ...x86, capability: 'KVM_CAP_IRQCHIP' });
export const KVM_GET_PIT2: Ioctl<'vm', Of<typeof KVM_PIT_STATE2>> = row('KVM_GET_PIT2', ['vm'], 0x9f, 'read', of(KVM_PIT_STATE2), { ...x86, capability: 'KVM_CAP_PIT_STATE2' });
export const KVM_SET_PIT2: Ioctl<'vm', Of<typeof KVM_PIT_STATE2>> = row('KVM_SET_PIT2', ['vm'], 0xa0, 'write', of(KVM_PIT_STATE2), { ...x86, capability: 'KVM_CAP_PIT_STATE2' });
export const KVM_GET_CLOCK: Ioctl<'vm', Of<typeof KVM_CLOCK_DATA>> = row('KVM_GET_CLOCK', ['vm'], 0x7c, 'read', of(KVM_CLOCK_DATA), { ...x86, capability: 'KVM_CAP_ADJUST_CLOCK' });
export const KVM_SET_CLOCK: Ioctl<'vm', Of<typeof KVM_CLOCK_DATA>> = row('KVM_SET_CLOCK', ['vm'], 0x7b, 'write', of(KVM_CLOCK_DATA), { ...x86, capability: 'KVM_CAP_ADJUST_CLOCK' });
export const KVM_SET_GSI_ROUTING: Ioctl<'vm', ArrayOf<typeof KVM_IRQ_ROUTING>> = row('KVM_SET_GSI_ROUTING', ['vm'], 0x6a, 'write', arrayOf(KVM_IRQ_ROUTING), { capability: 'KVM_CAP_IRQ_ROUTING' });
/** Returns how many vCPUs took the interrupt; 0 where the guest did not accept it. */
export const KVM_SIGNAL_MSI: Ioctl<'vm', Of<typeof KVM_MSI>> = row('KVM_SIGNAL_MSI', ['vm'], 0xa5, 'write', of(KVM_MSI), { capability: 'KVM_CAP_SIGNAL_MSI' });
export const KVM_ENABLE_CAP: Ioctl<'vm' | 'vcpu', Of<typeof KVM_ENABLE_CAP_ARG>> = row('KVM_ENABLE_CAP', ['vm', 'vcpu'], 0xa3, 'write', of(KVM_ENABLE_CAP_ARG), { capability: 'KVM_CAP_ENABLE_CAP' });
export const KVM_SET_TSC_KHZ: Ioctl<'vm' | 'vcpu', Integer> = row('KVM_SET_TSC_KHZ', ['vm', 'vcpu'], 0xa2, 'none', integer, { ...x86, capability: 'KVM_CAP_TSC_CONTROL' });
export const KVM_GET_TSC_KHZ: Ioctl<'vm' | 'vcpu', None> = row('KVM_GET_TSC_KHZ', ['vm', 'vcpu'], 0xa3, 'none', none, { ...x86, capability: 'KVM_CAP_GET_TSC_KHZ' });
export const KVM_X86_SET_MSR_FILTER: Ioctl<'vm', Of<typeof KVM_MSR_FILTER>> = row('KVM_X86_SET_MSR_FILTER', ['vm'], 0xc6, 'write', of(KVM_MSR_FILTER), { ...x86, capability: 'KVM_CAP_X86_MSR_FILTER' });
export const KVM_SET_PMU_EVENT_FILTER: Ioctl<'vm', Of<typeof KVM_PMU_EVENT_FILTER>> = row('KVM_SET_PMU_EVENT_FILTER', ['vm'], 0xb2, 'write', of(KVM_PMU_EVENT_FILTER), { ...x86, capability: 'KVM_CAP_PMU_EVENT_FILTER' });
export const KVM_ARM_PREFERRED_TARGET: Ioctl<'vm', Of<typeof KVM_VCPU_INIT>> = row('KVM_ARM_PREFERRED_TARGET', ['vm'], 0xaf, 'read', of(KVM_VCPU_INIT), arm64);
export const KVM_ARM_GET_REG_WRITABLE_MASKS: Ioctl<'vm', Of<typeof REG_MASK_RANGE>> = row('KVM_ARM_GET_REG_WRITABLE_MASKS', ['vm'], 0xb6, 'read', of(REG_MASK_RANGE), { ...arm64, capability: 'KVM_CAP_ARM_SUPPORTED_REG_MASK_RANGES' });
export const KVM_ARM_SET_COUNTER_OFFSET: Ioctl<'vm', Of<typeof KVM_ARM_COUNTER_OFFSET>> = row('KVM_ARM_SET_COUNTER_OFFSET', ['vm'], 0xb5, 'write', of(KVM_ARM_COUNTER_OFFSET), { ...arm64, capability: 'KVM_CAP_COUNTER_OFFSET' });
export const KVM_CREATE_DEVICE: Ioctl<'vm', Of<typeof KVM_CREATE_DEVICE_ARG>> = row('KVM_CREATE_DEVICE', ['vm'], 0xe0, 'readwrite', of(KVM_CREATE_DEVICE_ARG), { capability: 'KVM_CAP_DEVICE_CTRL' });

// Device attributes: of a device, of a vCPU, of a VM, and on x86 of the system fd
const ATTRIBUTES = of(KVM_DEVICE_ATTR);
export const KVM_SET_DEVICE_ATTR: Ioctl<'vm' | 'vcpu' | 'device', Of<typeof KVM_DEVICE_ATTR>> = row('KVM_SET_DEVICE_ATTR', ['vm', 'vcpu', 'device'], 0xe1, 'write', ATTRIBUTES, { capability: 'KVM_CAP_DEVICE_CTRL' });
export const KVM_GET_DEVICE_ATTR: Ioctl<FdKind, Of<typeof KVM_DEVICE_ATTR>> = row('KVM_GET_DEVICE_ATTR', ['kvm', 'vm', 'vcpu', 'device'], 0xe2, 'write', ATTRIBUTES, { capability: 'KVM_CAP_DEVICE_CTRL' });
export const KVM_HAS_DEVICE_ATTR: Ioctl<FdKind, Of<typeof KVM_DEVICE_ATTR>> = row('KVM_HAS_DEVICE_ATTR', ['kvm', 'vm', 'vcpu', 'device'], 0xe3, 'write', ATTRIBUTES, { capability: 'KVM_CAP_DEVICE_CTRL' });

// vCPU fd
export const KVM_RUN: Ioctl<'vcpu', None> = row('KVM_RUN', ['vcpu'], 0x80, 'none', none);
export const KVM_GET_REGS: Ioctl<'vcpu', Of<typeof KVM_REGS>> = row('KVM_GET_REGS', ['vcpu'], 0x81, 'read', of(KVM_REGS), x86);
export const KVM_SET_REGS: Ioctl<'vcpu', Of<typeof KVM_REGS>> = row('KVM_SET_REGS', ['vcpu'], 0x82, 'write', of(KVM_REGS), x86);
export const KVM_GET_SREGS: Ioctl<'vcpu', Of<typeof KVM_SREGS>> = row('KVM_GET_SREGS', ['vcpu'], 0x83, 'read', of(KVM_SREGS), x86);
export const KVM_SET_SREGS: Ioctl<'vcpu', Of<typeof KVM_SREGS>> = row('KVM_SET_SREGS', ['vcpu'], 0x84, 'write', of(KVM_SREGS), x86);
/** On the system fd it reads feature MSRs (KVM_CAP_GET_MSR_FEATURES), on a vCPU that vCPU's. Returns how many it read. */
export const KVM_GET_MSRS: Ioctl<'kvm' | 'vcpu', ArrayOf<typeof KVM_MSRS>> = row('KVM_GET_MSRS', ['kvm', 'vcpu'], 0x88, 'readwrite', arrayOf(KVM_MSRS), x86);
export const KVM_SET_MSRS: Ioctl<'vcpu', ArrayOf<typeof KVM_MSRS>> = row('KVM_SET_MSRS', ['vcpu'], 0x89, 'write', arrayOf(KVM_MSRS), x86);
export const KVM_GET_LAPIC: Ioctl<'vcpu', Of<typeof KVM_LAPIC_STATE>> = row('KVM_GET_LAPIC', ['vcpu'], 0x8e, 'read', of(KVM_LAPIC_STATE), { ...x86, capability: 'KVM_CAP_IRQCHIP' });
export const KVM_SET_CPUID2: Ioctl<'vcpu', ArrayOf<typeof KVM_CPUID2>> = row('KVM_SET_CPUID2', ['vcpu'], 0x90, 'write', arrayOf(KVM_CPUID2), { ...x86, capability: 'KVM_CAP_EXT_CPUID' });
export const KVM_GET_CPUID2: Ioctl<'vcpu', ArrayOf<typeof KVM_CPUID2>> = row('KVM_GET_CPUID2', ['vcpu'], 0x91, 'readwrite', arrayOf(KVM_CPUID2), { ...x86, capability: 'KVM_CAP_EXT_CPUID' });
export const KVM_SET_LAPIC: Ioctl<'vcpu', Of<typeof KVM_LAPIC_STATE>> = row('KVM_SET_LAPIC', ['vcpu'], 0x8f, 'write', of(KVM_LAPIC_STATE), { ...x86, capability: 'KVM_CAP_IRQCHIP' });
export const KVM_GET_XCRS: Ioctl<'vcpu', Of<typeof KVM_XCRS>> = row('KVM_GET_XCRS', ['vcpu'], 0xa6, 'read', of(KVM_XCRS), { ...x86, capability: 'KVM_CAP_XCRS' });
export const KVM_SET_XCRS: Ioctl<'vcpu', Of<typeof KVM_XCRS>> = row('KVM_SET_XCRS', ['vcpu'], 0xa7, 'write', of(KVM_XCRS), { ...x86, capability: 'KVM_CAP_XCRS' });
export const KVM_GET_XSAVE: Ioctl<'vcpu', Of<typeof KVM_XSAVE>> = row('KVM_GET_XSAVE', ['vcpu'], 0xa4, 'read', of(KVM_XSAVE), { ...x86, capability: 'KVM_CAP_XSAVE' });
export const KVM_SET_XSAVE: Ioctl<'vcpu', Of<typeof KVM_XSAVE>> = row('KVM_SET_XSAVE', ['vcpu'], 0xa5, 'write', of(KVM_XSAVE), { ...x86, capability: 'KVM_CAP_XSAVE' });
export const KVM_GET_XSAVE2: Ioctl<'vcpu', Of<typeof KVM_XSAVE>> = row('KVM_GET_XSAVE2', ['vcpu'], 0xcf, 'read', of(KVM_XSAVE), { ...x86, capability: 'KVM_CAP_XSAVE2' });
export const KVM_GET_ONE_REG: Ioctl<'vcpu', Of<typeof KVM_ONE_REG>> = row('KVM_GET_ONE_REG', ['vcpu'], 0xab, 'write', of(KVM_ONE_REG), { capability: 'KVM_CAP_ONE_REG' });
export const KVM_SET_ONE_REG: Ioctl<'vcpu', Of<typeof KVM_ONE_REG>> = row('KVM_SET_ONE_REG', ['vcpu'], 0xac, 'write', of(KVM_ONE_REG), { capability: 'KVM_CAP_ONE_REG' });
export const KVM_GET_MP_STATE: Ioctl<'vcpu', Of<typeof KVM_MP_STATE>> = row('KVM_GET_MP_STATE', ['vcpu'], 0x98, 'read', of(KVM_MP_STATE), { capability: 'KVM_CAP_MP_STATE' });
export const KVM_SET_MP_STATE: Ioctl<'vcpu', Of<typeof KVM_MP_STATE>> = row('KVM_SET_MP_STATE', ['vcpu'], 0x99, 'write', of(KVM_MP_STATE), { capability: 'KVM_CAP_MP_STATE' });
/** Structs of the same size and other fields on each architecture: passed with `raw`. */
export const KVM_GET_VCPU_EVENTS: Ioctl<'vcpu', Of<typeof KVM_VCPU_EVENTS>> = row('KVM_GET_VCPU_EVENTS', ['vcpu'], 0x9f, 'read', of(KVM_VCPU_EVENTS), { capability: 'KVM_CAP_VCPU_EVENTS' });
export const KVM_SET_VCPU_EVENTS: Ioctl<'vcpu', Of<typeof KVM_VCPU_EVENTS>> = row('KVM_SET_VCPU_EVENTS', ['vcpu'], 0xa0, 'write', of(KVM_VCPU_EVENTS), { capability: 'KVM_CAP_VCPU_EVENTS' });
export const KVM_GET_SREGS2: Ioctl<'vcpu', Of<typeof SREGS2_STATE>> = row('KVM_GET_SREGS2', ['vcpu'], 0xcc, 'read', of(SREGS2_STATE), { ...x86, capability: 'KVM_CAP_SREGS2' });
export const KVM_SET_SREGS2: Ioctl<'vcpu', Of<typeof SREGS2_STATE>> = row('KVM_SET_SREGS2', ['vcpu'], 0xcd, 'write', of(SREGS2_STATE), { ...x86, capability: 'KVM_CAP_SREGS2' });
export const KVM_GET_FPU: Ioctl<'vcpu', Of<typeof KVM_FPU>> = row('KVM_GET_FPU', ['vcpu'], 0x8c, 'read', of(KVM_FPU), x86);
export const KVM_SET_FPU: Ioctl<'vcpu', Of<typeof KVM_FPU>> = row('KVM_SET_FPU', ['vcpu'], 0x8d, 'write', of(KVM_FPU), x86);
export const KVM_GET_DEBUGREGS: Ioctl<'vcpu', Of<typeof KVM_DEBUGREGS>> = row('KVM_GET_DEBUGREGS', ['vcpu'], 0xa1, 'read', of(KVM_DEBUGREGS), { ...x86, capability: 'KVM_CAP_DEBUGREGS' });
export const KVM_SET_DEBUGREGS: Ioctl<'vcpu', Of<typeof KVM_DEBUGREGS>> = row('KVM_SET_DEBUGREGS', ['vcpu'], 0xa2, 'write', of(KVM_DEBUGREGS), { ...x86, capability: 'KVM_CAP_DEBUGREGS' });
export const KVM_ARM_VCPU_INIT: Ioctl<'vcpu', Of<typeof KVM_VCPU_INIT>> = row('KVM_ARM_VCPU_INIT', ['vcpu'], 0xae, 'write', of(KVM_VCPU_INIT), arm64);
export const KVM_GET_REG_LIST: Ioctl<'vcpu', ArrayOf<typeof KVM_REG_LIST>> = row('KVM_GET_REG_LIST', ['vcpu'], 0xb0, 'readwrite', arrayOf(KVM_REG_LIST), { capability: 'KVM_CAP_ONE_REG' });
export const KVM_ARM_VCPU_FINALIZE: Ioctl<'vcpu', PointerToInt> = row('KVM_ARM_VCPU_FINALIZE', ['vcpu'], 0xc2, 'write', pointerToInt, { ...arm64, capability: 'KVM_CAP_ARM_SVE' });
export const KVM_GET_NESTED_STATE: Ioctl<'vcpu', Of<typeof KVM_NESTED_STATE>> = row('KVM_GET_NESTED_STATE', ['vcpu'], 0xbe, 'readwrite', of(KVM_NESTED_STATE), { ...x86, capability: 'KVM_CAP_NESTED_STATE' });
export const KVM_SET_NESTED_STATE: Ioctl<'vcpu', Of<typeof KVM_NESTED_STATE>> = row('KVM_SET_NESTED_STATE', ['vcpu'], 0xbf, 'write', of(KVM_NESTED_STATE), { ...x86, capability: 'KVM_CAP_NESTED_STATE' });
