/**
 * A state in which as much as a machine can hold holds something else than a new vCPU has: what reads back was then
 * written. Values are such that CPUs of both vendors take them; what a host does not have is not in its state and stays
 * out. Nothing of it is to be run.
 */
import {
  KVM_CLOCK_DATA,
  KVM_DEBUGREGS,
  KVM_IRQCHIP,
  KVM_PIT_STATE2,
  REGS_STATE,
  SREGS2_STATE,
  SREGS_STATE,
  VCPU_EVENTS_STATE,
} from '../../../src/kvm/index.ts';
import { LAPIC_ROWS } from '../../../src/arch/x86/tables/lapic.ts';
import { hex } from '../../../src/model/index.ts';
import type { SavedState, SavedUnit } from '../../../src/model/index.ts';

type Places = Readonly<Record<string, { readonly offset: number; readonly size: number }>>;
type Values = Readonly<Record<string, bigint>>;

const canonical = (seed: number): bigint => 0xffff_8000_0000_0000n + BigInt(seed) * 0x1111_1110n;

const general = Object.fromEntries(
  Object.keys(REGS_STATE.fields).map((name, at): [string, bigint] => [name, canonical(at + 1)]),
);

const SEGMENTS: Values = Object.fromEntries(
  ['ds', 'es', 'fs', 'gs'].flatMap((name, at): [string, bigint][] => [
    [`${name}.base`, BigInt(at + 1) << 12n],
    [`${name}.selector`, BigInt(at + 1) << 8n],
  ]),
);

const MASKED = 0x1_0000n;
/** LVT TIMER in TSC-deadline mode (bit 18), so that a deadline can be there; masked, so that nothing comes of it. */
const TSC_DEADLINE_MODE = 0x4_0000n;
/** IRR and ISR above it: the vectors below 16 are illegal (Intel SDM volume 3, 12.5.2). */
const LAPIC: Values = {
  TPR: 0x30n,
  LDR: 0x200_0000n,
  SPIV: 0x1ffn,
  ISR2: 0x1n,
  PPR: 0x40n,
  TMR2: 0x5n,
  IRR1: 0x100n,
  ICR: 0x4_40f1n,
  ICR2: 0x100_0000n,
  LVT_TIMER: TSC_DEADLINE_MODE | MASKED | 0xecn,
  LVT_THERMAL: MASKED | 0xfan,
  LVT_PERFORMANCE: MASKED | 0xfbn,
  LVT_LINT0: MASKED | 0x700n,
  LVT_LINT1: MASKED | 0x400n,
  LVT_ERROR: MASKED | 0xfen,
  TIMER_DIVIDE: 0xbn,
};

interface Row {
  readonly places: Places;
  readonly values: Values;
}

