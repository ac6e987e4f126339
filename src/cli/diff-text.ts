/**
 * The differences of two surfaces for people: what a guest sees first, then what can be set where it could not be, then
 * what it carries; what no host promises is counted.
 */
import type { Difference } from '../engine/index.ts';
import { hex } from '../model/index.ts';
import { describeHost, shortFingerprint } from './describe.ts';
import type { NamedSurface } from './input.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import type { Terminal } from './terminal.ts';

interface Part {
  readonly title: string;
  readonly takes: (difference: Difference) => boolean;
  /** Shown as a count unless everything is asked for. */
  readonly counted: boolean;
  readonly rows: (differences: readonly Difference[]) => string[][];
}

const COLUMNS: readonly Column[] = [
  { title: 'ELEMENT' },
  { title: 'A', align: 'right' },
  { title: 'B', align: 'right' },
  { title: 'DESCRIPTION', flexible: true },
];

const isState = ({ kind }: Difference): boolean => kind === 'state';
const isNobodys = ({ kind }: Difference): boolean => kind === 'derived' || kind === 'topology';

/** In this order; the first that takes a difference shows it. */
const PARTS: readonly Part[] = [
  { title: 'Facts that no host promises (derived, topology)', takes: isNobodys, counted: true, rows: plainRows },
  {
    title: 'State that a guest carries',
    takes: (difference) => isState(difference) && difference.what !== 'only-in-a' && difference.what !== 'only-in-b',
    counted: true,
    rows: plainRows,
  },
  { title: 'State that only one of them has', takes: isState, counted: false, rows: plainRows },
  { title: 'What can be set', takes: ({ what }) => what === 'latitude', counted: false, rows: latitudeRows },
  { title: 'What a guest sees by default', takes: () => true, counted: false, rows: plainRows },
];

export function diffText(
  terminal: Terminal,
  a: NamedSurface,
  b: NamedSurface,
  differences: readonly Difference[],
  all: boolean,
): string {
  const title = (letter: string, { name, surface }: NamedSurface): string =>
    `${letter}  ${name}  ${describeHost(surface)}  ${terminal.style('dim', shortFingerprint(surface.fingerprint))}\n`;
  const heading = title('A', a) + title('B', b);
  if (differences.length === 0) return `${heading}\nThey show a guest the same, as far as both were measured.\n`;
  const byPart = Map.groupBy(differences, (difference) => PARTS.find(({ takes }) => takes(difference)));
  const parts = PARTS.toReversed().flatMap((part) => {
    const members = byPart.get(part) ?? [];
    if (members.length === 0) return [];
    const caption = `\n${terminal.style('bold', part.title)}: ${members.length}`;
    if (part.counted && !all) return [`${caption}  (--all)\n`];
    return [`${caption}\n`, table(COLUMNS, part.rows(members), { width: terminal.width, indent: '  ' })];
  });
  return heading + parts.join('');
}

function plainRows(differences: readonly Difference[]): string[][] {
  return differences.map((difference) => [
    difference.element,
    valueText(difference, 'a'),
    valueText(difference, 'b'),
    difference.description,
  ]);
}

/** Fields of one word that changed in the same way are one row. */
function latitudeRows(differences: readonly Difference[]): string[][] {
  const alike = Map.groupBy(differences, ({ word, latitude }) => JSON.stringify([word, latitude]));
  return [...alike.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const element = members.length === 1 ? first.element : `${first.word} (${members.length} fields)`;
    const names = members.map((member) => member.element.slice(first.word.length + 1));
    const description = members.length === 1 ? first.description : names.join(' ');
    return [[element, first.latitude?.a ?? '', first.latitude?.b ?? '', description]];
  });
}

/** `-` where it is not there, `?` where it was not measured or varies. */
function valueText({ what, ...values }: Difference, side: 'a' | 'b'): string {
  const value = values[side];
  if (value !== null) return hex(value);
  return what === (side === 'a' ? 'only-in-b' : 'only-in-a') ? '-' : '?';
}
