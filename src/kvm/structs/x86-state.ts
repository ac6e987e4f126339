/**
 * The structs in which x86 state is saved and restored, every field by its C path, so that what differs after a restore
 * can be named. Source: arch/x86/include/uapi/asm/kvm.h, include/uapi/linux/kvm.h. They are passed as they are: no code
 * reads a field through its type.
 */
import { bytes, struct, u16, u32, u64, u8 } from '../struct.ts';
import type { Field, Fields, Struct } from '../struct.ts';

/** struct kvm_segment, 24 bytes. */
function segment(name: string, offset: number): Record<string, Field> {
  const flags = ['type', 'present', 'dpl', 'db', 's', 'l', 'g', 'avl', 'unusable'];
  return {
    [`${name}.base`]: u64(offset),
    [`${name}.limit`]: u32(offset + 8),
    [`${name}.selector`]: u16(offset + 12),
    ...Object.fromEntries(flags.map((flag, index) => [`${name}.${flag}`, u8(offset + 14 + index)])),
  };
}

/** struct kvm_dtable, 16 bytes. */
function table(name: string, offset: number): Record<string, Field> {
  return { [`${name}.base`]: u64(offset), [`${name}.limit`]: u16(offset + 8) };
}

/** Words of 64 bits, one after the other. */
function words(names: readonly string[], offset: number): Record<string, Field> {
  return Object.fromEntries(names.map((name, index) => [name, u64(offset + 8 * index)]));
}

function octets(names: readonly string[], offset: number): Record<string, Field> {
  return Object.fromEntries(names.map((name, index) => [name, u8(offset + index)]));
}

const indexed = (name: string, count: number, of: string = ''): string[] =>
  Array.from({ length: count }, (_, index) => `${name}[${index}]${of}`);

const GENERAL = ['rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rsp', 'rbp'];
const EXTENDED = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'];

export const REGS_STATE: Struct<'kvm_regs'> = struct<'kvm_regs', Fields>(
  'kvm_regs',
  144,
  words([...GENERAL, ...EXTENDED, 'rip', 'rflags'], 0),
);

/** What kvm_sregs and kvm_sregs2 begin with. */
const SREGS: Fields = {
  ...Object.fromEntries(
    ['cs', 'ds', 'es', 'fs', 'gs', 'ss', 'tr', 'ldt'].flatMap((name, at) => Object.entries(segment(name, 24 * at))),
  ),
  ...table('gdt', 192),
  ...table('idt', 208),
  ...words(['cr0', 'cr2', 'cr3', 'cr4', 'cr8', 'efer', 'apic_base'], 224),
};

export const SREGS_STATE: Struct<'kvm_sregs'> = struct<'kvm_sregs', Fields>('kvm_sregs', 312, {
  ...SREGS,
  ...words(indexed('interrupt_bitmap', 4), 280),
});

export const SREGS2_STATE: Struct<'kvm_sregs2'> = struct<'kvm_sregs2', Fields>('kvm_sregs2', 320, {
  ...SREGS,
  ...words(['flags', ...indexed('pdptrs', 4)], 280),
});

export const KVM_FPU: Struct<'kvm_fpu'> = struct<'kvm_fpu', Fields>('kvm_fpu', 416, {
  ...Object.fromEntries(indexed('fpr', 8).map((name, index) => [name, bytes(16 * index, 16)])),
  fcw: u16(128),
  fsw: u16(130),
  ftwx: u8(132),
  last_opcode: u16(134),
  last_ip: u64(136),
  last_dp: u64(144),
  ...Object.fromEntries(indexed('xmm', 16).map((name, index) => [name, bytes(152 + 16 * index, 16)])),
  mxcsr: u32(408),
});

export const KVM_DEBUGREGS: Struct<'kvm_debugregs'> = struct<'kvm_debugregs', Fields>(
  'kvm_debugregs',
  128,
  words([...indexed('db', 4), 'dr6', 'dr7', 'flags'], 0),
);

/** The arm64 struct of the same name has the same size and other fields; `KVM_VCPU_EVENTS` stands for both. */
export const VCPU_EVENTS_STATE: Struct<'kvm_vcpu_events'> = struct<'kvm_vcpu_events', Fields>('kvm_vcpu_events', 64, {
  ...octets(['exception.injected', 'exception.nr', 'exception.has_error_code', 'exception.pending'], 0),
  'exception.error_code': u32(4),
  ...octets(['interrupt.injected', 'interrupt.nr', 'interrupt.soft', 'interrupt.shadow'], 8),
  ...octets(['nmi.injected', 'nmi.pending', 'nmi.masked'], 12),
  sipi_vector: u32(16),
  flags: u32(20),
  ...octets(['smi.smm', 'smi.pending', 'smi.smm_inside_nmi', 'smi.latched_init'], 24),
  'triple_fault.pending': u8(28),
  exception_has_payload: u8(55),
  exception_payload: u64(56),
});

export const KVM_CLOCK_DATA: Struct<'kvm_clock_data'> = struct<'kvm_clock_data', Fields>('kvm_clock_data', 48, {
  clock: u64(0),
  flags: u32(8),
  realtime: u64(16),
  host_tsc: u64(24),
});

const PIC = [
  'last_irr',
  'irr',
  'imr',
  'isr',
  'priority_add',
  'irq_base',
  'read_reg_select',
  'poll',
  'special_mask',
  'init_state',
  'auto_eoi',
  'rotate_on_auto_eoi',
  'special_fully_nested_mode',
  'init4',
  'elcr',
  'elcr_mask',
];
/** KVM_IOAPIC_NUM_PINS. */
const PINS = 24;

/** The chip is a union: `chip_id` says which of `chip.pic` and `chip.ioapic` it holds. */
export const KVM_IRQCHIP: Struct<'kvm_irqchip'> = struct<'kvm_irqchip', Fields>('kvm_irqchip', 520, {
  chip_id: u32(0),
  ...octets(
    PIC.map((name) => `chip.pic.${name}`),
    8,
  ),
  'chip.ioapic.base_address': u64(8),
  'chip.ioapic.ioregsel': u32(16),
  'chip.ioapic.id': u32(20),
  'chip.ioapic.irr': u32(24),
  ...words(indexed('chip.ioapic.redirtbl', PINS, '.bits'), 32),
});

/** struct kvm_pit_channel_state, 24 bytes. */
function channel(index: number): Record<string, Field> {
  const offset = 24 * index;
  const small = ['count_latched', 'status_latched', 'status', 'read_state', 'write_state', 'write_latch'];
  const fields = {
    count: u32(offset),
    latched_count: u16(offset + 4),
    ...octets([...small, 'rw_mode', 'mode', 'bcd', 'gate'], offset + 6),
    count_load_time: u64(offset + 16),
  };
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [`channels[${index}].${name}`, field]));
}

export const KVM_PIT_STATE2: Struct<'kvm_pit_state2'> = struct<'kvm_pit_state2', Fields>('kvm_pit_state2', 112, {
  ...channel(0),
  ...channel(1),
  ...channel(2),
  flags: u32(72),
});