/** By the unit without its vCPU. */
const STRUCTS: Readonly<Record<string, Row>> = {
  regs: { places: REGS_STATE.fields, values: { ...general, rflags: 0x246n } },
  sregs: {
    places: SREGS2_STATE.fields,
    values: { ...SEGMENTS, 'gdt.base': 0x5000n, 'gdt.limit': 0x7fn, 'idt.base': 0x6000n, cr2: 0x1234_5000n, cr8: 3n },
  },
  debugregs: {
    places: KVM_DEBUGREGS.fields,
    values: { 'db[0]': 0x1000n, 'db[1]': 0x2000n, 'db[2]': 0x3000n, 'db[3]': 0x4000n, dr6: 0xffff_4ff2n, dr7: 0x700n },
  },
  lapic: {
    places: Object.fromEntries(LAPIC_ROWS.map(({ name, offset }) => [name, { offset, size: 4 }])),
    values: LAPIC,
  },
  events: {
    places: VCPU_EVENTS_STATE.fields,
    // SVM does not tell the shadow of STI from that of MOV SS, and reads as both (svm_get_interrupt_shadow).
    values: { 'interrupt.injected': 1n, 'interrupt.nr': 0x41n, 'interrupt.shadow': 3n, 'nmi.masked': 1n },
  },
  'mp-state': { places: { mp_state: { offset: 0, size: 4 } }, values: { mp_state: 3n } },
  xsave: {
    places: {
      fcw: { offset: 0, size: 2 },
      st0: { offset: 32, size: 8 },
      mxcsr: { offset: 24, size: 4 },
      xmm1: { offset: 176, size: 8 },
      xmm15: { offset: 408, size: 8 },
      xstate_bv: { offset: 512, size: 8 },
    },
    values: { fcw: 0x27fn, st0: 0x8000_1234_5678_9abcn, mxcsr: 0x1fa0n, xmm1: 0x1111n, xmm15: 0xffffn, xstate_bv: 3n },
  },
  clock: { places: KVM_CLOCK_DATA.fields, values: { clock: 99_000_000_000n } },
  'pic-master': { places: KVM_IRQCHIP.fields, values: { 'chip.pic.imr': 0xb8n, 'chip.pic.irq_base': 0x20n } },
  'pic-slave': { places: KVM_IRQCHIP.fields, values: { 'chip.pic.imr': 0x8en, 'chip.pic.irq_base': 0x28n } },
  ioapic: {
    places: KVM_IRQCHIP.fields,
    values: { 'chip.ioapic.ioregsel': 0x12n, 'chip.ioapic.redirtbl[4].bits': 0x100_0000_0001_0044n },
  },
  pit: {
    places: KVM_PIT_STATE2.fields,
    values: { 'channels[0].count': 0x2e9cn, 'channels[0].mode': 2n, 'channels[0].rw_mode': 3n, 'channels[2].gate': 1n },
  },
};

/** Without KVM_SET_SREGS2 the pending interrupt, vector 0x41, is here too. */
const OLD_SREGS: Row = {
  places: SREGS_STATE.fields,
  values: { ...STRUCTS['sregs']?.values, 'interrupt_bitmap[1]': 1n << 1n },
};

/** MSRs that take addresses of the guest, bit 0: on (Documentation/virt/kvm/x86/msr.rst). */
const PARAVIRTUAL: readonly (readonly [number, bigint])[] = [
  [0x12, 0x8001n],
  [0x4b56_4d01, 0x8001n],
  [0x4b56_4d03, 0x9001n],
  [0x4b56_4d04, 0xa001n],
];

const MSRS: ReadonlyMap<number, bigint> = new Map([
  [0x174, 0x10n],
  // 32 bits: that is all that an AMD CPU has of them (AMD APM volume 2, 6.1.2).
  [0x175, 0x1234_5678n],
  [0x176, 0x2345_6780n],
  [0x277, 0x0007_0106_0007_0106n],
  [0xc000_0081, 0x0023_0010_0000_0000n],
  [0xc000_0082, canonical(42)],
  [0xc000_0083, canonical(43)],
  [0xc000_0084, 0x4_7700n],
  [0xc000_0102, canonical(44)],
  [0xc000_0103, 7n],
  [0x17a, 4n],
  ...PARAVIRTUAL,
]);
/** IA32_MTRR_PHYSBASE0, PHYSMASK0, DEF_TYPE; IA32_MC1_STATUS and ADDR: a state has those that its guest has changed. */
const UNLISTED: ReadonlyMap<number, bigint> = new Map([
  [0x200, 0xc000_0000n],
  [0x201, 0xf_c000_0800n],
  [0x2ff, 0xc06n],
  [0x405, 0x9000_0000_0000_0150n],
  [0x406, 0x1234_5000n],
]);
const TSC = 0x10;
const TSC_ADJUST = 0x3b;
const TSC_DEADLINE = 0x6e0;
/** Cycles between vCPU 0 and the others. */
const AHEAD = 12_345n;
const COUNT = 0x12_3456_789an;

/** Every vCPU's; with `smm` the second is in SMM, which not every kernel is built with. Units and registers that the state does not have are not added, but for MSRs that no list names. */
export function scrambled(state: SavedState, { smm }: { readonly smm: boolean }): SavedState {
  const deadline = hasDeadline(state);
  const all = { ...state, units: state.units.map((unit) => scrambledUnit(unit, deadline)) };
  return smm ? inSmm(all) : all;
}

