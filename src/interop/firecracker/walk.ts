/** A strict walk over somebody else's JSON: a value of the wanted type, or a fault with its place. */
import { err, hex, ok } from '../../model/index.ts';
import type { Hex, Json, Result } from '../../model/index.ts';

export interface Fault {
  /** JSON pointer (RFC 6901). */
  readonly pointer: string;
  readonly message: string;
}

/** A value and where it is. */
export interface At {
  readonly value: Json | undefined;
  readonly pointer: string;
}

/** Thrown within this folder alone and turned into a `Result` at its door: a walk ends at the first fault. */
class Stop extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

export function walk<T>(read: () => T): Result<T, Fault> {
  try {
    return ok(read());
  } catch (thrown) {
    if (thrown instanceof Stop) return err(thrown.fault);
    throw thrown;
  }
}

export function stop(at: At, message: string): never {
  throw new Stop({ pointer: at.pointer, message });
}

export function member(at: At, name: string): At {
  const { value } = at;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return stop(at, 'expected an object');
  // Neither array nor scalar: what is left of Json is the object.
  return { value: (value as { readonly [key: string]: Json })[name], pointer: `${at.pointer}/${name}` };
}

export function items(at: At): At[] {
  if (!Array.isArray(at.value)) return stop(at, at.value === undefined ? 'is missing' : 'expected an array');
  return at.value.map((value: Json, index) => ({ value, pointer: `${at.pointer}/${index}` }));
}

export function text(at: At): string {
  return typeof at.value === 'string'
    ? at.value
    : stop(at, at.value === undefined ? 'is missing' : 'expected a string');
}

export function whole(at: At, maximum: number): number {
  const { value } = at;
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maximum;
  return fits ? value : stop(at, `expected a whole number of at most ${maximum}`);
}

/** `0x7`, or decimal as Firecracker also accepts it; at most `bits` bits. */
export function number(at: At, bits: number): Hex {
  const written = text(at);
  if (!/^(0x[0-9a-fA-F]{1,16}|[0-9]{1,20})$/.test(written)) return stop(at, 'expected a number such as "0x10a"');
  const value = BigInt(written);
  return value >> BigInt(bits) === 0n ? hex(value) : stop(at, `expected at most ${bits} bits`);
}

/** `0b0101…` of exactly `bits` digits. A fingerprint holds values: an `x`, as templates have it, is no value. */
export function bitmap(at: At, bits: number): Hex {
  const written = text(at);
  if (!new RegExp(`^0b[01]{${bits}}$`).test(written)) return stop(at, `expected "0b" and ${bits} digits 0 or 1`);
  return hex(BigInt(written));
}

/** `0b10x_x…` of at most `bits` digits: the bits that are 0 or 1, as a mask, and which of them are 1. */
export function pattern(at: At, bits: number): { readonly mask: bigint; readonly value: bigint } {
  const written = text(at);
  const digits = written.slice(2).replaceAll('_', '');
  if (!/^0b[01x_]+$/.test(written) || digits === '') return stop(at, 'expected "0b" and digits 0, 1 or x');
  if (digits.length > bits) return stop(at, `expected at most ${bits} digits`);
  return {
    mask: BigInt(`0b${digits.replace(/[01x]/g, (digit) => (digit === 'x' ? '0' : '1'))}`),
    value: BigInt(`0b${digits.replaceAll('x', '0')}`),
  };
}
