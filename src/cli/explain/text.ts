/** An explanation as a page for people: what it is first, sources last. */
import { hex } from '../../model/index.ts';
import type { ExplainedElement, ExplainedHistory, ExplanationDocument } from '../../format/index.ts';
import type { Point } from '../../engine/index.ts';
import type { KnownChange } from '../../arch/changes/index.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export function explanationText(terminal: Terminal, page: ExplanationDocument): string {
  const [only, ...others] = page.elements;
  const whole = only !== undefined && others.length === 0 && only.element === page.path;
  return [
    heading(terminal, page),
    whole ? elementText(terminal, page, only) : fieldsText(terminal, page),
    recordedText(terminal, page),
    changesText(terminal, page),
    whole ? sourcesText(terminal, [only.source, ...only.selectors.map(({ source }) => source)]) : '',
    page.also.length === 0 ? '' : `Also of that name: ${page.also.join(', ')}\n`,
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function heading({ style }: Terminal, { path, architecture, area, description }: ExplanationDocument): string {
  return `${style('bold', path)}  (${architecture}, ${area})\n${description === null ? '' : `${description}\n`}`;
}

function facts(terminal: Terminal, rows: readonly (readonly [string, string])[]): string {
  return table([{ title: '' }, { title: '', flexible: true }], rows, { width: terminal.width, bare: true });
}

function elementText(terminal: Terminal, page: ExplanationDocument, element: ExplainedElement): string {
  const { description, use, symptom, aliases, named } = element;
  const rows: (readonly [string, string])[] = [
    ['What it is', named ? description : 'a bit that no table names'],
    ['Where', bitsText(element, page.word)],
    ['Kind', element.kind],
    ['Compares', element.compares],
    ...(use === null ? [] : [['Guests use it', use] as const]),
    ['When it differs', `${symptom.severity}: ${symptom.reason}`],
    ...Object.entries(aliases).map(([program, name]) => [`Called in ${program}`, name] as const),
    ...(page.neutral === null ? [] : [['Not used', `the register holds ${hex(page.neutral)}`] as const]),
  ];
  return `${facts(terminal, rows)}\nHow to select it\n${selectionText(terminal, page, element)}`;
}

function bitsText({ element, shift, width }: ExplainedElement, word: string): string {
  if (element === word) return `all ${width} bits of ${word}`;
  return `${width === 1 ? 'bit' : 'bits'} ${range({ shift, width })} of ${word}`;
}

/** As manuals write it: `5`, `27:24`. */
function range({ shift, width }: Pick<ExplainedElement, 'shift' | 'width'>): string {
  return width === 1 ? String(shift) : `${shift + width - 1}:${shift}`;
}

function selectionText(terminal: Terminal, { call }: ExplanationDocument, { selectors }: ExplainedElement): string {
  const rows: (readonly [string, string])[] = selectors.map(({ by, how }) => [`  ${by}`, how ?? 'cannot']);
  rows.push(...whenRows(call, '  when'));
  return rows.length === 0 ? '  nothing selects it\n' : facts(terminal, rows);
}

function whenRows(call: ExplanationDocument['call'], title: string): (readonly [string, string])[] {
  if (call === null || call.phase === null) return [];
  return [[title, `${call.phase}${call.reason === null ? '' : `: ${call.reason}`}`]];
}

function fieldsText(terminal: Terminal, page: ExplanationDocument): string {
  const named = page.elements.filter((element) => element.named);
  const rows = named.map((element) => [
    range(element),
    element.element.slice(page.word.length + 1) || page.word,
    element.kind,
    element.symptom.severity,
    element.description,
  ]);
  const unnamed = page.elements.filter((element) => !element.named);
  const bits = unnamed.reduce((sum, { width }) => sum + width, 0);
  const columns = [
    { title: 'BITS', align: 'right' as const },
    { title: 'FIELD' },
    { title: 'KIND' },
    { title: 'WHEN IT DIFFERS' },
    { title: 'DESCRIPTION', flexible: true },
  ];
  const { call, neutral } = page;
  const about: (readonly [string, string])[] = [
    ['Selected by', call === null ? 'nothing' : `${call.call}: ${call.target}`],
    ...whenRows(call, 'When'),
    ...(neutral === null ? [] : [['Not used', `it holds ${hex(neutral)}`] as const]),
  ];
  return [
    facts(terminal, about),
    '\n',
    rows.length === 0 ? '' : table(columns, rows, { width: terminal.width }),
    bits === 0 ? '' : `${bits} bits that no table names; each ${comparedAs(unnamed)}.\n`,
  ].join('');
}

function comparedAs(unnamed: readonly ExplainedElement[]): string {
  const comparisons = new Set(unnamed.map(({ comparison }) => comparison));
  if (comparisons.size === 1 && comparisons.has('none')) return 'is not compared';
  return comparisons.size === 1 && comparisons.has('subset')
    ? 'compares as a feature bit'
    : 'compares as its word says';
}

function recordedText(terminal: Terminal, { recorded, path }: ExplanationDocument): string {
  if (recorded.length === 0) return 'On the recorded kernels nothing of it changed.\n';
  const rows = recorded.flatMap((history) => historyRows(history, path));
  const columns = [
    { title: 'RECORDED' },
    { title: '' },
    { title: 'DEFAULT', align: 'right' as const },
    { title: 'CAN SHOW' },
    { title: 'CHANGED', flexible: true },
  ];
  return table(columns, rows, { width: terminal.width });
}

/** A row for each run of kernels on which nothing changed. */
function historyRows({ cpu, element, points }: ExplainedHistory, path: string): string[][] {
  const field = element === path ? '' : element.slice(path.length + 1);
  const starts = points.flatMap(({ changed }, at) => (at === 0 || changed.length > 0 ? [at] : []));
  return starts.flatMap((start, row) => {
    const [first, last] = [points[start], points[(starts[row + 1] ?? points.length) - 1]];
    if (first === undefined || last === undefined) return [];
    const kernels = first === last ? first.surface : `${first.surface} to ${last.surface}`;
    const changed = first.changed.map((what) => CHANGED[what]).join(', ');
    return [[`${cpu}/${kernels}`, row === 0 ? field : '', defaultText(first), first.canShow ?? '', changed]];
  });
}

const CHANGED: Readonly<Record<Point['changed'][number], string>> = {
  presence: 'whether it is there',
  default: 'its default',
  latitude: 'what it can show',
};

function defaultText({ presence, shows }: Point): string {
  switch (presence) {
    case 'there':
      return shows === null ? 'varies' : hex(shows);
    case 'not-there':
      return 'not there';
    case 'not-measured':
      return 'not measured';
  }
}

/** Changes of the element or its register in full; rules that hold for all registers of the area by their titles. */
function changesText(terminal: Terminal, { changes }: ExplanationDocument): string {
  const [general, own] = [changes.filter(isGeneral), changes.filter((change) => !isGeneral(change))];
  const list = general.map(({ title, id }) => `  ${title} (${id})\n`);
  return [
    ...own.map((change) => changeText(terminal, change)),
    ...(list.length === 0 ? [] : [`Known of all such registers\n${list.join('')}`]),
  ].join('\n');
}

function isGeneral({ elements }: KnownChange): boolean {
  return elements.length > 0 && elements.every((entry) => /^[^/]+\/\*$/.test(entry));
}

function changeText(terminal: Terminal, change: KnownChange): string {
  const { title, before, after, mechanism, selectable, saved, discovery, unseen, harmless } = change;
  const reason = selectable.reason === null ? '' : `: ${selectable.reason}`;
  const back = mechanism === null ? `nothing selects the behaviour before${reason}` : `${selectable.answer}${reason}`;
  const rows: (readonly [string, string])[] = [
    ['  Before', before],
    ['  After', after],
    ['  Kernels', kernelsText(change)],
    ...(mechanism === null ? [] : [['  Selected by', mechanism] as const]),
    ['  Way back', back],
    ...(discovery === null ? [] : [['  Found by', discovery] as const]),
    ['  Saved', saved],
    ...(unseen === null ? [] : [['  Not in surfaces', unseen] as const]),
    ...(harmless === null ? [] : [['  Harmless', harmless] as const]),
    ['  Source', change.source],
  ];
  return `Known change: ${title}\n${facts(terminal, rows)}`;
}

function kernelsText({ kernels }: KnownChange): string {
  const { without, with: since, also } = kernels;
  const backports = also === undefined ? '' : `; also ${also.join(', ')}`;
  const known =
    without === null
      ? since === null
        ? 'several'
        : `in every tree that was looked at, from ${since} on`
      : `not in ${without}${since === null ? '' : `, there in ${since}`}`;
  return `${known}${backports}`;
}

function sourcesText(terminal: Terminal, sources: readonly string[]): string {
  return facts(
    terminal,
    [...new Set(sources)].map((source, at): readonly [string, string] => [at === 0 ? 'Sources' : '', source]),
  );
}
