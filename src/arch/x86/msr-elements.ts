/** The elements of an MSR: of feature MSRs every bit by itself, of state the register or the fields that have names. */
import type { Element, WordPath } from '../../model/index.ts';
import { elementsOf, wholeWord } from './fields.ts';
import type { FieldRow } from './fields.ts';
import { FEATURE_MSRS } from './tables/msr-fields.ts';
import type { FeatureMsr, StateMsr } from './tables/msr-row.ts';
import { STATE_MSRS } from './tables/state-msrs.ts';

const featureMsrs: ReadonlyMap<number, FeatureMsr> = new Map(FEATURE_MSRS.map((row) => [row.index, row]));

const stateMsrs: ReadonlyMap<number, StateMsr> = new Map(
  STATE_MSRS.flatMap((row) =>
    Array.from({ length: (row.last ?? row.first) - row.first + 1 }, (_, at) => [row.first + at, row] as const),
  ),
);

/** True for an MSR that says what the CPU can do, and not what state it is in. */
export function isFeatureMsr(index: number): boolean {
  return featureMsrs.has(index);
}

/** What the register is as a whole, in a line; null where no table has it. */
export function msrDescription(index: number): string | null {
  return (featureMsrs.get(index) ?? stateMsrs.get(index))?.description ?? null;
}

/** Of a feature MSR: nothing is offered, unless it says who made the CPU. */
export function msrNeutral(index: number): bigint | null {
  const feature = featureMsrs.get(index);
  if (feature !== undefined) return feature.kind === 'feature' ? 0n : null;
  return stateMsrs.get(index)?.neutral?.value ?? null;
}

export function featureMsrElements(word: WordPath, width: number, index: number): readonly Element[] {
  const row = featureMsrs.get(index);
  if (row === undefined) return [];
  const fields = row.fields.map(([shift, bits, name, comparison, description, kind]): FieldRow => ({
    shift,
    width: bits,
    name,
    kind: kind ?? row.kind,
    comparison,
    description,
  }));
  const { rest, source, lowRest } = row;
  return elementsOf(word, width, { fields, rest, source, ...(lowRest === undefined ? {} : { lowRest }) });
}

export function stateMsrElements(word: WordPath, width: number, index: number): readonly Element[] {
  const row = stateMsrs.get(index);
  if (row === undefined) {
    // It is saved and restored whatever it is, as a VMM does with all that the kernel lists.
    return wholeWord(word, width, 'state', 'none', 'an MSR that no table names', 'KVM_GET_MSR_INDEX_LIST').map(
      (whole) => ({
        ...whole,
        named: false,
      }),
    );
  }
  if (row.fields === undefined) return wholeWord(word, width, 'state', 'none', row.description, row.source);
  const fields = row.fields.map(([shift, bits, name, description]): FieldRow => ({
    shift,
    width: bits,
    name,
    kind: 'state',
    comparison: 'none',
    description,
  }));
  return elementsOf(word, width, { fields, rest: 'none', restKind: 'state', source: row.source });
}
