/** The rows of the sections that this folder writes: lists of flat objects. */
import type { Json, Section } from '../../model/index.ts';

export type Row = Readonly<Record<string, Json>>;

/** Empty where the section is not there, or was not written by this folder. */
export function rowsOf(section: Section | undefined, list: string): readonly Row[] {
  if (section?.outcome !== 'measured') return [];
  const { data } = section;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return [];
  // Neither array nor scalar: what is left of Json is the object.
  const rows = (data as Row)[list];
  return Array.isArray(rows) ? rows.filter(isRow) : [];
}

function isRow(value: Json): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
