/** The elements of a CPUID word: named fields with their classes, and between them one element a bit. */
import type { Element } from '../../model/index.ts';
import { parseCpuidWord } from './paths.ts';
import type { CpuidWordName } from './paths.ts';
import { CPUID_EXTRA_FIELDS } from './tables/cpuid-extra.ts';
import { CPUID_FIELDS } from './tables/cpuid-fields.ts';
import { CPUID_KINDS, FEATURE } from './tables/cpuid-kinds.ts';
import type { FieldClass, Selection } from './tables/cpuid-kinds.ts';

export interface CpuidElement extends Element {
  readonly selection: Selection;
}

type FieldRow = (typeof CPUID_FIELDS)[number];

const WORD_BITS = 32;
const SOURCE = 'x86-cpuid-db 3.1';

/** Rows by `leaf/register`: a word's rows are then few. */
const byRegister: ReadonlyMap<string, readonly FieldRow[]> = Map.groupBy(
  [...CPUID_FIELDS, ...CPUID_EXTRA_FIELDS],
  ([leaf, , , register]) => `${leaf}/${register}`,
);

const known = new Map<string, readonly CpuidElement[]>();

/** Covers all 32 bits, ordered by shift; empty where the path is no CPUID word. */
export function cpuidElements(word: string): readonly CpuidElement[] {
  const cached = known.get(word);
  if (cached !== undefined) return cached;
  const name = parseCpuidWord(word);
  const elements = name === null ? [] : compile(word, name);
  known.set(word, elements);
  return elements;
}

function compile(word: string, name: CpuidWordName): CpuidElement[] {
  const rows = (byRegister.get(`${name.leaf}/${name.register}`) ?? [])
    .filter(([, first, last]) => first <= name.subleaf && name.subleaf <= last)
    .toSorted((a, b) => a[4] - b[4]);
  const elements: CpuidElement[] = [];
  let next = 0;
  const unnamed = (until: number): void => {
    for (; next < until; next++) elements.push(bit(word, next));
  };
  for (const [, , , , shift, width, field, description] of rows) {
    if (shift < next) continue;
    unnamed(shift);
    const is = classify(name, field, width) ?? FEATURE;
    elements.push({
      path: `${word}/${field}`,
      word,
      shift,
      width,
      kind: is.kind,
      comparison: is.comparison,
      selection: is.selection,
      signed: false,
      description,
      source: SOURCE,
      named: true,
    });
    next = shift + width;
  }
  unnamed(WORD_BITS);
  return elements;
}

/** Compared as a feature, in whatever leaf: nothing is known of it but that it may be one. */
function bit(word: string, shift: number): CpuidElement {
  return {
    path: `${word}/bit${shift}`,
    word,
    shift,
    width: 1,
    kind: FEATURE.kind,
    comparison: FEATURE.comparison,
    selection: FEATURE.selection,
    signed: false,
    description: 'a bit that no table names',
    source: SOURCE,
    named: false,
  };
}

/** The class of a named field. Null where no row speaks of it: a single bit is then a feature, all else a gap. */
export function classify(name: CpuidWordName, field: string, width: number): FieldClass | null {
  const row = CPUID_KINDS.find(
    ({ leaf, subleaf, register, names }) =>
      leaf === name.leaf &&
      (subleaf === undefined || subleaf === name.subleaf) &&
      (register === undefined || register === name.register) &&
      (names === 'all' || (names === undefined ? width > 1 : names.includes(field))),
  );
  return row?.is ?? null;
}
