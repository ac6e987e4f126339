/**
 * Fields of an instruction word. Every encoder of this folder is a fixed word with fields put into it; what does not
 * fit is a bug of the caller and throws.
 */

/** A general-purpose or vector register by number. In most instructions 31 is the zero register, in some SP. */
export type Register = number;

export const XZR: Register = 31;
export const SP: Register = 31;
/** The link register, which BL writes and RET uses. */
export const LR: Register = 30;

/** An unsigned number of `bits` bits at bit `shift`. */
export function unsigned(value: number, bits: number, shift: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${value} does not fit into ${bits} bits`);
  }
  return value * 2 ** shift;
}

/** A signed number of `bits` bits at bit `shift`, in two's complement. */
export function signed(value: number, bits: number, shift: number): number {
  if (!Number.isInteger(value) || value < -(2 ** (bits - 1)) || value >= 2 ** (bits - 1)) {
    throw new RangeError(`${value} does not fit into ${bits} bits with a sign`);
  }
  return (value < 0 ? value + 2 ** bits : value) * 2 ** shift;
}

/** A register number at bit `shift`. */
export function register(number: Register, shift: number): number {
  return unsigned(number, 5, shift);
}

/** An offset in units of `unit` bytes; one that is no multiple cannot be encoded. */
export function scaled(bytes: number, unit: number): number {
  if (bytes % unit !== 0) throw new RangeError(`${bytes} is no multiple of ${unit}`);
  return bytes / unit;
}

/** The fields do not overlap, so that the word is their sum; a sum has no sign, as `|` has. */
export function word(fixed: number, ...fields: readonly number[]): number {
  return fields.reduce((sum, field) => sum + field, fixed);
}
