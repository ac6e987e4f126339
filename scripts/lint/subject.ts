/**
 * What the linters look at: the tables of one architecture, behind functions, so that a test can plant a fault in one of
 * them. A linter finds what types cannot say and no reader would see in a table of thousands of rows.
 */
import { wordOf } from '../../src/arch/arm64/names.ts';
import { ID_FIELDS } from '../../src/arch/arm64/tables/id-fields.ts';
import { stateRow } from '../../src/arch/arm64/tables/state-registers.ts';
import { SYSTEM_REGISTERS } from '../../src/arch/arm64/tables/system-registers.ts';
import { sysregId } from '../../src/arch/arm64/ids.ts';
import { catalogueFor } from '../../src/arch/catalogue.ts';
import { knownChanges } from '../../src/arch/changes/index.ts';
import type { KnownChange } from '../../src/arch/changes/index.ts';
import { registryFor, ruleOf } from '../../src/arch/index.ts';
import { VMM_PROFILES } from '../../src/arch/vmm/index.ts';
import { classify } from '../../src/arch/x86/cpuid-elements.ts';
import { parseCpuidWord } from '../../src/arch/x86/paths.ts';
import { HOST_FACTS } from '../../src/arch/x86/tables/host-facts.ts';
import { LAPIC_ROWS } from '../../src/arch/x86/tables/lapic.ts';
import { MSR_NAMES } from '../../src/arch/x86/tables/msr-names.ts';
import { STATE_MSRS } from '../../src/arch/x86/tables/state-msrs.ts';
import { msrWord, parseMsrWord } from '../../src/arch/x86/msr-names.ts';
import type {
  Architecture,
  CatalogueWord,
  Element,
  ElementFacts,
  ElementPath,
  Operation,
  WordPath,
} from '../../src/model/index.ts';

/** How the generated table of ID registers has a field. */
export interface IdRule {
  readonly signed: boolean;
  readonly rule: string;
}

export interface Subject {
  readonly architecture: Architecture;
  readonly words: readonly CatalogueWord[];
  readonly elements: (word: CatalogueWord) => readonly Element[];
  readonly facts: (element: Element) => ElementFacts;
  readonly neutral: (word: WordPath) => bigint | null;
  /** Whether a row speaks of this unit of state, if only to say that no neutral value is known. */
  readonly decided: (word: WordPath) => boolean;
  /** Whether a rule of order speaks of the operation. */
  readonly ordered: (operation: Operation) => boolean;
  /** Whether a row says how a CPUID field compares; null for other elements. */
  readonly classified: (element: Element) => boolean | null;
  readonly idRules: ReadonlyMap<ElementPath, IdRule>;
  readonly changes: readonly KnownChange[];
  /** Words of both architectures, and the MSRs that Linux has a name for although KVM does not list them. */
  readonly called: readonly WordPath[];
  readonly vmmPatterns: readonly { readonly profile: string; readonly pattern: string }[];
}

export interface Finding {
  /** A path, an id, a row. */
  readonly where: string;
  readonly message: string;
}

export interface Linter {
  readonly name: string;
  /** What it holds, in a line. */
  readonly holds: string;
  readonly find: (subject: Subject) => readonly Finding[];
}

const CALLED: readonly WordPath[] = [
  ...(['x86_64', 'arm64'] as const).flatMap((each) =>
    catalogueFor(each)
      .words()
      .map(({ path }) => path),
  ),
  ...MSR_NAMES.map(([index]) => msrWord(index)),
];

export function subjectOf(architecture: Architecture): Subject {
  const registry = registryFor(architecture);
  const catalogue = catalogueFor(architecture);
  return {
    architecture,
    words: catalogue.words(),
    elements: ({ path, width }) => registry.elements(path, width),
    facts: (element) => catalogue.facts(element),
    neutral: (word) => registry.neutral(word),
    decided: (word) => registry.neutral(word) !== null || (architecture === 'arm64' ? arm64Row(word) : x86Row(word)),
    ordered: (operation) => ruleOf(architecture, operation) !== undefined,
    classified,
    idRules: architecture === 'arm64' ? idRules() : new Map(),
    changes: knownChanges(architecture),
    called: CALLED,
    vmmPatterns: VMM_PROFILES.flatMap(({ name, rows }) =>
      rows[architecture].flatMap(({ words }) => words.map((pattern) => ({ profile: name, pattern }))),
    ),
  };
}

function x86Row(word: WordPath): boolean {
  const index = parseMsrWord(word);
  if (index !== null) return STATE_MSRS.some(({ first, last = first }) => first <= index && index <= last);
  return LAPIC_ROWS.some(({ name }) => word === `lapic/${name}`) || HOST_FACTS.some((row) => row.word === word);
}

/** Of an interrupt controller no value makes up for a host that cannot create the device: there is none by its nature. */
function arm64Row(word: WordPath): boolean {
  if (word.startsWith('vgic/')) return true;
  return stateRow(word.slice(word.indexOf('/') + 1)) !== undefined;
}

/** One bit is a feature unless a row says otherwise; a field of several needs a row. */
function classified(element: Element): boolean | null {
  const name = parseCpuidWord(element.word);
  if (name === null || !element.named || element.width === 1) return null;
  return classify(name, element.path.slice(element.word.length + 1), element.width) !== null;
}

function idRules(): Map<ElementPath, IdRule> {
  const rules = new Map<ElementPath, IdRule>();
  for (const [register, fields] of Object.entries(ID_FIELDS)) {
    const encoding = SYSTEM_REGISTERS[register];
    if (encoding === undefined) continue;
    const word = wordOf(sysregId(encoding));
    for (const [name, , , rule, signedness] of fields) {
      rules.set(`${word}/${name}`, { signed: signedness === 'signed', rule });
    }
  }
  return rules;
}

/** Of each word the elements, for linters that look at all of them. */
export function everyElement(subject: Subject): readonly Element[] {
  return subject.words.flatMap((word) => subject.elements(word));
}
