/**
 * Loads and stores of general-purpose registers. Encodings: Arm ARM (DDI 0487), chapter C6.2, under the instruction's
 * name; the classes are those of C4.1 "Loads and Stores". The base register 31 is SP.
 */
import { register, scaled, signed, unsigned, word } from './field.ts';
import type { Register } from './field.ts';
import type { Reference } from './item.ts';

/** Bits of an access. */
export type Width = 8 | 16 | 32 | 64;

/** The field `size` of loads and stores: log2 of the bytes. */
const SIZE: Readonly<Record<Width, number>> = { 8: 0, 16: 1, 32: 2, 64: 3 };

/** LDRB, LDRH, LDR (immediate, unsigned offset): zero-extended; the offset is in bytes and a multiple of the width. */
export function ldr(width: Width, rt: Register, rn: Register, offset: number = 0): number {
  return unsignedOffset(0x3940_0000, width, rt, rn, offset);
}

/** STRB, STRH, STR (immediate, unsigned offset). */
export function str(width: Width, rt: Register, rn: Register, offset: number = 0): number {
  return unsignedOffset(0x3900_0000, width, rt, rn, offset);
}

function unsignedOffset(fixed: number, width: Width, rt: Register, rn: Register, offset: number): number {
  const size = unsigned(SIZE[width], 2, 30);
  return word(fixed, size, unsigned(scaled(offset, width / 8), 12, 10), register(rn, 5), register(rt, 0));
}

/** LDR (literal), 64 bits, within 1 MiB. */
export function ldrLiteral(rt: Register, label: string): Reference {
  return {
    label,
    encode: (target, here) => word(0x5800_0000, signed(scaled(target - here, 4), 19, 5), register(rt, 0)),
  };
}

/** LDR (register): 64 bits at rn + 8 * rm. */
export function ldrIndexed(rt: Register, rn: Register, rm: Register): number {
  return word(0xf860_7800, register(rm, 16), register(rn, 5), register(rt, 0));
}

/** STR (register): 64 bits at rn + 8 * rm. */
export function strIndexed(rt: Register, rn: Register, rm: Register): number {
  return word(0xf820_7800, register(rm, 16), register(rn, 5), register(rt, 0));
}

/** How LDP and STP use their offset: added for the access; added before it, or after it, and kept in the base. */
export type Addressing = 'offset' | 'pre' | 'post';
const PAIR_LOAD: Readonly<Record<Addressing, number>> = { offset: 0xa940_0000, pre: 0xa9c0_0000, post: 0xa8c0_0000 };
const PAIR_STORE: Readonly<Record<Addressing, number>> = { offset: 0xa900_0000, pre: 0xa980_0000, post: 0xa880_0000 };

/** LDP of 64-bit registers; the offset is a multiple of 8 from -512 to 504. */
export function ldp(
  rt: Register,
  rt2: Register,
  rn: Register,
  offset: number = 0,
  mode: Addressing = 'offset',
): number {
  return pair(PAIR_LOAD[mode], rt, rt2, rn, offset);
}

/** STP of 64-bit registers. */
export function stp(
  rt: Register,
  rt2: Register,
  rn: Register,
  offset: number = 0,
  mode: Addressing = 'offset',
): number {
  return pair(PAIR_STORE[mode], rt, rt2, rn, offset);
}

function pair(fixed: number, rt: Register, rt2: Register, rn: Register, offset: number): number {
  return word(fixed, signed(scaled(offset, 8), 7, 15), register(rt2, 10), register(rn, 5), register(rt, 0));
}

/** LDXR, 64 bits. */
export function ldxr(rt: Register, rn: Register): number {
  return word(0xc85f_7c00, register(rn, 5), register(rt, 0));
}

/** STXR, 64 bits: rs is 0 where the store was made. */
export function stxr(rs: Register, rt: Register, rn: Register): number {
  return word(0xc800_7c00, register(rs, 16), register(rn, 5), register(rt, 0));
}

/** LDAR, 64 bits: acquire. */
export function ldar(rt: Register, rn: Register): number {
  return word(0xc8df_fc00, register(rn, 5), register(rt, 0));
}

/** STLR, 64 bits: release. */
export function stlr(rt: Register, rn: Register): number {
  return word(0xc89f_fc00, register(rn, 5), register(rt, 0));
}
