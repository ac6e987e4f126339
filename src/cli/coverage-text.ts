/** Coverage for people: what the surfaces hold, what is named of it, what is not. */
import { hex } from '../model/index.ts';
import type { Count } from '../engine/index.ts';
import type { CoverageDocument } from '../format/index.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import type { Terminal } from './terminal.ts';

const RIGHT = 'right' as const;

export function coverageText(terminal: Terminal, document: CoverageDocument, reasons: boolean): string {
  const { width } = terminal;
  const sections = [
    `${document.surfaces.length} surfaces\n`,
    table(RAW, rawRows(document), { width }),
    ...document.architectures.flatMap(({ architecture, total, areas, kinds }) => [
      table(counted(`${architecture} BY AREA`), [...countRows(areas), countRow('all', total)], { width }),
      table(counted(`${architecture} BY KIND`), countRows(kinds), { width }),
    ]),
    unnamedText(terminal, document),
    ...(reasons ? [table(REASONS, reasonRows(document), { width })] : []),
    verdictText(document),
  ];
  return sections.filter((text) => text !== '').join('\n');
}

const RAW: readonly Column[] = [
  { title: 'RAW DATA' },
  { title: 'UNITS', align: RIGHT },
  { title: 'WORDS', align: RIGHT },
  { title: 'NO WORD', align: RIGHT },
  { title: 'UNCLASSIFIED', align: RIGHT },
];

function rawRows({ raw }: CoverageDocument): string[][] {
  return raw.map(({ architecture, what, units, words, measurements, unclassified }) => [
    `${architecture} ${what}`,
    String(units),
    String(words),
    String(measurements),
    String(unclassified),
  ]);
}

function counted(title: string): Column[] {
  return [title, 'WORDS', 'ELEMENTS', 'BITS', 'NAMED', 'UNNAMED'].map((text, at) =>
    at === 0 ? { title: text } : { title: text, align: RIGHT },
  );
}

function countRows(counts: Readonly<Record<string, Count | undefined>>): string[][] {
  return Object.entries(counts).flatMap(([name, count]) => (count === undefined ? [] : [countRow(name, count)]));
}

function countRow(name: string, { words, elements, bits, namedBits }: Count): string[] {
  return [name, ...[words, elements, bits, namedBits, bits - namedBits].map(String)];
}

const UNNAMED: readonly Column[] = [
  { title: 'SET, AND NAMED BY NO TABLE' },
  { title: 'COMPARES AS' },
  { title: 'WORD', align: RIGHT },
  { title: 'ON', flexible: true },
];

function unnamedText({ width }: Terminal, { architectures }: CoverageDocument): string {
  const rows = architectures.flatMap(({ unnamed }) =>
    unnamed.map(({ element, comparison, seen }) => [
      element,
      comparison === 'subset' ? 'feature' : comparison === 'none' ? 'not' : comparison,
      [...new Set(seen.map(({ value }) => hex(value)))].join(' '),
      surfacesText(seen.map(({ surface }) => surface)),
    ]),
  );
  return rows.length === 0 ? 'Every bit that is set has a name.\n' : table(UNNAMED, rows, { width });
}

/** Names while they are few; JSON has them all. */
function surfacesText(names: readonly string[]): string {
  const [first = '', second, ...others] = names;
  if (second === undefined) return first;
  return others.length === 0 ? `${first}, ${second}` : `${first} and ${others.length + 1} more`;
}

const REASONS: readonly Column[] = [
  { title: 'NO WORD, BECAUSE', flexible: true },
  { title: 'UNITS', align: RIGHT },
];

function reasonRows({ measurements }: CoverageDocument): string[][] {
  return measurements.map(({ architecture, why, units }) => [`${architecture}: ${why}`, String(units)]);
}

function verdictText({ unclassified }: CoverageDocument): string {
  if (unclassified.length === 0) return 'Nothing is unclassified.\n';
  const rows = unclassified.map(({ surface, pointer, why }) => `  ${surface}: ${pointer}: ${why}\n`);
  return `${unclassified.length} unclassified:\n${rows.join('')}`;
}
