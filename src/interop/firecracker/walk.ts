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

/** A list that may be left out, as every list of a template may. */
export function optionalItems(at: At): At[] {
  return at.value === undefined ? [] : items(at);
}

/** Members that nobody knows are refused: a misspelt one would otherwise be a setting that is silently not made. */
export function onlyMembers(at: At, names: readonly string[]): void {
  const { value } = at;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return stop(at, 'expected an object');
  const stray = Object.keys(value).find((name) => !names.includes(name));
  if (stray === undefined) return;
  const place: At = { value: null, pointer: `${at.pointer}/${stray.replaceAll('~', '~0').replaceAll('/', '~1')}` };
  stop(place, `unknown member; there are ${names.join(', ')}`);
}

export function refuseTwice(list: At, keys: readonly string[]): void {
  const seen = new Set<string>();
  for (const [index, key] of keys.entries()) {
    if (seen.has(key)) stop({ value: null, pointer: `${list.pointer}/${index}` }, `${key} is there twice`);
    seen.add(key);
  }
}

/** `0x7` or `0b111`, as Firecracker takes numbers (templates_serde.rs: a number without a prefix is an error there). */
export function number(at: At, bits: number): Hex {
  const written = text(at);
  if (!/^(0x[0-9a-fA-F]{1,32}|0b[01]{1,128})$/.test(written)) {
    return stop(at, 'expected a number with its prefix, such as "0x10a"');
  }
  const value = BigInt(written);
  return value >> BigInt(bits) === 0n ? hex(value) : stop(at, `expected at most ${bits} bits`);
}
