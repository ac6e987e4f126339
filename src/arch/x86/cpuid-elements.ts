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

/** Numbers of leaves from which on another manual, or none, describes them. */
const MANUALS: readonly (readonly [first: number, manual: (leaf: number) => string])[] = [
  [0xc000_0000, () => "Zhaoxin's and Centaur's processors"],
  [0x8086_0000, () => "Transmeta's processors"],
  [0x8000_0000, (leaf) => `AMD APM volume 3, appendix E, Fn${leaf.toString(16).replace(/^(.{4})/, '$1_')}`],
  [0x4000_0000, () => 'Linux 7.3, uapi/asm/kvm_para.h and Documentation/virt/kvm/x86/cpuid.rst'],
  [0, (leaf) => `Intel SDM volume 2, CPUID, leaf ${leaf.toString(16).toUpperCase()}H`],
];

/** The manual that describes a leaf; how fields compare, `tables/cpuid-kinds.ts` says from where. */
function manual(leaf: number): string {
  return MANUALS.find(([first]) => leaf >= first)?.[1](leaf) ?? '';
}

const extra: ReadonlySet<FieldRow> = new Set(CPUID_EXTRA_FIELDS);

function sourceOf(row: FieldRow): string {
  const [leaf] = row;
  return extra.has(row) ? manual(leaf) : `x86-cpuid-db 3.1; ${manual(leaf)}`;
}

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
    for (; next < until; next++) elements.push(bit(word, next, name.leaf));
  };
  for (const row of rows) {
    const [, , , , shift, width, field, description] = row;
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
      source: sourceOf(row),
      named: true,
    });
    next = shift + width;
  }
  unnamed(WORD_BITS);
  return elements;
}

/** Compared as a feature, in whatever leaf: nothing is known of it but that it may be one. */
function bit(word: string, shift: number, leaf: number): CpuidElement {
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
    source: manual(leaf),
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
