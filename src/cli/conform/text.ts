/** A conformance report for a terminal. */
import { CLAUSE_TEXT } from '../../engine/index.ts';
import type { Finding } from '../../engine/index.ts';
import { table } from '../table.ts';
import type { Column } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { findingLines, names, sections, settings, side, summary, values } from './lines.ts';
import { alike } from './report.ts';
import type { Alike, Report } from './report.ts';

const CLAUSES: readonly Column[] = [
  { title: 'CLAUSE' },
  { title: 'ANSWER' },
  { title: 'KEPT', align: 'right' },
  { title: 'BROKEN', align: 'right' },
  { title: 'UNKNOWN', align: 'right' },
  { title: 'WHAT IT ASKS', flexible: true },
];

const FORMATS = { kept: 'green', broken: 'red', unknown: 'yellow' } as const;

/** `all`: the changes that keep every clause too. */
export function conformText(terminal: Terminal, report: Report, all: boolean): string {
  const { conformance, checklist } = report;
  const answer = (given: Finding['answer']): string => terminal.style(FORMATS[given], given);
  const clauses = conformance.clauses.map((each) => [
    each.clause,
    answer(each.answer),
    ...[each.kept, each.broken, each.unknown].map(String),
    CLAUSE_TEXT[each.clause],
  ]);
  const points = checklist.map(({ point, says, answer: given }) => [String(point), answer(given), says]);
  const plain = { width: terminal.width, indent: '  ' };
  return [
    `Guests of  ${side(report.from)}\n`,
    `On         ${side(report.to)}\n`,
    `\n${summary(report)}\n`,
    ...conformance.caveats.map((caveat) => `Caution: ${caveat}\n`),
    `\n${table(CLAUSES, clauses, plain)}`,
    `\n${terminal.style('bold', 'Review checklist')}, what of it can be measured\n`,
    table([{ title: 'POINT' }, { title: 'ANSWER' }, { title: 'SAYS', flexible: true }], points, plain),
    ...sections(report).map(({ title, changes }) => {
      const heading = `\n${terminal.style('bold', title)}: ${changes.length}`;
      if (title === 'Kept' && !all) return `${heading}  (--all)\n`;
      return `${heading}\n${alike(changes)
        .map((each) => changeText(terminal, each))
        .join('')}`;
    }),
    `\nAgain: ${report.reproduce}\n`,
  ].join('');
}

function changeText(terminal: Terminal, group: Alike): string {
  const [first] = group.changes;
  const shown = first?.what === 'not-measured' ? '' : `  ${values(group)}`;
  const described = group.changes.length === 1 ? `  ${terminal.style('dim', first?.description ?? '')}` : '';
  const lines = [...findingLines(group).map((line) => [line]), ...settings(group).map((line) => [`set ${line}`])];
  const body = table([{ title: '', flexible: true }], lines, { width: terminal.width, indent: '      ', bare: true });
  return `  ${first?.what ?? ''}  ${names(group)}${shown}${described}\n${body}`;
}
