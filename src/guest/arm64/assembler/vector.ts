/**
 * FP and SIMD registers: chapter C7.2 of the Arm ARM (DDI 0487), and SVE: chapter C8.2, each under the instruction's
 * name. Only what fills the registers with a pattern and brings them to memory.
 */
import { register, scaled, signed, unsigned, word } from './field.ts';
import type { Register } from './field.ts';

/** LDR (immediate, SIMD&FP), 128 bits; the offset is a multiple of 16. */
export function ldrQ(vt: Register, rn: Register, offset: number = 0): number {
  return word(0x3dc0_0000, unsigned(scaled(offset, 16), 12, 10), register(rn, 5), register(vt, 0));
}

/** STR (immediate, SIMD&FP), 128 bits. */
export function strQ(vt: Register, rn: Register, offset: number = 0): number {
  return word(0x3d80_0000, unsigned(scaled(offset, 16), 12, 10), register(rn, 5), register(vt, 0));
}

/** MOVI Vd.2D, #0. */
export function moviZero(vd: Register): number {
  return word(0x6f00_e400, register(vd, 0));
}

/** DUP (general): both halves of Vd. */
export function dup(vd: Register, rn: Register): number {
  return word(0x4e08_0c00, register(rn, 5), register(vd, 0));
}

/** MOV (to general), the alias of UMOV: Vn.D[index]. */
export function umov(rd: Register, vn: Register, index: 0 | 1): number {
  return word(0x4e08_3c00, unsigned(index, 1, 20), register(vn, 5), register(rd, 0));
}

/** LDR (vector) of SVE; the offset counts vectors, -256 to 255. */
export function ldrZ(zt: Register, rn: Register, vectors: number = 0): number {
  return word(0x8580_4000, vectorOffset(vectors), register(rn, 5), register(zt, 0));
}

/** STR (vector) of SVE. */
export function strZ(zt: Register, rn: Register, vectors: number = 0): number {
  return word(0xe580_4000, vectorOffset(vectors), register(rn, 5), register(zt, 0));
}

/** LDR (predicate) of SVE; the offset counts predicates, each an eighth of a vector. */
export function ldrP(pt: Register, rn: Register, predicates: number = 0): number {
  return word(0x8580_0000, vectorOffset(predicates), register(rn, 5), unsigned(pt, 4, 0));
}

/** STR (predicate) of SVE. */
export function strP(pt: Register, rn: Register, predicates: number = 0): number {
  return word(0xe580_0000, vectorOffset(predicates), register(rn, 5), unsigned(pt, 4, 0));
}

/** imm9 is cut in two: its high six bits at 16, its low three at 10. */
function vectorOffset(vectors: number): number {
  const bits = signed(vectors, 9, 0);
  return unsigned(bits >> 3, 6, 16) + unsigned(bits & 7, 3, 10);
}

/** PTRUE Pd.B, all elements. */
export function ptrue(pd: Register): number {
  return word(0x2518_e3e0, unsigned(pd, 4, 0));
}

/** RDFFR (unpredicated). */
export function rdffr(pd: Register): number {
  return word(0x2519_f000, unsigned(pd, 4, 0));
}

/** WRFFR. */
export function wrffr(pn: Register): number {
  return word(0x2528_9000, unsigned(pn, 4, 5));
}

/** RDVL: the bytes of a vector times `multiple`. */
export function rdvl(rd: Register, multiple: number = 1): number {
  return word(0x04bf_5000, signed(multiple, 6, 5), register(rd, 0));
}

/** DUP (scalar) of SVE: every 64-bit element of Zd. */
export function dupZ(zd: Register, rn: Register): number {
  return word(0x05e0_3800, register(rn, 5), register(zd, 0));
}
