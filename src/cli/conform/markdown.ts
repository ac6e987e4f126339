/** A conformance report as Markdown: for a mail, a merge request, docs/findings.md. */
import { CLAUSE_TEXT } from '../../engine/index.ts';
import { findingLines, known, names, sections, settings, side, summary, values } from './lines.ts';
import { alike } from './report.ts';
import type { Alike, Report } from './report.ts';

export interface MarkdownOptions {
  /** Of the headings; 1 is the title. */
  readonly depth: number;
  /** Titles of sections that are counted and not written out. */
  readonly counted: readonly string[];
}

export function conformMarkdown(report: Report, { depth, counted }: MarkdownOptions): string {
  const { conformance, checklist } = report;
  const heading = (level: number, title: string): string => `${'#'.repeat(depth + level)} ${title}\n\n`;
  const clauses = conformance.clauses.map((each) => [
    code(each.clause),
    each.answer,
    ...[each.kept, each.broken, each.unknown].map(String),
    CLAUSE_TEXT[each.clause],
  ]);
  return [
    heading(
      0,
      `${kernel(report.from.surface.host?.kernelRelease, report.from.name)} to ${kernel(report.to.surface.host?.kernelRelease, report.to.name)}`,
    ),
    `${summary(report)}.\n\n`,
    `- Guests of: ${escape(side(report.from))}\n- On: ${escape(side(report.to))}\n- Again: ${code(report.reproduce)}\n\n`,
    ...conformance.caveats.map((caveat) => `Caution: ${escape(caveat)}.\n\n`),
    rows(['clause', 'answer', 'kept', 'broken', 'unknown', 'what it asks'], clauses),
    '\n',
    rows(
      ['review checklist', 'answer', 'says'],
      checklist.map(({ point, says, answer }) => [String(point), answer, says]),
    ),
    '\n',
    ...sections(report).map(({ title, changes }) =>
      counted.includes(title)
        ? `${title}: ${changes.length}.\n\n`
        : `${heading(1, `${title}: ${changes.length}`)}${alike(changes).map(item).join('')}\n`,
    ),
  ].join('');
}

function kernel(release: string | undefined, name: string): string {
  return release ?? name;
}

function item(group: Alike): string {
  const [first] = group.changes;
  const shown = first?.what === 'not-measured' ? '' : `, ${code(values(group))}`;
  const described = group.changes.length === 1 ? `. ${escape(first?.description ?? '')}` : '';
  const ids = known(group).map(code).join(', ');
  const lines = [
    ...findingLines(group).map(escape),
    ...settings(group).map((line) => `set ${code(line)}`),
    ...(ids === '' ? [] : [`known as ${ids}`]),
  ];
  return `- ${first?.what ?? ''} ${code(names(group))}${shown}${described}\n${lines.map((line) => `  - ${line}\n`).join('')}`;
}

function rows(titles: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return line(titles) + line(titles.map(() => '---')) + body.map((cells) => line(cells.map(cell))).join('');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function code(text: string): string {
  return text.includes('`') ? escape(text) : `\`${text}\``;
}

/** Names of registers are full of what Markdown takes for emphasis. */
function escape(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&');
}