const IN_SMM = 'vcpu/1/';

/** The second vCPU is in SMM: its events are restored before its nested state, too (src/snapshot/x86/events.ts). */
function inSmm(state: SavedState): SavedState {
  const row: Row = { places: VCPU_EVENTS_STATE.fields, values: { 'smi.smm': 1n } };
  const units = state.units.map((unit) =>
    unit.name === `${IN_SMM}events` && unit.data.kind === 'bytes' ? patchedUnit(unit, unit.data.base64, row) : unit,
  );
  const events = units.find(({ name }) => name === `${IN_SMM}events`);
  const lapic = units.findIndex(({ name }) => name === `${IN_SMM}lapic`);
  if (events === undefined || lapic < 0) return state;
  const smm = { ...events, name: `${IN_SMM}smm`, rule: 'x86/smm' };
  return { ...state, units: units.toSpliced(lapic + 1, 0, smm) };
}

/** CPUID.1:ECX[24] of vCPU 0: without it LVT TIMER has no such mode. The id is that of src/snapshot/x86/cpuid.ts. */
function hasDeadline({ units }: SavedState): boolean {
  const data = units.find(({ name }) => name === 'vcpu/0/cpuid')?.data;
  if (data?.kind !== 'registers') return false;
  const ecx = data.registers.find(({ id }) => id === '0x100000002')?.value ?? '0x0';
  return (BigInt(ecx) & (1n << 24n)) !== 0n;
}

function scrambledUnit(unit: SavedUnit, deadline: boolean): SavedUnit {
  const part = unit.name.replace(/^(?:vcpu\/\d+|vm)\//, '');
  const { data } = unit;
  switch (data.kind) {
    case 'bytes': {
      const row = STRUCTS[part];
      if (row === undefined) return unit;
      if (part === 'sregs' && unit.call === 'KVM_SET_SREGS') return patchedUnit(unit, data.base64, OLD_SREGS);
      const values = part === 'lapic' && !deadline ? { ...row.values, LVT_TIMER: MASKED | 0xecn } : row.values;
      return patchedUnit(unit, data.base64, { ...row, values });
    }
    case 'registers': {
      const registers = data.registers.map(({ id, value }) => ({
        id,
        value: hex(valueOf(part, Number(id), BigInt(value), deadline)),
      }));
      const held = new Set(registers.map(({ id }) => id));
      const added = part === 'msrs' ? [...UNLISTED].map(([id, value]) => ({ id: hex(id), value: hex(value) })) : [];
      return { ...unit, data: { ...data, registers: [...registers, ...added.filter(({ id }) => !held.has(id))] } };
    }
    case 'memory':
      return unit;
  }
}

function valueOf(part: string, id: number, saved: bigint, deadline: boolean): bigint {
  switch (part) {
    case 'msrs':
      return MSRS.get(id) ?? saved;
    case 'tsc':
      return id === TSC ? COUNT : id === TSC_ADJUST ? 0x1000n : saved;
    case 'tsc-deadline':
      return id === TSC_DEADLINE && deadline ? COUNT << 8n : saved;
    case 'tsc-offsets':
      return AHEAD;
    default:
      return saved;
  }
}

function patchedUnit(unit: SavedUnit, base64: string, row: Row): SavedUnit {
  return { ...unit, data: { kind: 'bytes', base64: patched(base64, row) } };
}

function patched(base64: string, { places, values }: Row): string {
  const bytes = Buffer.from(base64, 'base64');
  for (const [field, value] of Object.entries(values)) {
    const place = places[field];
    if (place === undefined) throw new Error(`there is no field ${field}`);
    for (let at = 0; at < place.size; at++) bytes[place.offset + at] = Number((value >> BigInt(8 * at)) & 0xffn);
  }
  return bytes.toString('base64');
}
