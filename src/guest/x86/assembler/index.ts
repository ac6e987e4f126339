/** An assembler for what Evenkeel's x86 guests need: 64-bit mode, and real mode with 32-bit addresses. */
export { Assembler } from './assembler.ts';
export type { Line } from './assembler.ts';
export type { Bits } from './encode.ts';
export { FIXED } from './fixed.ts';
export type { FixedName } from './fixed.ts';
export type { Arithmetic, Condition, Exchange, MemoryOnly, Shift, StringOperation, Unary } from './forms.ts';
export { ARITHMETIC, CONDITIONS, EXCHANGES, MEMORY_ONLY, SHIFTS, STRINGS, UNARY } from './forms.ts';
export { at, byte, dword, indexed, qword, word } from './operands.ts';
export type { AddressRegister, Immediate, Label, Memory, RegisterOrMemory } from './operands.ts';
export type {
  Control,
  Debug,
  Register,
  Register16,
  Register32,
  Register64,
  Register8,
  Segment,
  Width,
} from './registers.ts';
