/** From trials to latitude: what a word can be given, and what happens to other values. */
import { fromHex, isHex } from '../../model/index.ts';
import type { FieldValues, Rejection, Trial, WordLatitude } from '../../model/index.ts';
import type { RegisterField } from './fields.ts';
import type { FieldTrial, IdRegisterTrial, StateRow } from './sections.ts';

const SET_ONE_REG = 'KVM_SET_ONE_REG';

export function refusedBy(call: string, errno: string): Rejection {
  return { how: 'refused', call, errno };
}

/** Outcomes of a trial that are no errno: the call succeeded. */
export function wasAccepted(outcome: string): boolean {
  return outcome === 'taken' || outcome === 'ignored' || outcome === 'changed' || outcome === 'accepted';
}

/** Fields up to this width had every value tried. */
const EXHAUSTIVE_BITS = 5;

/** An ID register, field by field. */
export function idLatitude(trial: IdRegisterTrial): WordLatitude {
  const fixed = Object.entries(trial.fixed).flatMap(([errno, fields]) =>
    fields.map((text): FieldValues => {
      const [shift = 0, width = 0] = text.split(':').map(Number);
      return { shift, width, values: [], otherwise: refusedBy(SET_ONE_REG, errno) };
    }),
  );
  const fields = [...trial.fields.map(fieldValues), ...fixed];
  return { kind: 'fields', fields, otherwise: { how: 'unknown', why: 'no write was tried' } };
}

function fieldValues(field: FieldTrial): FieldValues {
  const numbers = (values: readonly number[]): bigint[] => values.map(BigInt);
  const vain = [...(field.ignored ?? []), ...(field.changed ?? []).map(([wrote]) => wrote)];
  const rejections = [
    ...(vain.length > 0 ? [{ values: numbers(vain), rejection: { how: 'ignored', call: SET_ONE_REG } as const }] : []),
    ...Object.entries(field.refused ?? {}).flatMap(([errno, values]) =>
      values === 'others' ? [] : [{ values: numbers(values), rejection: refusedBy(SET_ONE_REG, errno) }],
    ),
  ];
  const { shift, width } = field;
  const found: FieldValues = { shift, width, values: numbers(field.taken) };
  if (width > EXHAUSTIVE_BITS && rejections.length === 0) return { ...found, all: true };
  const refusing = Object.entries(field.refused ?? {}).find(([, values]) => values === 'others');
  if (refusing !== undefined) return { ...found, rejections, otherwise: refusedBy(SET_ONE_REG, refusing[0]) };
  const [only, ...others] = rejections;
  const uniform = field.taken.length === 0 && only !== undefined && others.length === 0;
  const otherwise: Rejection = uniform
    ? only.rejection
    : { how: 'unknown', why: 'this value was not tried, and of those that were some took and some did not' };
  return { ...found, rejections, otherwise };
}

/** A word that is one element: whole values. */
export function valueLatitude(trials: readonly Trial[], call: string): WordLatitude {
  const values = taken(trials);
  return { kind: 'values', values, otherwise: rejectionOf(trials, call), rejections: rejections(trials, call) };
}

/** A bitmap: a bit is clearable if the value without it alone was taken. */
export function bitmapLatitude(value: bigint, trials: readonly Trial[], call: string): WordLatitude {
  let clearable = 0n;
  let settable = 0n;
  for (const written of taken(trials)) {
    const difference = written ^ value;
    // Only a write that changes one bit says something about that bit.
    if (difference === 0n || (difference & (difference - 1n)) !== 0n) continue;
    if ((value & difference) !== 0n) clearable |= difference;
    else settable |= difference;
  }
  return { kind: 'bits', clearable, settable, otherwise: rejectionOf(trials, call) };
}

/** A device register of which whole values were written, one field changed at a time. */
export function fieldsFromTrials(
  value: bigint,
  layout: readonly Pick<RegisterField, 'shift' | 'width'>[],
  trials: readonly Trial[],
  call: string,
): WordLatitude {
  const fields = layout.map(({ shift, width }): FieldValues => {
    const mask = ((1n << BigInt(width)) - 1n) << BigInt(shift);
    const own = trials.filter(({ wrote }) => isHex(wrote) && ((fromHex(wrote) ^ value) & ~mask) === 0n);
    const within = (whole: bigint): bigint => (whole & mask) >> BigInt(shift);
    return {
      shift,
      width,
      values: taken(own).map(within),
      rejections: rejections(own, call).map((row) => ({ ...row, values: row.values.map(within) })),
    };
  });
  return { kind: 'fields', fields, otherwise: rejectionOf(trials, call) };
}

/** A unit of state. */
export function stateLatitude(value: bigint | null, row: StateRow | null): WordLatitude {
  if (row === null) return { kind: 'free' };
  const [, , flipped, changedBits] = row;
  const otherwise: Rejection = wasAccepted(flipped)
    ? { how: 'ignored', call: SET_ONE_REG }
    : refusedBy(SET_ONE_REG, flipped);
  const changed = isHex(changedBits) ? fromHex(changedBits) : 0n;
  if (changed === 0n || value === null) return { kind: 'fixed', otherwise };
  return { kind: 'bits', clearable: changed & value, settable: changed & ~value, otherwise };
}

function taken(trials: readonly Trial[]): bigint[] {
  return trials.flatMap(({ wrote, outcome }) => (outcome === 'taken' && isHex(wrote) ? [fromHex(wrote)] : []));
}

function rejections(
  trials: readonly Trial[],
  call: string,
): { readonly values: readonly bigint[]; readonly rejection: Rejection }[] {
  return trials.flatMap(({ wrote, outcome }) => {
    if (outcome === 'taken' || !isHex(wrote)) return [];
    const rejection: Rejection = wasAccepted(outcome) ? { how: 'ignored', call } : refusedBy(call, outcome);
    return [{ values: [fromHex(wrote)], rejection }];
  });
}

/** What to expect of a value that nobody tried: the loudest refusal that was seen, else nothing is known. */
function rejectionOf(trials: readonly Trial[], call: string): Rejection {
  const refusal = trials.find(({ outcome }) => !wasAccepted(outcome));
  if (refusal !== undefined) return refusedBy(call, refusal.outcome);
  if (trials.some(({ outcome }) => outcome === 'ignored' || outcome === 'changed')) return { how: 'ignored', call };
  return { how: 'unknown', why: 'no other value was tried' };
}
