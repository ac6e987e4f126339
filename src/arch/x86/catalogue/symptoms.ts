/** The symptom of an element, by the rows of `symptom-rows.ts`. */
import type { Element, Symptom } from '../../../model/index.ts';
import { SYMPTOM_ROWS } from './symptom-rows.ts';
import type { SymptomRow } from './symptom-rows.ts';

const UNNAMED: Symptom = {
  severity: 'fatal',
  reason: 'no table names the bit: it may stand for instructions, and then code that uses them gets #UD',
};

export function symptom(element: Element): Symptom {
  if (!element.named && element.kind === 'feature') return UNNAMED;
  const row = SYMPTOM_ROWS.find((each) => fits(each, element));
  // The last row fits everything.
  if (row === undefined) throw new Error(`no row fits ${element.path}`);
  return { severity: row.severity, reason: row.reason };
}

/** The name of a field within its word; the empty text where the word is one element. */
export function fieldName({ path, word }: Pick<Element, 'path' | 'word'>): string {
  return path.slice(word.length + 1);
}

export function fits(row: SymptomRow, element: Pick<Element, 'path' | 'word' | 'kind'>): boolean {
  return (
    element.word.startsWith(row.word) &&
    (row.kinds === undefined || row.kinds.includes(element.kind)) &&
    (row.fields === undefined || row.fields.includes(fieldName(element)))
  );
}
