/** Operands: registers by name, memory as `at(…)`, immediates as numbers, and labels for addresses that are not yet known. */
import type { Register, Register32, Register64, Width } from './registers.ts';

/** A place in the program. Its address is known once it is bound; until then uses of it are fix-ups. */
export interface Label {
  readonly name: string;
}

export type AddressRegister = Register64 | Register32;

export interface Memory {
  readonly kind: 'memory';
  readonly base: AddressRegister | null;
  readonly index: AddressRegister | null;
  readonly scale: 1 | 2 | 4 | 8;
  /** Signed 32 bits, or a label's address (which must then be below 2 GiB). */
  readonly displacement: number | Label;
  /** Bits, where no register says it. */
  readonly width: Width | null;
}

/** `at('rbx', 8)`, `at(0x1000)`, `at(label)`: memory at a register and a displacement, or at an address. */
export function at(base: AddressRegister | number | Label, displacement: number = 0): Memory {
  if (typeof base === 'string') return memory(base, displacement);
  return memory(null, base);
}

/** `[base + index * scale + displacement]`. The stack pointer cannot be an index (Intel SDM volume 2, table 2-3). */
export function indexed(
  base: AddressRegister | null,
  index: Exclude<AddressRegister, 'rsp' | 'esp'>,
  scale: 1 | 2 | 4 | 8,
  displacement: number | Label = 0,
): Memory {
  return { kind: 'memory', base, index, scale, displacement, width: null };
}

function memory(base: AddressRegister | null, displacement: number | Label): Memory {
  return { kind: 'memory', base, index: null, scale: 1, displacement, width: null };
}

const ofWidth =
  (width: Width) =>
  (operand: Memory): Memory => ({ ...operand, width });

/** Say how wide memory is where the instruction's other operand does not: `add(qword(at('rbx')), 1)`. */
export const byte: (operand: Memory) => Memory = ofWidth(8);
export const word: (operand: Memory) => Memory = ofWidth(16);
export const dword: (operand: Memory) => Memory = ofWidth(32);
export const qword: (operand: Memory) => Memory = ofWidth(64);

export type RegisterOrMemory = Register | Memory;
/** Immediates: numbers, or bigints where 64 bits are taken. */
export type Immediate = number | bigint;

export function isMemory(operand: RegisterOrMemory | Immediate | Label): operand is Memory {
  return typeof operand === 'object' && 'kind' in operand;
}

const POINTERS: Readonly<Record<Width, string>> = { 8: 'BYTE', 16: 'WORD', 32: 'DWORD', 64: 'QWORD' };

const signed = (value: number): string => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);

/** Memory in Intel syntax. `width` null: without `… PTR`, as of INVLPG, LGDT and the like. */
export function memoryText(operand: Memory, width: Width | null): string {
  const { base, index, scale, displacement } = operand;
  const pointer = width === null ? '' : `${POINTERS[width]} PTR `;
  const place = typeof displacement === 'number' ? signed(displacement) : displacement.name;
  const registers = [base, index === null ? null : `${index}*${scale}`].filter((part) => part !== null).join('+');
  if (registers === '') return `${pointer}ds:${place}`;
  // Without a base, and with RBP or R13 as such, a displacement is encoded even of 0, and so objdump shows it.
  const shown = base === null || /^(.bp|r13d?)$/.test(base);
  if (displacement === 0 && !shown) return `${pointer}[${registers}]`;
  return `${pointer}[${registers}${place.startsWith('-') ? '' : '+'}${place}]`;
}

export function operandText(operand: RegisterOrMemory, width: Width): string {
  return isMemory(operand) ? memoryText(operand, width) : operand;
}

/** Two's complement of so many bits. */
export function immediateText(value: Immediate, bits: number = 64): string {
  return `0x${(value < 0 ? BigInt.asUintN(bits, BigInt(value)) : value).toString(16)}`;
}
