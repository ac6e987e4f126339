/**
 * JSON that is compact and still gives small diffs: a row (an object in an array) or a small flat value has a line of
 * its own, long lists of scalars are filled, everything else is opened.
 */
import type { Json } from '../model/index.ts';

/** Columns beyond which a row is opened. */
const WIDTH = 160;

/** The text of a document, ending in a newline. Keys keep their order. */
export function stringify(value: Json): string {
  return `${render(value, '', false)}\n`;
}

function render(value: Json, indent: string, isRow: boolean): string {
  if (!isContainer(value)) return JSON.stringify(value);
  const line = oneLine(value);
  if (line === '[]' || line === '{}') return line;
  if (line.length + indent.length <= WIDTH && (isRow || isFlat(value))) return line;
  const inner = `${indent}  `;
  if (!Array.isArray(value)) {
    const members = Object.entries(value).map(
      ([key, member]) => `${inner}${JSON.stringify(key)}: ${render(member, inner, false)}`,
    );
    return `{\n${members.join(',\n')}\n${indent}}`;
  }
  const lines = isFlat(value)
    ? fill(value, inner)
    : value.map((row: Json, index) => inner + render(row, inner, true) + (index === value.length - 1 ? '' : ','));
  return `[\n${lines.join('\n')}\n${indent}]`;
}

function isContainer(value: Json): value is readonly Json[] | { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null;
}

/** Holds scalars only. */
function isFlat(value: readonly Json[] | { readonly [key: string]: Json }): boolean {
  return !Object.values(value).some((member: Json) => isContainer(member));
}

function oneLine(value: Json): string {
  if (!isContainer(value)) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => oneLine(item)).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${oneLine(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** As many scalars a line as fit. */
function fill(values: readonly Json[], indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [index, value] of values.entries()) {
    const text = JSON.stringify(value) + (index === values.length - 1 ? '' : ',');
    if (line !== '' && indent.length + line.length + 1 + text.length > WIDTH) {
      lines.push(indent + line);
      line = '';
    }
    line = line === '' ? text : `${line} ${text}`;
  }
  return [...lines, indent + line];
}
