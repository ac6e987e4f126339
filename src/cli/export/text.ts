/** What an export says on standard error: counts, and everything that the program cannot be told, by reason. */
import type { Exported, ExplainedElementValue } from '../../model/index.ts';
import { hex } from '../../model/index.ts';
import type { Terminal } from '../terminal.ts';
import { wrap } from '../table.ts';

const WIDEST = 100;

export function exportNotes(
  terminal: Pick<Terminal, 'style' | 'width'>,
  { target, set, inherent, cannot, notes }: Exported,
): string[] {
  const counts = `${target}: ${set.length} elements set, ${inherent.length} as promised without being set, ${cannot.length} that it cannot set`;
  return [
    counts,
    ...notes.map((note) => `Note: ${note}`),
    ...byReason(cannot).flatMap(([why, elements]) => [
      `${terminal.style('yellow', 'Cannot set')} (${elements.length}): ${why}${found(elements)}`,
      ...wrap(shown(elements).join(' '), Math.min(terminal.width, WIDEST) - 2).map((line) => `  ${line}`),
    ]),
  ];
}

/** Bits that nobody has a name for and that are promised to be 0 are counted; -o json has them. */
const NAMELESS = /\/bits?_?[\d_]+$/;

/** Beyond this many elements their words are named, with the number of fields; -o json has each. */
const MANY = 40;

function shown(elements: readonly ExplainedElementValue[]): string[] {
  const named = elements.filter(({ element, value }) => value !== 0n || !NAMELESS.test(element));
  const rest = elements.length - named.length;
  const texts = named.length > MANY ? words(named) : named.map(valueText);
  return [...texts, ...(rest === 0 ? [] : [`and ${rest} bits without a name, promised to be 0`])];
}

function words(elements: readonly ExplainedElementValue[]): string[] {
  const counts = new Map<string, number>();
  for (const { word } of elements) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => (count === 1 ? word : `${word}(${count})`));
}

const valueText = ({ element, value, gives }: ExplainedElementValue): string =>
  `${element}=${hex(value)}${gives === undefined ? '' : `(${hex(gives)})`}`;

/** What the brackets mean, where there are any. */
function found(elements: readonly ExplainedElementValue[]): string {
  return elements.some(({ gives }) => gives !== undefined) ? ' (in brackets: what the guest finds)' : '';
}

function byReason(cannot: readonly ExplainedElementValue[]): [why: string, elements: ExplainedElementValue[]][] {
  const found = new Map<string, ExplainedElementValue[]>();
  for (const element of cannot) {
    const known = found.get(element.why);
    if (known === undefined) found.set(element.why, [element]);
    else known.push(element);
  }
  return [...found];
}
