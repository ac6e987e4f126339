/**
 * Integer instructions, 64-bit forms. Encodings: Arm ARM (DDI 0487), chapter C6.2, under the instruction's name (the
 * sections are in alphabetical order and their numbers change with the issue); the classes are those of C4.1
 * "Data Processing -- Immediate" and "-- Register".
 */
import { register, unsigned, word, XZR } from './field.ts';
import type { Register } from './field.ts';
import type { Item, Reference } from './item.ts';

/** MOVZ: 16 bits at `shift` (0, 16, 32, 48), zeros elsewhere. */
export function movz(rd: Register, value: number, shift: 0 | 16 | 32 | 48 = 0): number {
  return word(0xd280_0000, unsigned(shift / 16, 2, 21), unsigned(value, 16, 5), register(rd, 0));
}

/** MOVK: 16 bits at `shift`, the others keep their value. */
export function movk(rd: Register, value: number, shift: 0 | 16 | 32 | 48): number {
  return word(0xf280_0000, unsigned(shift / 16, 2, 21), unsigned(value, 16, 5), register(rd, 0));
}

/** A 64-bit number, by MOVZ and as few MOVK as it needs. */
export function mov(rd: Register, value: bigint | number): Item[] {
  const number = BigInt.asUintN(64, BigInt(value));
  const part = (shift: 0 | 16 | 32 | 48): number => Number((number >> BigInt(shift)) & 0xffffn);
  const rest = ([16, 32, 48] as const).filter((shift) => part(shift) !== 0);
  return [movz(rd, part(0)), ...rest.map((shift) => movk(rd, part(shift), shift))];
}

/** The address of a label below 2^32, however far it is: MOVZ and MOVK. */
export function movLabel(rd: Register, name: string): [Reference, Reference] {
  return [
    { label: name, encode: (target) => movz(rd, target % 0x1_0000) },
    { label: name, encode: (target) => movk(rd, Math.floor(target / 0x1_0000), 16) },
  ];
}

/** ADR: the address of a label within 1 MiB. */
export function adr(rd: Register, name: string): Reference {
  return {
    label: name,
    encode(target, here) {
      const distance = target - here;
      if (distance < -(2 ** 20) || distance >= 2 ** 20) throw new RangeError(`${name} is ${distance} bytes away`);
      const bits = distance < 0 ? distance + 2 ** 21 : distance;
      return word(0x1000_0000, unsigned(bits % 4, 2, 29), unsigned(Math.floor(bits / 4), 19, 5), register(rd, 0));
    },
  };
}

/** MOV (register), the alias of ORR with XZR. */
export function movRegister(rd: Register, rm: Register): number {
  return orr(rd, XZR, rm);
}

/** MOV to or from SP, the alias of ADD (immediate) with 0. */
export function movSp(rd: Register, rn: Register): number {
  return addImmediate(rd, rn, 0);
}

/** MVN, the alias of ORN (shifted register) with XZR. */
export function mvn(rd: Register, rm: Register): number {
  return word(0xaa20_03e0, register(rm, 16), register(rd, 0));
}

/** ADD (immediate): 12 bits, as they are or shifted left by 12. 31 is SP. */
export function addImmediate(rd: Register, rn: Register, value: number, shift: 0 | 12 = 0): number {
  return immediate(0x9100_0000, rd, rn, value, shift);
}

/** SUB (immediate). 31 is SP. */
export function subImmediate(rd: Register, rn: Register, value: number, shift: 0 | 12 = 0): number {
  return immediate(0xd100_0000, rd, rn, value, shift);
}

/** CMP (immediate), the alias of SUBS to XZR. */
export function cmpImmediate(rn: Register, value: number): number {
  return immediate(0xf100_0000, XZR, rn, value, 0);
}

function immediate(fixed: number, rd: Register, rn: Register, value: number, shift: 0 | 12): number {
  return word(fixed, unsigned(shift / 12, 1, 22), unsigned(value, 12, 10), register(rn, 5), register(rd, 0));
}

/** Rd, Rn and Rm, the last shifted left by `shift` bits. */
type ShiftedRegister = (rd: Register, rn: Register, rm: Register, shift?: number) => number;

const shiftedRegister =
  (fixed: number): ShiftedRegister =>
  (rd, rn, rm, shift = 0) =>
    word(fixed, register(rm, 16), unsigned(shift, 6, 10), register(rn, 5), register(rd, 0));

/** ADD, SUB, AND, ORR, EOR, BIC (shifted register). */
export const add: ShiftedRegister = shiftedRegister(0x8b00_0000);
export const sub: ShiftedRegister = shiftedRegister(0xcb00_0000);
export const and: ShiftedRegister = shiftedRegister(0x8a00_0000);
export const orr: ShiftedRegister = shiftedRegister(0xaa00_0000);
export const eor: ShiftedRegister = shiftedRegister(0xca00_0000);
export const bic: ShiftedRegister = shiftedRegister(0x8a20_0000);

/** CMP (shifted register), the alias of SUBS to XZR. */
export function cmp(rn: Register, rm: Register): number {
  return word(0xeb00_001f, register(rm, 16), register(rn, 5));
}

/** UBFX, the alias of UBFM: `width` bits from bit `low` up. */
export function ubfx(rd: Register, rn: Register, low: number, width: number): number {
  return bitfield(rd, rn, low, low + width - 1);
}

/** LSL (immediate), the alias of UBFM; `shift` from 1 to 63. */
export function lslImmediate(rd: Register, rn: Register, shift: number): number {
  return bitfield(rd, rn, 64 - shift, 63 - shift);
}

/** LSR (immediate), the alias of UBFM. */
export function lsrImmediate(rd: Register, rn: Register, shift: number): number {
  return bitfield(rd, rn, shift, 63);
}

function bitfield(rd: Register, rn: Register, immr: number, imms: number): number {
  return word(0xd340_0000, unsigned(immr, 6, 16), unsigned(imms, 6, 10), register(rn, 5), register(rd, 0));
}

/** LSL (register), the alias of LSLV. */
export function lsl(rd: Register, rn: Register, rm: Register): number {
  return word(0x9ac0_2000, register(rm, 16), register(rn, 5), register(rd, 0));
}

/** MADD: rd = ra + rn * rm. */
export function madd(rd: Register, rn: Register, rm: Register, ra: Register): number {
  return word(0x9b00_0000, register(rm, 16), register(ra, 10), register(rn, 5), register(rd, 0));
}
