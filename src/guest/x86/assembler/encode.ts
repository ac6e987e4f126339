/**
 * Instruction formats: prefixes, REX, opcode, ModR/M, SIB, displacement (Intel SDM volume 2, chapter 2; AMD APM volume 3,
 * section 1.2). Two modes: 64-bit mode, and real mode, where every address is a 32-bit one by prefix 67h, so that memory
 * operands are encoded in the same way in both.
 */
import { isMemory } from './operands.ts';
import type { AddressRegister, Label, Memory, RegisterOrMemory } from './operands.ts';
import { registerNumber, registerWidth } from './registers.ts';
import type { Width } from './registers.ts';

/** Bits of the code segment: 64-bit mode or real mode. */
export type Bits = 16 | 64;

/** Bytes, or the place of a label's address that takes `bytes` of them. */
export type Piece = number | { readonly label: Label; readonly bytes: 2 | 4 | 8; readonly relative: boolean };

export interface Form {
  readonly bits: Bits;
  /** Operand size; null: the instruction has none (LGDT, INVLPG) or the same in every mode (PUSH in 64-bit mode). */
  readonly width: Width | null;
  /** F2, F3, F0 and the like: come before REX. */
  readonly prefixes?: readonly number[];
  readonly opcode: readonly number[];
  /** ModR/M's reg field: a register's number or the opcode's /digit. */
  readonly reg: number;
  readonly rm: RegisterOrMemory;
}

const OPERAND_SIZE = 0x66;
const ADDRESS_SIZE = 0x67;
const REX = 0x40;
const REX_W = 8;
const REX_R = 4;
const REX_X = 2;
const REX_B = 1;
/** rm 4 says that a SIB byte follows, and index 4 in it that there is none; rm (or base) 5 under mod 0: no base, disp32. */
const SIB_FOLLOWS = 4;
const NO_INDEX = 4;
const NO_BASE = 5;

/**
 * The bytes of an instruction up to its immediate. Guests are assembled on emulated machines too: a list that grows costs
 * a fraction of lists that are joined.
 */
export function encode({ bits, width, prefixes, opcode, reg, rm }: Form): Piece[] {
  const pieces: Piece[] = [];
  const address = isMemory(rm) ? rm : null;
  checkAddress(bits, address);
  const number = isMemory(rm) ? (rm.base === null ? 0 : registerNumber(rm.base)) : registerNumber(rm);
  const index = address === null || address.index === null ? 0 : registerNumber(address.index);
  pushSizes(pieces, bits, width, address);
  if (prefixes !== undefined) for (const prefix of prefixes) pieces.push(prefix);
  const rex = rexOf(bits, width, reg, index, number);
  if (rex !== 0) pieces.push(rex);
  for (const part of opcode) pieces.push(part);
  if (isMemory(rm)) pushMemory(pieces, bits, reg, rm);
  else pieces.push(0xc0 | ((reg & 7) << 3) | (number & 7));
  return pieces;
}

/** 66h and 67h where the operand or the address is not of the mode's default size (table 3-4 of volume 1). */
export function sizePrefixes(bits: Bits, width: Width | null, address: Memory | null): Piece[] {
  const pieces: Piece[] = [];
  pushSizes(pieces, bits, width, address);
  return pieces;
}

function pushSizes(pieces: Piece[], bits: Bits, width: Width | null, address: Memory | null): void {
  if (address !== null && (bits === 16 || isNarrow(address.base) || isNarrow(address.index))) pieces.push(ADDRESS_SIZE);
  if (width === (bits === 16 ? 32 : 16)) pieces.push(OPERAND_SIZE);
}

function isNarrow(register: AddressRegister | null): boolean {
  return register !== null && registerWidth(register) === 32;
}

/** REX (section 2.2.1.2), or 0 where none is needed. */
export function rexOf(bits: Bits, width: Width | null, reg: number, index: number, base: number): number {
  const set = (width === 64 ? REX_W : 0) | (reg > 7 ? REX_R : 0) | (index > 7 ? REX_X : 0) | (base > 7 ? REX_B : 0);
  if (set !== 0 && bits === 16)
    throw new RangeError('64-bit operands and registers from r8 on exist only in 64-bit mode');
  return set === 0 ? 0 : REX | set;
}

function checkAddress(bits: Bits, address: Memory | null): void {
  if (address === null || bits === 64) return;
  for (const part of [address.base, address.index]) {
    if (part !== null && !isNarrow(part)) throw new RangeError(`real mode has no address ${part}`);
  }
}

function pushMemory(pieces: Piece[], bits: Bits, reg: number, { base, index, scale, displacement }: Memory): void {
  const field = (reg & 7) << 3;
  const indexField = (Math.log2(scale) << 6) | ((index === null ? NO_INDEX : registerNumber(index) & 7) << 3);
  if (base === null) {
    // In 64-bit mode rm 5 means relative to RIP; an address takes the form with a SIB byte and no base (section 2.2.1.6).
    if (index === null && bits === 16) pieces.push(field | NO_BASE);
    else pieces.push(field | SIB_FOLLOWS, indexField | NO_BASE);
    return pushDisplacement(pieces, displacement);
  }
  const number = registerNumber(base) & 7;
  const mod = modOf(number, displacement);
  if (index !== null || number === SIB_FOLLOWS) pieces.push((mod << 6) | field | SIB_FOLLOWS, indexField | number);
  else pieces.push((mod << 6) | field | number);
  if (mod === 2) pushDisplacement(pieces, displacement);
  else if (mod === 1) pieces.push(Number(displacement) & 0xff);
}

/** 0: no displacement, 1: one byte, 2: four. RBP and R13 have no form without (table 2-5): they take one byte of zero. */
function modOf(base: number, displacement: number | Label): 0 | 1 | 2 {
  if (typeof displacement !== 'number') return 2;
  if (displacement === 0 && base !== NO_BASE) return 0;
  return displacement >= -0x80 && displacement < 0x80 ? 1 : 2;
}

function pushDisplacement(pieces: Piece[], displacement: number | Label): void {
  if (typeof displacement !== 'number') {
    pieces.push({ label: displacement, bytes: 4, relative: false });
    return;
  }
  // A 64-bit address is the displacement sign-extended, so one above 2 GiB needs a register.
  if (displacement < -0x8000_0000 || displacement > 0x7fff_ffff) {
    throw new RangeError(`0x${displacement.toString(16)} is no signed 32-bit displacement`);
  }
  for (let shift = 0; shift < 32; shift += 8) pieces.push((displacement >> shift) & 0xff);
}

/** The low `bytes` bytes of a value in two's complement. */
export function littleEndian(value: number | bigint, bytes: number): number[] {
  const list: number[] = [];
  if (typeof value === 'number' && bytes <= 4) {
    for (let shift = 0; shift < bytes * 8; shift += 8) list.push((value >> shift) & 0xff);
    return list;
  }
  let rest = BigInt.asUintN(bytes * 8, BigInt(value));
  for (let count = 0; count < bytes; count++) {
    list.push(Number(rest & 0xffn));
    rest >>= 8n;
  }
  return list;
}
