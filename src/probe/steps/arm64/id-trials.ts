/** Tries what one ID register can be given, field by field. */
import { registerFields } from '../../../arch/arm64/fields.ts';
import type { RegisterField } from '../../../arch/arm64/fields.ts';
import { bytesOf, PMCR_EL0 } from '../../../arch/arm64/ids.ts';
import type { FieldTrial, IdRegisterTrial } from '../../../arch/arm64/sections.ts';
import { extract, fieldMask, hex } from '../../../model/index.ts';
import type { Registers } from './registers.ts';
import { text } from './registers.ts';

/** Every value is tried of fields up to this width: the ID scheme's are of 4 bits, PMCR_EL0.N of 5. */
const EXHAUSTIVE_BITS = 5;

export function tryIdRegister(registers: Registers, id: bigint): IdRegisterTrial {
  const read = registers.get(id);
  if (typeof read === 'string') return { id: hex(id), value: read, same: read, fields: [], fixed: {} };
  const { outcome: same } = registers.try(id, read, read);
  const fields: FieldTrial[] = [];
  const fixed: Record<string, string[]> = {};
  // PMCR_EL0 is state but for what the table names.
  const wanted = registerFields(id, bytesOf(id) * 8).filter(({ source }) => id !== PMCR_EL0 || source !== 'unnamed');
  for (const field of wanted) {
    const { errnos, trial } = tryField(registers, id, read, field);
    const [errno, ...others] = errnos;
    // One reason for all of them: the field says in a word what a list would say at length.
    if (trial.taken.length === 0 && !trial.ignored && !trial.changed && errno !== undefined && others.length === 0) {
      (fixed[errno] ??= []).push(`${field.shift}:${field.width}`);
    } else fields.push(trial);
  }
  const movable = fields.filter(({ taken }) => taken.length > 0);
  if (movable.length < 2) return { id: hex(id), value: text(read), same, fields, fixed };
  // KVM could take each field alone and yet not this combination of them.
  const lowest = movable.reduce((word, { shift, width, taken }) => {
    const field = { shift, width };
    return (word & ~fieldMask(field)) | (BigInt(Math.min(...taken)) << BigInt(shift));
  }, read);
  const together = registers.trial(id, lowest, read);
  return { id: hex(id), value: text(read), same, fields, fixed, together };
}

function tryField(
  registers: Registers,
  id: bigint,
  before: bigint,
  field: RegisterField,
): { readonly errnos: readonly string[]; readonly trial: FieldTrial } {
  const taken: number[] = [];
  const ignored: number[] = [];
  const changed: (readonly [number, string])[] = [];
  const refused: Record<string, number[]> = {};
  let disturbed = false;
  const attempt = (value: bigint): void => {
    const word = (before & ~fieldMask(field)) | (value << BigInt(field.shift));
    let { outcome, reads } = registers.try(id, word, before);
    // After an earlier write `changed` may only say that this one was ignored and the earlier value still reads.
    if (outcome === 'changed' && disturbed) {
      registers.set(id, before);
      ({ outcome, reads } = registers.try(id, word, before));
    }
    if (outcome === 'taken') taken.push(Number(value));
    else if (outcome === 'ignored') ignored.push(Number(value));
    else if (outcome === 'changed') changed.push([Number(value), text(reads)]);
    else (refused[outcome] ??= []).push(Number(value));
    // The next write replaces this one; only the last that had an effect must be undone.
    if (outcome === 'taken' || outcome === 'changed') disturbed = true;
  };
  const own = extract(field, before);
  const first = alternatives(own, field.width);
  const others = otherValues(own, field.width, first);
  first.forEach(attempt);
  // What KVM accepts of a named field need not be next to the default: a few values are let in for old VMMs' sake.
  const accepted = taken.length + ignored.length + changed.length > 0;
  const complete = accepted || field.source !== 'unnamed';
  if (complete) others.forEach(attempt);
  const exhaustive = complete && field.width <= EXHAUSTIVE_BITS;
  if (disturbed) registers.set(id, before);
  const ascending = (a: number, b: number): number => a - b;
  for (const values of Object.values(refused)) values.sort(ascending);
  const errnos = Object.keys(refused);
  const [only, ...more] = errnos;
  return {
    errnos,
    trial: {
      shift: field.shift,
      width: field.width,
      taken: taken.sort(ascending),
      ...(ignored.length > 0 ? { ignored: ignored.sort(ascending) } : {}),
      ...(changed.length > 0 ? { changed: changed.sort(([a], [b]) => a - b) } : {}),
      ...(only === undefined ? {} : { refused: exhaustive && more.length === 0 ? { [only]: 'others' } : refused }),
    },
  };
}

/** REVIDR_EL1 is one field of 64 bits; a section writes field values as JSON numbers, which end at 2^53. */
const WIDEST = 52;

/** The neighbours of the default, 0 and the largest value. */
function alternatives(own: bigint, width: number): readonly bigint[] {
  const limit = 1n << BigInt(Math.min(width, WIDEST));
  return [...new Set([own - 1n, own + 1n, 0n, limit - 1n])].filter(
    (value) => value >= 0n && value < limit && value !== own,
  );
}

/** What is left to try: of a narrow field everything, of a wide one every single bit. */
function otherValues(own: bigint, width: number, first: readonly bigint[]): readonly bigint[] {
  const values =
    width <= EXHAUSTIVE_BITS
      ? Array.from({ length: 1 << width }, (_, value) => BigInt(value))
      : Array.from({ length: Math.min(width, WIDEST) }, (_, bit) => 1n << BigInt(bit));
  return values.filter((value) => value !== own && !first.includes(value));
}
