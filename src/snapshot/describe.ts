/** Saved state for people: the name and the value of each register, and of each field of a struct. Pure. */
import { wordOf } from '../arch/arm64/names.ts';
import { msrWord } from '../arch/x86/msr-names.ts';
import { LAPIC_ROWS } from '../arch/x86/tables/lapic.ts';
import type { Fields } from '../kvm/struct.ts';
import {
  KVM_CLOCK_DATA,
  KVM_DEBUGREGS,
  KVM_FPU,
  KVM_IRQCHIP,
  KVM_PIT_STATE2,
  REGS_STATE,
  SREGS2_STATE,
  SREGS_STATE,
  VCPU_EVENTS_STATE,
} from '../kvm/structs/x86-state.ts';
import { hex } from '../model/index.ts';
import type { Architecture, Hex, SavedUnit } from '../model/index.ts';

export interface NamedValue {
  /** `MSR_EFER`, `CNTKCTL_EL1`, `cs.base`: as the architecture's manual or the kernel's header has it. */
  readonly name: string;
  readonly value: Hex;
}

/** Bytes of a range that no field covers. */
const WORD = 8;

/** What a unit holds, in its own order; a struct whose fields are not known, by offset, without what is zero. */
export function namedValues(architecture: Architecture, unit: SavedUnit): readonly NamedValue[] {
  const { data, call } = unit;
  switch (data.kind) {
    case 'registers':
      return data.registers.map(({ id, value }) => ({ name: registerName(call, id), value }));
    case 'bytes': {
      const bytes = Buffer.from(data.base64, 'base64');
      const fields = architecture === 'x86_64' ? X86_FIELDS[call] : undefined;
      return fields === undefined ? offsets(bytes) : fieldValues(fields, bytes);
    }
    case 'memory':
      return [];
  }
}

function registerName(call: string, id: Hex): string {
  switch (call) {
    case 'KVM_SET_MSRS':
      return msrWord(Number(id)).slice('msr/'.length);
    case 'KVM_SET_ONE_REG':
      return wordOf(BigInt(id)).replace(/^reg\//, '');
    default:
      return id;
  }
}

const LAPIC_FIELDS: Fields = Object.fromEntries(
  LAPIC_ROWS.map(({ name, offset }) => [name, { kind: 'u32', offset, size: 4 }]),
);

/** By the call that restores the struct. */
const X86_FIELDS: Readonly<Record<string, Fields>> = {
  KVM_SET_REGS: REGS_STATE.fields,
  KVM_SET_SREGS: SREGS_STATE.fields,
  KVM_SET_SREGS2: SREGS2_STATE.fields,
  KVM_SET_FPU: KVM_FPU.fields,
  KVM_SET_DEBUGREGS: KVM_DEBUGREGS.fields,
  KVM_SET_VCPU_EVENTS: VCPU_EVENTS_STATE.fields,
  KVM_SET_CLOCK: KVM_CLOCK_DATA.fields,
  KVM_SET_IRQCHIP: KVM_IRQCHIP.fields,
  KVM_SET_PIT2: KVM_PIT_STATE2.fields,
  KVM_SET_LAPIC: LAPIC_FIELDS,
  KVM_SET_MP_STATE: { mp_state: { kind: 'u32', offset: 0, size: 4 } },
};

function fieldValues(fields: Fields, bytes: Uint8Array): NamedValue[] {
  return Object.entries(fields).map(([name, { offset, size }]) => ({
    name,
    value: hex(number(bytes.subarray(offset, offset + size))),
  }));
}

function offsets(bytes: Uint8Array): NamedValue[] {
  const values: NamedValue[] = [];
  for (let offset = 0; offset < bytes.length; offset += WORD) {
    const value = number(bytes.subarray(offset, offset + WORD));
    if (value !== 0n) values.push({ name: `+${hex(offset)}`, value: hex(value) });
  }
  return values;
}

/** Little-endian. */
function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
