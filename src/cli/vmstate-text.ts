/** Comparisons of dumps for people: worst first, what is the same of several devices in one row. */
import type { Comparison, Finding } from '../interop/qemu/vmstate/index.ts';
import { LEVELS } from '../model/index.ts';
import { table } from './table.ts';
import type { Column } from './table.ts';
import { showLevel } from './terminal.ts';
import type { Terminal } from './terminal.ts';
import { countLevels } from './vmstate.ts';
import type { ComparedDumps, NamedDump } from './vmstate.ts';

const COLUMNS: readonly Column[] = [
  { title: 'LEVEL' },
  { title: 'WHERE' },
  { title: 'CHECKER', align: 'right' },
  { title: 'WHAT', flexible: true },
];

export function comparisonText(
  terminal: Terminal,
  dumps: readonly NamedDump[],
  { from, to, comparison }: ComparedDumps,
  all: boolean,
): string {
  const heading = (word: string, index: number): string => {
    const named = dumps[index];
    if (named === undefined) throw new Error('a comparison of dumps that are there');
    const { name, dump } = named;
    const types = dump.sections.size === 1 ? 'device type' : 'device types';
    return `${word}  ${name}  ${dump.machine ?? 'no machine type'}, ${dump.sections.size} ${types}\n`;
  };
  const { findings, problems, caveats } = comparison;
  const shown = findings.filter(({ level }) => all || level !== 'same');
  const hidden = findings.length - shown.length;
  return [
    heading('FROM', from),
    heading('TO  ', to),
    ...caveats.map((caveat) => `note: ${caveat}\n`),
    shown.length === 0 ? '\nNothing stands against a load.\n' : `\n${rows(terminal, shown)}`,
    `\n${summary(terminal, findings)}; vmstate-static-checker.py of QEMU counts ${problems}`,
    hidden === 0 ? '\n' : `  (${hidden} without effect: --all)\n`,
  ].join('');
}

function rows(terminal: Terminal, findings: readonly Finding[]): string {
  const alike = Map.groupBy(findings, ({ section: _section, ...rest }) => JSON.stringify(rest));
  const groups = [...alike.values()].toSorted((a, b) => rank(b) - rank(a));
  const cells = groups.flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const counted = members.reduce((sum, { problems }) => sum + problems, 0);
    return [
      [
        showLevel(terminal, first.level),
        place(first, members.length),
        counted === 0 ? '-' : `${counted}`,
        what(members),
      ],
    ];
  });
  return table(COLUMNS, cells, { width: terminal.width });
}

function rank([first]: readonly Finding[]): number {
  return first === undefined ? 0 : LEVELS.indexOf(first.level);
}

/** The device, or what in it; of several devices how many. */
function place({ section, description, member }: Finding, devices: number): string {
  const inner = [description, member].filter((part) => part !== null);
  if (inner.length === 0) return devices === 1 ? section : `${devices} devices`;
  const path = member?.startsWith(`${description ?? ''}/`) === true ? member : inner.join(':');
  return devices === 1 ? `${section}: ${path}` : path;
}

function what(members: readonly Finding[]): string {
  const [first] = members;
  if (first === undefined || members.length === 1) return first?.text ?? '';
  return `${first.text} (${members.map(({ section }) => section).join(', ')})`;
}

function summary(terminal: Terminal, findings: readonly Finding[]): string {
  const counts = countLevels(findings);
  const worst = LEVELS.filter((level) => level !== 'same' && counts[level] > 0).toReversed();
  return worst.length === 0
    ? showLevel(terminal, 'same')
    : worst.map((level) => showLevel(terminal, level, `${level} ${counts[level]}`)).join(', ');
}

/** Rows leave, columns receive; in brackets what QEMU's checker counts. */
export function dumpMatrixText(
  terminal: Terminal,
  dumps: readonly NamedDump[],
  compared: readonly ComparedDumps[],
): string {
  const titles = distinctNames(dumps);
  const cells = dumps.map((_, i) => [
    titles[i] ?? '',
    ...dumps.map((__, j) => {
      const found = compared.find(({ from, to }) => from === i && to === j)?.comparison;
      if (found === undefined) return '-';
      return showLevel(terminal, found.level, cell(found));
    }),
  ]);
  const columns = [{ title: 'FROM \\ TO' }, ...titles.map((title) => ({ title }))];
  const legend = 'In brackets: what vmstate-static-checker.py of QEMU counts.\n';
  return `${table(columns, cells, { width: terminal.width })}\n${legend}`;
}

/** The worst first, as in other matrices: `lost 4, refused 10 (19)`. */
function cell({ findings, problems }: Comparison): string {
  const counts = countLevels(findings);
  const worst = LEVELS.filter((level) => level !== 'same' && counts[level] > 0).toReversed();
  const text = worst.length === 0 ? 'same' : worst.map((level) => `${level} ${counts[level]}`).join(', ');
  return `${text} (${problems})`;
}

/** File names without what all have before and after. */
function distinctNames(dumps: readonly NamedDump[]): string[] {
  const names = dumps.map(({ name }) => name.replace(/^.*\//, '').replace(/\.json$/, ''));
  return new Set(names).size === names.length ? names : dumps.map(({ name }) => name.replace(/^vmm\//, ''));
}
