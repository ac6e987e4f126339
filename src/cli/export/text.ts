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
      `${terminal.style('yellow', 'Cannot set')} (${elements.length}): ${why}`,
      ...wrap(shown(elements).join(' '), Math.min(terminal.width, WIDEST) - 2).map((line) => `  ${line}`),
    ]),
  ];
}

/** Bits that nobody has a name for and that are promised to be 0 are counted; -o json has them. */
const NAMELESS = /\/bits?_?[\d_]+$/;

function shown(elements: readonly ExplainedElementValue[]): string[] {
  const named = elements.filter(({ element, value }) => value !== 0n || !NAMELESS.test(element));
  const rest = elements.length - named.length;
  return [...named.map(valueText), ...(rest === 0 ? [] : [`and ${rest} bits without a name, promised to be 0`])];
}

const valueText = ({ element, value }: ExplainedElementValue): string => `${element}=${hex(value)}`;

function byReason(cannot: readonly ExplainedElementValue[]): [why: string, elements: ExplainedElementValue[]][] {
  const found = new Map<string, ExplainedElementValue[]>();
  for (const element of cannot) {
    const known = found.get(element.why);
    if (known === undefined) found.set(element.why, [element]);
    else known.push(element);
  }
  return [...found];
}
