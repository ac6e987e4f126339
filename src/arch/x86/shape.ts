/**
 * Shapes of section data. A surface comes from a file that anybody may have written, and `format/` knows only that a
 * section is JSON; what each section must look like is the architecture's, said here without a validation library
 * because the probe's worker imports this folder inside emulated machines.
 */
import { isHex } from '../../model/index.ts';
import type { Json } from '../../model/index.ts';

export interface Complaint {
  /** JSON pointer to the value that does not fit. */
  readonly pointer: string;
  readonly message: string;
}

/** Says what is wrong with a value that is no `T`, or null. `T` is carried for the reader of a section. */
export interface Shape<T> {
  readonly check: (value: Json | undefined, pointer: string) => Complaint | null;
  /** Never there; only makes two shapes of different types differ. */
  readonly type?: T;
}

function scalar<T>(expected: string, fits: (value: Json | undefined) => boolean): Shape<T> {
  return { check: (value, pointer) => (fits(value) ? null : { pointer, message: `expected ${expected}` }) };
}

export const text: Shape<string> = scalar('a string', (value) => typeof value === 'string');
export const flag: Shape<boolean> = scalar('true or false', (value) => typeof value === 'boolean');
export const count: Shape<number> = scalar(
  'a whole number',
  (value) => typeof value === 'number' && Number.isSafeInteger(value),
);

/** A canonical hex text of at most `bits` bits. */
export function hexOf(bits: number): Shape<`0x${string}`> {
  return scalar(
    `a lower-case hex value of at most ${bits} bits`,
    (value) => typeof value === 'string' && isHex(value) && BigInt(value) >> BigInt(bits) === 0n,
  );
}

export function oneOf<const T extends string>(values: readonly T[]): Shape<T> {
  return scalar(`one of ${values.join(', ')}`, (value) => values.some((candidate) => candidate === value));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { check: (value, pointer) => (value === null ? null : shape.check(value, pointer)) };
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return { check: (value, pointer) => (value === undefined ? null : shape.check(value, pointer)) };
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return {
    check(value, pointer) {
      if (!Array.isArray(value)) return { pointer, message: 'expected an array' };
      const list: readonly Json[] = value;
      for (const [index, item] of list.entries()) {
        const complaint = shape.check(item, `${pointer}/${index}`);
        if (complaint !== null) return complaint;
      }
      return null;
    },
  };
}

/** An object with these members; further members, as a newer version may write, are left alone. */
export function record<T extends object>(members: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> {
  return {
    check(value, pointer) {
      if (!isObject(value)) return { pointer, message: 'expected an object' };
      for (const name in members) {
        const complaint = members[name].check(
          value[name],
          `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`,
        );
        if (complaint !== null) return complaint;
      }
      return null;
    },
  };
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
