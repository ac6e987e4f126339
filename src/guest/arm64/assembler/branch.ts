/**
 * Branches. Encodings: Arm ARM (DDI 0487), chapter C6.2, under the instruction's name; conditions: C1.2.4; the class is
 * "Branches, Exception Generating and System instructions" of C4.1.
 */
import { LR, register, scaled, signed, unsigned, word } from './field.ts';
import type { Register } from './field.ts';
import type { Reference } from './item.ts';

/** Condition codes, C1.2.4. */
const CONDITIONS = {
  eq: 0,
  ne: 1,
  cs: 2,
  cc: 3,
  mi: 4,
  pl: 5,
  hi: 8,
  ls: 9,
  ge: 10,
  lt: 11,
  gt: 12,
  le: 13,
} as const;
export type Condition = keyof typeof CONDITIONS;

/** B, within 128 MiB. */
export function b(label: string): Reference {
  return to(label, (distance) => word(0x1400_0000, signed(distance, 26, 0)));
}

/** BL, within 128 MiB. */
export function bl(label: string): Reference {
  return to(label, (distance) => word(0x9400_0000, signed(distance, 26, 0)));
}

/** B.cond, within 1 MiB. */
export function bCond(condition: Condition, label: string): Reference {
  return to(label, (distance) => word(0x5400_0000, signed(distance, 19, 5), CONDITIONS[condition]));
}

/** CBZ of 64 bits, within 1 MiB. */
export function cbz(rt: Register, label: string): Reference {
  return to(label, (distance) => word(0xb400_0000, signed(distance, 19, 5), register(rt, 0)));
}

/** CBNZ of 64 bits, within 1 MiB. */
export function cbnz(rt: Register, label: string): Reference {
  return to(label, (distance) => word(0xb500_0000, signed(distance, 19, 5), register(rt, 0)));
}

/** TBZ, within 32 KiB. */
export function tbz(rt: Register, bit: number, label: string): Reference {
  return testBit(0x3600_0000, rt, bit, label);
}

/** TBNZ, within 32 KiB. */
export function tbnz(rt: Register, bit: number, label: string): Reference {
  return testBit(0x3700_0000, rt, bit, label);
}

function testBit(fixed: number, rt: Register, bit: number, label: string): Reference {
  const place = [unsigned(bit >> 5, 1, 31), unsigned(bit & 31, 5, 19)];
  return to(label, (distance) => word(fixed, ...place, signed(distance, 14, 5), register(rt, 0)));
}

/** The distance in instructions. */
function to(label: string, encode: (distance: number) => number): Reference {
  return { label, encode: (target, here) => encode(scaled(target - here, 4)) };
}

export function br(rn: Register): number {
  return word(0xd61f_0000, register(rn, 5));
}

export function blr(rn: Register): number {
  return word(0xd63f_0000, register(rn, 5));
}

export function ret(rn: Register = LR): number {
  return word(0xd65f_0000, register(rn, 5));
}

export const ERET = 0xd69f_03e0;
