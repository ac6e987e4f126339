/** The parts of a page of docs/elements: tables of words and their fields, and the known changes. */
import { catalogueFor } from '../../src/arch/catalogue.ts';
import { covers } from '../../src/arch/changes/index.ts';
import type { KnownChange } from '../../src/arch/changes/index.ts';
import { operationFor, registryFor, ruleOf } from '../../src/arch/index.ts';
import { describeOperation, hex } from '../../src/model/index.ts';
import type { Architecture, CatalogueWord, Element } from '../../src/model/index.ts';

export interface ElementPage {
  readonly architecture: Architecture;
  /** Below docs/elements. */
  readonly path: string;
  readonly title: string;
  readonly words: readonly CatalogueWord[];
}

/** Words with fields have a table each; those that are one element stand together in one. */
export function wordsSections({ architecture, words }: ElementPage): string[] {
  const registry = registryFor(architecture);
  const elements = new Map(words.map((word) => [word, registry.elements(word.path, word.width)]));
  const named = words.filter((word) => elements.get(word)?.some((element) => element.named));
  const whole = named.filter((word) => elements.get(word)?.length === 1);
  const divided = named.filter((word) => !whole.includes(word));
  return [
    ...(whole.length === 0 ? [] : [wholeTable(architecture, whole, elements)]),
    ...alike(divided, (word) => fieldRows(architecture, word, elements.get(word) ?? [])).map(([words, rows]) =>
      fieldTable(architecture, words, rows, elements),
    ),
  ];
}

/** Words with the same fields, such as the subleaves of CPUID leaf 4, once. */
function alike<Rows>(
  words: readonly CatalogueWord[],
  rowsOf: (word: CatalogueWord) => Rows,
): (readonly [words: readonly CatalogueWord[], rows: Rows])[] {
  const groups = new Map<string, [CatalogueWord[], Rows]>();
  for (const word of words) {
    const rows = rowsOf(word);
    const key = JSON.stringify([word.path.replace(/:[0-9a-f]+\//, ':/'), word.description, rows]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [[word], rows]);
    else group[0].push(word);
  }
  return [...groups.values()];
}

type ElementsOf = ReadonlyMap<CatalogueWord, readonly Element[]>;

function wholeTable(architecture: Architecture, words: readonly CatalogueWord[], elements: ElementsOf): string {
  const rows = words.flatMap((word) =>
    (elements.get(word) ?? []).map((element) => [
      code(word.path),
      String(word.width),
      element.kind,
      element.comparison,
      difference(architecture, element),
      element.description,
      selectedBy(architecture, word.path),
    ]),
  );
  return table(['Word', 'Bits', 'Kind', 'Compares', 'When it differs', 'What it is', 'Selected by'], rows);
}

function fieldRows(architecture: Architecture, word: CatalogueWord, elements: readonly Element[]): string[][] {
  return elements
    .filter(({ named }) => named)
    .map((element) => [
      element.width === 1 ? String(element.shift) : `${element.shift + element.width - 1}:${element.shift}`,
      code(element.path.slice(word.path.length + 1) || word.path),
      element.kind,
      element.comparison,
      difference(architecture, element),
      element.description,
      names(architecture, element),
    ]);
}

/** `words` have the same fields. */
function fieldTable(
  architecture: Architecture,
  words: readonly CatalogueWord[],
  rows: readonly (readonly string[])[],
  elements: ElementsOf,
): string {
  const [first, ...others] = words;
  if (first === undefined) return '';
  const neutral = registryFor(architecture).neutral(first.path);
  const sources = new Set((elements.get(first) ?? []).filter(({ named }) => named).map(({ source }) => source));
  const about = [
    ...(first.description === undefined ? [] : [`${first.description}.`]),
    `Selected by ${selectedBy(architecture, first.path)}.`,
    ...(neutral === null ? [] : [`Not used: \`${hex(neutral)}\`.`]),
    ...(others.length === 0 ? [] : [`The same fields: ${others.map(({ path }) => code(path)).join(', ')}.`]),
    `Source: ${[...sources].join('; ')}.`,
  ];
  const columns = ['Bits', 'Field', 'Kind', 'Compares', 'When it differs', 'What it is', 'Called'];
  return `## ${first.path}\n\n${about.map(cell).join(' ')}\n\n${table(columns, rows)}`;
}

function difference(architecture: Architecture, element: Element): string {
  const { severity, reason } = catalogueFor(architecture).facts(element).symptom;
  return `${severity}: ${reason}`;
}

function names(architecture: Architecture, element: Element): string {
  const programs = Map.groupBy(Object.entries(catalogueFor(architecture).facts(element).aliases), ([, name]) => name);
  return [...programs].map(([name, of]) => `${code(name)} (${of.map(([by]) => by).join(', ')})`).join(', ');
}

function selectedBy(architecture: Architecture, word: string): string {
  const operation = operationFor(architecture, word);
  if (operation === null) return 'nothing';
  const { call, target } = describeOperation(operation);
  const phase = ruleOf(architecture, operation)?.phase;
  return `${call} ${code(target)}${phase === undefined ? '' : `, ${phase}`}`;
}

/** Changes of these words; what holds for all of an area stands in the index. */
export function changesSection({ words, architecture }: ElementPage, changes: readonly KnownChange[]): string[] {
  const registry = registryFor(architecture);
  const paths = words.flatMap((word) => [
    word.path,
    ...registry.elements(word.path, word.width).map((element) => element.path),
  ]);
  const own = changes.filter(
    (change) => !isGeneral(change) && change.elements.some((entry) => paths.some((path) => covers(entry, path))),
  );
  if (own.length === 0) return [];
  return ['## Known changes', own.map(changeText).join('\n')];
}

/** Of a whole area, or of nothing that has a page. */
export function isGeneral({ elements }: KnownChange): boolean {
  return elements.every((entry) => /^[^/]+\/\*$/.test(entry));
}

export function changeText({ title, before, after, mechanism, selectable, harmless, source }: KnownChange): string {
  const reason = selectable.reason === null ? '' : ` (${selectable.reason})`;
  const lines = [
    `- **${title}.** Before: ${before}. After: ${after}.`,
    mechanism === null
      ? `Nothing selects the behaviour before${reason}.`
      : `Selected by ${mechanism}. Way back: ${selectable.answer}${reason}.`,
    ...(harmless === null ? [] : [`Harmless: ${harmless}.`]),
    `Source: ${source}.`,
  ];
  return cell(lines.join(' '));
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const filled = columns.map((_, at) => rows.some((row) => (row[at] ?? '') !== ''));
  const line = (cells: readonly string[]): string =>
    `| ${cells
      .filter((_, at) => filled[at] ?? false)
      .map(cell)
      .join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

const code = (text: string): string => `\`${text}\``;

/** Nothing of a text may end a cell or begin markup. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
