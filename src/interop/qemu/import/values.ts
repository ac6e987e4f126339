/** Values of QOM properties as QMP gives them: numbers, and beyond 2^53 texts of decimal digits (the client's doing). */
import type { Json } from '../../../model/index.ts';
import type { Vcpu } from './ask.ts';

/** Null where there is no such property, or it is no number that fits into so many bits. */
export function numberOf({ properties }: Vcpu, name: string, width: number): bigint | null {
  const value = unsigned(properties.get(name));
  return value === null || value >> BigInt(width) !== 0n ? null : value;
}

export function unsigned(value: Json | undefined): bigint | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null;
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : null;
}

export function textOf({ properties }: Vcpu, name: string): string | null {
  const value = properties.get(name);
  return typeof value === 'string' ? value : null;
}

/** Null where there is no such property. */
export function switchOf({ properties }: Vcpu, name: string): boolean | null {
  const value = properties.get(name);
  return typeof value === 'boolean' ? value : null;
}

/** The rows of a list; null where it is none. */
export function rowsOf(value: Json | undefined): readonly Json[] | null {
  return Array.isArray(value) ? (value satisfies readonly Json[]) : null;
}

/** Characters as CPUID has them: four a register, the first in the lowest byte; null where one is no byte. */
export function registersOf(text: string, count: number): bigint[] | null {
  const bytes = Buffer.alloc(4 * count);
  if (text.length > bytes.length || [...text].some((character) => (character.codePointAt(0) ?? 256) > 255)) return null;
  bytes.write(text, 'latin1');
  return Array.from({ length: count }, (_, index) => BigInt(bytes.readUInt32LE(4 * index)));
}
