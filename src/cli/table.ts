/**
 * Tables for people: columns aligned, the flexible one wrapped to the terminal's width, two spaces between. Headers in
 * capitals, as kubectl and virsh users expect; no rulers, so that `awk` and eyes both find the columns.
 */
import { stripVTControlCharacters } from 'node:util';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Takes what width is left, and wraps. At most one. */
  readonly flexible?: boolean;
}

export interface TableOptions {
  readonly width: number;
  readonly indent?: string;
  /** Leave out the line of titles. */
  readonly bare?: boolean;
}

const GAP = '  ';
/** Below this a column is not squeezed: the terminal's own wrapping is then easier to read. */
const NARROWEST = 24;

export function table(columns: readonly Column[], rows: readonly (readonly string[])[], options: TableOptions): string {
  const indent = options.indent ?? '';
  const all = options.bare === true ? rows : [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(0, ...all.map((row) => visibleLength(row[index] ?? ''))));
  const flexible = columns.findIndex((column) => column.flexible === true);
  const others = widths.reduce((sum, width, index) => (index === flexible ? sum : sum + width + GAP.length), 0);
  const natural = widths[flexible] ?? 0;
  const room = Math.max(NARROWEST, options.width - indent.length - others);
  if (flexible >= 0) widths[flexible] = Math.min(natural, room);
  return all
    .flatMap((row) => lines(row, columns, widths, flexible))
    .map((line) => `${indent}${line}`.trimEnd() + '\n')
    .join('');
}

function lines(
  row: readonly string[],
  columns: readonly Column[],
  widths: readonly number[],
  flexible: number,
): string[] {
  const wrapped = flexible < 0 ? [''] : wrap(row[flexible] ?? '', widths[flexible] ?? 0);
  return wrapped.map((part, line) =>
    columns
      .map((column, index) => {
        const text = index === flexible ? part : line === 0 ? (row[index] ?? '') : '';
        return pad(text, widths[index] ?? 0, column.align ?? 'left');
      })
      .join(GAP),
  );
}

/** Text as lines of at most `width` columns, broken at spaces; a longer word has a line of its own. */
export function wrap(text: string, width: number): string[] {
  if (visibleLength(text) <= width) return [text];
  const found: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && visibleLength(line) + 1 + visibleLength(word) > width) {
      found.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...found, line];
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const filler = ' '.repeat(Math.max(0, width - visibleLength(text)));
  return align === 'left' ? text + filler : filler + text;
}

/** Columns that a text takes; what Evenkeel prints has one column a code point. */
function visibleLength(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
