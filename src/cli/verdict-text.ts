/** A verdict for people: the level, the counts, and the reasons grouped by what they have in common. */
import { stripVTControlCharacters } from 'node:util';
import { group } from '../engine/index.ts';
import type { Group } from '../engine/index.ts';
import { LEVELS } from '../model/index.ts';
import type { Reason, Verdict } from '../model/index.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';

export interface VerdictTextOptions {
  /** Reasons of a group beyond this many are counted, not shown. */
  readonly perGroup: number;
}

/** `There: refused (312 same, 4 selectable, 1 refused)` and the groups of reasons, worst first. */
export function verdictText(terminal: Terminal, title: string, verdict: Verdict, options: VerdictTextOptions): string {
  const heading = `${terminal.style('bold', title)}: ${showLevel(terminal, verdict.level)}  (${countsText(verdict)})\n`;
  const caveats = verdict.caveats.map((caveat) => `  Caution: ${caveat}\n`).join('');
  const groups = group(verdict.reasons);
  const elements = groups.filter((each) => !isWholeArea(each)).map((each) => groupText(terminal, each, options));
  return heading + caveats + elements.join('') + wholeAreasText(terminal, groups.filter(isWholeArea));
}

/** Nothing is known of the area as a whole: the reason names no element of it. */
function isWholeArea({ area, reasons }: Group): boolean {
  return reasons.every(({ element }) => element === area);
}

/** Areas with one and the same reason are told together. */
function wholeAreasText(terminal: Terminal, groups: readonly Group[]): string {
  const reasons = groups.flatMap((each) => each.reasons);
  const alike = Map.groupBy(reasons, ({ level, rule, text }) => JSON.stringify([level, rule, text]));
  return [...alike.values()]
    .map((members) => {
      const [first] = members;
      if (first === undefined) return '';
      const heading = `\n  ${showLevel(terminal, first.level)} ${first.rule} (${members.length})${obstacleText(members)}\n`;
      const rows = [[members.map(({ element }) => element).join(', ')], [first.text]];
      const columns = [{ title: '', flexible: true }];
      return heading + table(columns, rows, { width: terminal.width, indent: '    ', bare: true });
    })
    .join('');
}

/** `312 same, 4 selectable`: what there is none of is left out. */
export function countsText(verdict: Verdict): string {
  const counted = LEVELS.filter((level) => verdict.counts[level] > 0).map(
    (level) => `${verdict.counts[level]} ${level}`,
  );
  return counted.length === 0 ? 'nothing to compare' : counted.join(', ');
}

/** Columns without which a reason is no sentence any more, indent and gaps included. */
const LEAST_REASON = 36;

/** Lists of names are wrapped even into a pipe. */
const LIST_WIDTH = 120;

const COLUMNS: readonly Column[] = [{ title: 'ELEMENT' }, { title: 'REASON', flexible: true }, { title: 'EVIDENCE' }];

function groupText(terminal: Terminal, { level, rule, area, reasons }: Group, options: VerdictTextOptions): string {
  const heading = `\n  ${showLevel(terminal, level)} ${rule}, ${area} (${reasons.length})${obstacleText(reasons)}\n`;
  const shown = reasons.slice(0, options.perGroup);
  const hidden = reasons.length - shown.length;
  const more = hidden > 0 ? `    and ${hidden} more (--all)\n` : '';
  const alike = new Set(reasons.map(({ text }) => text)).size === 1 && reasons.length > 1;
  const body = alike ? alikeText(terminal, reasons) : rowsText(terminal, shown) + more;
  return heading + body + settingsText(terminal, reasons);
}

/** Where a VMM was judged: who is in the way. */
function obstacleText(reasons: readonly Reason[]): string {
  const found = new Set(
    reasons.flatMap(({ obstacle }) => (obstacle === undefined || obstacle === null ? [] : [obstacle])),
  );
  const names = [...found].map((obstacle) => (obstacle === 'kvm' ? 'KVM' : 'the VMM'));
  return names.length === 0 ? '' : `, obstacle: ${names.join(' and ')}`;
}

function rowsText(terminal: Terminal, reasons: readonly Reason[]): string {
  const rows = reasons.map((reason) => [
    reason.element,
    reason.text,
    terminal.style('dim', reason.evidence?.pointer ?? ''),
  ]);
  const longest = (column: number): number =>
    Math.max(...rows.map((row) => stripVTControlCharacters(row[column] ?? '').length));
  if (longest(0) + longest(2) + LEAST_REASON > terminal.width) return stackedText(terminal, rows);
  return table(COLUMNS, rows, { width: terminal.width, indent: '    ', bare: true });
}

/** On a narrow terminal: the element, and below it what is said of it. */
function stackedText(terminal: Terminal, rows: readonly (readonly string[])[]): string {
  const options = { width: terminal.width, indent: '      ', bare: true };
  return rows
    .map(([element = '', ...others]) => {
      const said = others.filter((text) => text !== '').map((text) => [text]);
      return `    ${element}\n${table([{ title: '', flexible: true }], said, options)}`;
    })
    .join('');
}

/** What is the same for all is said once, and the elements are listed. */
function alikeText(terminal: Terminal, reasons: readonly Reason[]): string {
  const pointers = [...new Set(reasons.flatMap(({ evidence }) => (evidence === null ? [] : [evidence.pointer])))];
  const evidence = pointers.length === 1 ? (pointers[0] ?? '') : '';
  const rows = [
    [reasons[0]?.text ?? ''],
    [reasons.map(({ element }) => element).join(', ')],
    ...(evidence === '' ? [] : [[terminal.style('dim', evidence)]]),
  ];
  const width = Math.min(terminal.width, LIST_WIDTH);
  return table([{ title: '', flexible: true }], rows, { width, indent: '    ', bare: true });
}

/** The settings of `selectable` reasons, each once: several elements of one word share one. */
function settingsText(terminal: Terminal, reasons: readonly Reason[]): string {
  const settings = reasons.flatMap(({ setting }) =>
    setting === null ? [] : [`set ${setting.call} ${setting.target} = ${setting.value}, ${stage(setting.until)}`],
  );
  return [...new Set(settings)].map((line) => `    ${terminal.style('cyan', line)}\n`).join('');
}

function stage(until: string): string {
  return until === 'any-time' ? 'at any time' : until.replaceAll('-', ' ');
}
