/**
 * Bitmaps of Firecracker's files: a digit a bit from the highest down, `0`, `1`, or `x` for a bit that stays as it is.
 * Digits that are left out at the front are `x`, `_` separates, and the `0b` in front may be missing (the parser:
 * src/vmm/src/cpu_config/templates.rs, RegisterValueFilter).
 */
import { stop, text } from './walk.ts';
import type { At } from './walk.ts';

/** The bits of `mask` have the value that they have in `value`; `value` has no bit outside `mask`. */
export interface Bits {
  readonly mask: bigint;
  readonly value: bigint;
}

/** Of at most `bits` digits. One without any digit, which Firecracker takes for all `x`, is a mistake and refused. */
export function readBitmap(at: At, bits: number): Bits {
  const written = text(at);
  // `_` may be anywhere; what is longer than any bitmap with its separators is not worth looking at.
  if (written.length > 2 * bits + 2) return stop(at, `expected at most ${bits} digits`);
  const digits = written.replace(/^0b/, '').replaceAll('_', '');
  if (!/^[01x]+$/.test(digits)) return stop(at, 'expected "0b" and digits 0, 1 or x');
  if (digits.length > bits) return stop(at, `expected at most ${bits} digits`);
  return {
    mask: BigInt(`0b${digits.replace(/[01x]/g, (digit) => (digit === 'x' ? '0' : '1'))}`),
    value: BigInt(`0b${digits.replaceAll('x', '0')}`),
  };
}

/** All digits, as Firecracker writes its own. */
export function bitmapText({ mask, value }: Bits, bits: number): string {
  const digits = Array.from({ length: bits }, (_, position) => {
    const bit = 1n << BigInt(bits - 1 - position);
    if ((mask & bit) === 0n) return 'x';
    return (value & bit) === 0n ? '0' : '1';
  });
  return `0b${digits.join('')}`;
}

export function allOnes(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}

/** What a register holds once the template was applied to it. */
export function applied(old: bigint, { mask, value }: Bits): bigint {
  return (old & ~mask) | value;
}
