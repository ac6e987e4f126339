/** A comparison of fingerprints for people: what differs, and per direction what becomes of guests and why. */
import { LEVELS, hex } from '../model/index.ts';
import type { ChangedElement, FingerprintComparison, Level } from '../model/index.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';

/** Elements of one reason beyond this many are counted. */
const NAMED = 6;

const FIELDS: readonly Column[] = [
  { title: 'FIELD' },
  { title: 'PREV' },
  { title: 'CURR' },
  { title: 'WHAT IT CAN BRING', flexible: true },
];
const ELEMENTS: readonly Column[] = [
  { title: 'ELEMENT' },
  { title: 'PREV', align: 'right' },
  { title: 'CURR', align: 'right' },
  { title: 'THERE' },
  { title: 'BACK' },
  { title: 'DESCRIPTION', flexible: true },
];

export function comparisonText(terminal: Terminal, comparison: FingerprintComparison, all: boolean): string {
  const { fields, elements, unknown } = comparison;
  if (fields.length === 0 && elements.length === 0) return 'Nothing differs.\n';
  return [
    ...(fields.length === 0 ? [] : [heading(terminal, 'Host', fields.length), fieldsText(terminal, comparison)]),
    ...(elements.length === 0
      ? []
      : [
          heading(terminal, 'Guest CPU configuration', elements.length),
          elementsText(terminal, elements),
          wayText(terminal, comparison, 'there', all),
          wayText(terminal, comparison, 'back', all),
        ]),
    unknown.length === 0 ? '' : `\nNot in such a file: ${unknown.map(({ area }) => area).join(', ')}.\n`,
  ].join('');
}

const heading = (terminal: Terminal, what: string, count: number): string =>
  `\n${terminal.style('bold', what)}: ${count} ${count === 1 ? 'difference' : 'differences'}\n`;

function fieldsText(terminal: Terminal, { fields }: FingerprintComparison): string {
  const rows = fields.map(({ field, prev, curr, text }) => [field, prev ?? '?', curr ?? '?', text]);
  return table(FIELDS, rows, { width: terminal.width, indent: '  ' });
}

function elementsText(terminal: Terminal, elements: readonly ChangedElement[]): string {
  const rank = ({ there, back }: ChangedElement): number =>
    Math.max(LEVELS.indexOf(there.level), LEVELS.indexOf(back.level));
  const rows = elements
    .toSorted((a, b) => rank(b) - rank(a))
    .map(({ element, prev, curr, there, back, description, what }) => [
      element,
      valueText(prev, what === 'only-in-curr'),
      valueText(curr, what === 'only-in-prev'),
      showLevel(terminal, there.level),
      showLevel(terminal, back.level),
      description,
    ]);
  return table(ELEMENTS, rows, { width: terminal.width, indent: '  ' });
}

/** `-` where it is not there, `?` where the file does not say. */
const valueText = (value: bigint | null, absent: boolean): string =>
  value === null ? (absent ? '-' : '?') : hex(value);

const TITLES = {
  there: 'There (guests that were started on prev, on curr)',
  back: 'Back (guests that were started on curr, on prev)',
} as const;

function wayText(terminal: Terminal, comparison: FingerprintComparison, way: 'there' | 'back', all: boolean): string {
  const groups = Map.groupBy(comparison.elements, ({ [way]: { level, rule } }) => `${level} ${rule}`);
  const level = (members: readonly ChangedElement[]): Level => members[0]?.[way].level ?? 'same';
  const worstFirst = [...groups.values()].toSorted((a, b) => LEVELS.indexOf(level(b)) - LEVELS.indexOf(level(a)));
  const title = `\n${terminal.style('bold', TITLES[way])}: ${showLevel(terminal, comparison[way])}\n`;
  return title + worstFirst.map((members) => groupText(terminal, members, way, all)).join('');
}

function groupText(
  terminal: Terminal,
  members: readonly ChangedElement[],
  way: 'there' | 'back',
  all: boolean,
): string {
  const [first] = members;
  if (first === undefined) return '';
  const { level, rule } = first[way];
  const caption = `  ${showLevel(terminal, level)} ${rule} (${members.length})\n`;
  const texts = [...Map.groupBy(members, ({ [way]: { text } }) => text)];
  const shown = all ? texts : texts.slice(0, NAMED);
  const rows = shown.map(([text, alike]) => [`${named(alike, all)}: ${text}`]);
  const more = texts.length > shown.length ? [[`and ${texts.length - shown.length} more (--all)`]] : [];
  const options = { width: terminal.width, indent: '    ', bare: true };
  return caption + table([{ title: '', flexible: true }], [...rows, ...more], options);
}

function named(members: readonly ChangedElement[], all: boolean): string {
  const names = members.map(({ element }) => element);
  const shown = all ? names : names.slice(0, NAMED);
  return shown.join(', ') + (names.length > shown.length ? ` and ${names.length - shown.length} more` : '');
}
