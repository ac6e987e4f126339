/** Elements made from rows of fields: the named ones, and one without a name for each bit between them. */
import type { Comparison, Element, Kind, WordPath } from '../../model/index.ts';

export interface FieldRow {
  readonly shift: number;
  readonly width: number;
  readonly name: string;
  readonly kind: Kind;
  readonly comparison: Comparison;
  readonly description: string;
}

export interface WordRow {
  readonly fields: readonly FieldRow[];
  readonly source: string;
  /** How bits that no row names compare. */
  readonly rest: Comparison;
  /** The same for bits 0 to 31, where those compare otherwise. */
  readonly lowRest?: Comparison;
  /** What bits that no row names are; left out: features. */
  readonly restKind?: Kind;
}

const LOW_BITS = 32;

/** Covers `width` bits, ordered by shift. Rows must be disjoint. */
export function elementsOf(word: WordPath, width: number, row: WordRow): Element[] {
  const elements: Element[] = [];
  let next = 0;
  const unnamed = (until: number): void => {
    for (; next < until; next++) {
      elements.push({
        path: `${word}/bit${next}`,
        word,
        shift: next,
        width: 1,
        kind: row.restKind ?? 'feature',
        comparison: next < LOW_BITS ? (row.lowRest ?? row.rest) : row.rest,
        signed: false,
        description: 'a bit that no table names',
        source: row.source,
        named: false,
      });
    }
  };
  for (const field of row.fields.toSorted((a, b) => a.shift - b.shift)) {
    unnamed(field.shift);
    elements.push({
      path: `${word}/${field.name}`,
      word,
      shift: field.shift,
      width: field.width,
      kind: field.kind,
      comparison: field.comparison,
      signed: false,
      description: field.description,
      source: row.source,
      named: true,
    });
    next = field.shift + field.width;
  }
  unnamed(width);
  return elements;
}

/** A word that is one element. */
export function wholeWord(
  word: WordPath,
  width: number,
  kind: Kind,
  comparison: Comparison,
  description: string,
  source: string,
): Element[] {
  return [{ path: word, word, shift: 0, width, kind, comparison, signed: false, description, source, named: true }];
}
