/** What every form of a conformance report says, as plain strings. */
import { hasNoWayBack } from '../../engine/index.ts';
import type { Change, Finding } from '../../engine/index.ts';
import { hex } from '../../model/index.ts';
import { describeHost } from '../describe.ts';
import type { NamedSurface } from '../input.ts';
import type { Alike, Report } from './report.ts';

export interface Section {
  readonly title: string;
  readonly changes: readonly Change[];
}

/** The changes by what they mean to an operator; empty sections are left out. */
export function sections({ conformance: { changes } }: Report): Section[] {
  const answered = (change: Change, answer: Finding['answer']): boolean =>
    change.findings.some((finding) => finding.answer === answer);
  const isHarmless = ({ harmless }: Change): boolean => harmless !== null;
  const all: readonly (readonly [title: string, takes: (change: Change) => boolean])[] = [
    ['Harmless to running guests, not counted', isHarmless],
    ['Without a way back', hasNoWayBack],
    ['Breaks a clause', (change) => answered(change, 'broken')],
    ['Not decided', (change) => answered(change, 'unknown')],
    ['Kept', () => true],
  ];
  const byTitle = Map.groupBy(changes, (change) => all.find(([, takes]) => takes(change))?.[0]);
  const order = [
    'Without a way back',
    'Breaks a clause',
    'Not decided',
    'Kept',
    'Harmless to running guests, not counted',
  ];
  return order.flatMap((title) => {
    const members = byTitle.get(title) ?? [];
    return members.length === 0 ? [] : [{ title, changes: members }];
  });
}

/** `reg/CLIDR_EL1: Ctype1, Ctype2`, the one element, or all of them where they are of several words. */
export function names({ changes }: Alike): string {
  const [first] = changes;
  if (first === undefined) return '';
  const fields = changes.every(({ word, element }) => word === first.word && element !== word);
  if (changes.length === 1 || !fields) return changes.map(({ element }) => element).join(', ');
  return `${first.word}: ${changes.map(({ element }) => element.slice(first.word.length + 1)).join(', ')}`;
}

/** `0x3 -> 0x0` for each, once where all are the same; `-` where it is not there. */
export function values({ changes }: Alike): string {
  const all = changes.map((change) => `${value(change.before)} -> ${value(change.after)}`);
  return (new Set(all).size === 1 ? all.slice(0, 1) : all).join(', ');
}

function value(bits: bigint | null): string {
  return bits === null ? '-' : hex(bits);
}

/** One sentence a finding that is not kept; where all are kept, what selects the value before. */
export function findingLines({ changes, findings }: Alike): string[] {
  const [first] = changes;
  if (first === undefined) return [];
  if (first.harmless !== null) return [first.harmless];
  const open = findings.filter(({ answer }) => answer !== 'kept');
  const told = open.length > 0 ? open : findings;
  const byText = Map.groupBy(told, ({ text }) => text);
  return [...byText.values()].map((same) => {
    const clauses = same.map(({ clause, answer }) => (answer === 'kept' ? clause : `${clause} ${answer}`));
    return `${clauses.join(', ')}: ${same[0]?.text ?? ''}`;
  });
}

/** The settings that select the machine before, each once. */
export function settings({ findings }: Alike): string[] {
  return [
    ...new Set(
      findings.flatMap(({ setting }) =>
        setting === null ? [] : [`${setting.call} ${setting.target} = ${setting.value}`],
      ),
    ),
  ];
}

export function known({ changes }: Alike): string[] {
  return [...new Set(changes.flatMap((change) => change.known))];
}

export function side({ name, surface }: NamedSurface): string {
  return `${name}  ${describeHost(surface)}`;
}

export function summary({ conformance: { changes, widened, resetValues } }: Report): string {
  const counted = changes.filter(({ harmless }) => harmless === null);
  const without = counted.filter(hasNoWayBack).length;
  const harmless = changes.length - counted.length;
  return [
    `${count(counted.length, 'guest-visible change')}, ${without} without a way back`,
    ...(harmless === 0 ? [] : [`${harmless} harmless to running guests`]),
    `${count(widened, 'element')} can be set to more than before`,
    ...(resetValues.length === 0
      ? []
      : [
          `${count(resetValues.length, 'register')} of state ${resetValues.length === 1 ? 'starts' : 'start'} with another value`,
        ]),
  ].join('; ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
