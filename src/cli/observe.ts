/** What a guest read, beside what it was to read: reports for `host observe` and `lab observe`. */
import {
  behaviourEvidence,
  behaviourFindings,
  behaviourWord,
  behavioursFor,
  measure,
  observationRulesFor,
  observationsOf,
  registryFor,
  valueOf,
} from '../arch/index.ts';
import { counted, holdObserved, observedAgainstDeclared } from '../engine/index.ts';
import type { Held, HeldElement } from '../engine/index.ts';
import { OBSERVATION_FORMAT } from '../format/index.ts';
import type { ObservationDocument } from '../format/index.ts';
import { extract, hex } from '../model/index.ts';
import type {
  BehaviourData,
  BehaviourResult,
  Contract,
  ObservedMachine,
  ObservedWord,
  Section,
  Surface,
  WordPath,
} from '../model/index.ts';
import { EXIT } from './exit.ts';
import type { ExitCode } from './exit.ts';
import { fingerprinted } from './input.ts';
import type { NamedSurface } from './input.ts';
import { measureOptions } from './pin.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

/** The machine that a guest gets by default: what the host declares of it is what it is held against. */
export function defaultObservation(on: NamedSurface): ObservationDocument {
  const { surface } = on;
  const { architecture } = surface;
  const registry = registryFor(architecture);
  const observations = observationsOf(surface);
  const differences = observedAgainstDeclared(registry, observations, observationRulesFor(architecture));
  const differing = new Set(differences.map(({ element }) => element));
  const same = observations
    .filter(({ declared }) => declared !== null)
    .flatMap(({ word, width, declared }) =>
      registry
        .elements(word, width)
        .filter(({ path }) => !differing.has(path) && !differing.has(word))
        .map((element): HeldElement => {
          const value = extract(element, declared ?? 0n);
          return { element: element.path, expected: value, observed: value, result: 'agrees', text: '' };
        }),
    );
  const other = differences.map(({ element, declared, observed, fault, explained }): HeldElement => ({
    element,
    expected: declared,
    observed,
    ...(fault === undefined ? {} : { fault }),
    result: explained === null ? 'differs' : 'explained',
    text: explained?.text ?? '',
  }));
  return document(on, null, counted([...same, ...other]), resultsOf(surface.sections['behaviour']), missingOf(surface));
}

/** The machine of a contract, made by a plan and read by a guest. */
export function contractObservation(
  on: NamedSurface,
  contract: Contract,
  { observed, behaviours }: ObservedMachine,
): ObservationDocument {
  const { architecture } = on.surface;
  const rows = behavioursFor(architecture);
  const promises = new Map(contract.promises.map(({ word, value }) => [word, value]));
  const promised = (word: WordPath): bigint | null => promises.get(word) ?? null;
  const outcomes = rows.flatMap((row): ObservedWord[] => {
    const value = valueOf(row, behaviours.find(({ id }) => id === row.id)?.outcome ?? null);
    return value === null ? [] : [{ word: behaviourWord(row.id), width: 8, value: hex(value) }];
  });
  const held = holdObserved(
    registryFor(architecture),
    contract,
    [...observed, ...outcomes],
    behaviourEvidence(rows, behaviours, promised),
    observationRulesFor(architecture),
  );
  return document(on, contract, held, behaviours, []);
}

function document(
  on: NamedSurface,
  contract: Contract | null,
  { counts, elements }: Held,
  behaviours: readonly BehaviourResult[],
  missing: ObservationDocument['missing'],
): ObservationDocument {
  const { architecture } = on.surface;
  const caveats = measure(on.surface, contract === null ? {} : measureOptions(contract.choices)).caveats;
  const rows = behavioursFor(architecture);
  return {
    format: OBSERVATION_FORMAT,
    architecture,
    on: fingerprinted(on),
    contract: contract?.name ?? null,
    counts,
    elements,
    behaviours: behaviours.flatMap((result) => {
      const row = rows.find(({ id }) => id === result.id);
      if (row === undefined) return [];
      const meaning = (outcome: string | null): string | null =>
        row.outcomes.find(({ name }) => name === outcome)?.meaning ?? null;
      return [
        {
          id: result.id,
          outcome: result.outcome,
          meaning: meaning(result.outcome),
          with: result.with.map(({ selected, outcome }) => ({ selected, outcome, meaning: meaning(outcome) })),
          // On a contract's machine only what its switches select is to be seen.
          findings: contract === null ? behaviourFindings(row, result) : [],
          ...(result.why === undefined ? {} : { why: result.why }),
        },
      ];
    }),
    missing,
    caveats,
  };
}

/** The rows of the section; the shapes of both architectures were checked when the surface was read. */
function resultsOf(section: Section | undefined): readonly BehaviourResult[] {
  return section?.outcome === 'measured' ? (section.data as BehaviourData).rows : [];
}

const WHAT: Readonly<Record<string, string>> = { observed: 'what a guest reads', behaviour: 'behaviour tests' };

/** What the sections say that they could not do. */
function missingOf({ sections }: Surface): ObservationDocument['missing'] {
  return Object.entries(WHAT).flatMap(([name, what]) => {
    const section = sections[name];
    switch (section?.outcome) {
      case undefined:
        return [{ what, why: 'the surface was recorded before there was such a section' }];
      case 'measured':
        return missingRows(section);
      case 'absent':
        return [{ what, why: section.reason }];
      case 'failed':
        return [{ what, why: `${section.call}(${section.detail}): ${section.errno}: ${section.meaning}` }];
      case 'deadline':
        return [{ what, why: `no end within ${section.milliseconds} ms: ${section.during}` }];
      case 'crashed':
        return [{ what, why: `${section.reason}: ${section.during}` }];
    }
  });
}

/** x86_64's section has a list of what a host could not do; arm64's tells it where it stands. */
function missingRows({ data }: Extract<Section, { outcome: 'measured' }>): ObservationDocument['missing'] {
  if (typeof data !== 'object' || data === null || !('missing' in data) || !Array.isArray(data['missing'])) return [];
  return data['missing'] as ObservationDocument['missing'];
}

/** 1 where something differs, or does not do what the kernel's documents say; 3 where no guest ran at all. */
export function observationExit({ counts, behaviours }: ObservationDocument): ExitCode {
  if (counts.differs > 0 || behaviours.some(({ findings }) => findings.length > 0)) return EXIT.worse;
  return counts.agrees === 0 ? EXIT.unknown : EXIT.ok;
}

const LAB_HINT =
  'What this host cannot run, the lab can, on a kernel of the same release: evenkeel lab observe --kernel KERNEL';

export function observationText(terminal: Terminal, name: string, found: ObservationDocument): string {
  const { counts, contract, elements, behaviours, missing, caveats } = found;
  const against = contract === null ? 'what it declares' : contract;
  const findings = behaviours.flatMap(({ id, findings: texts }) => texts.map((text) => [behaviourWord(id), text]));
  const bad = counts.differs + findings.length;
  const said = counts.agrees === 0 ? 'shows nothing of' : bad === 0 ? 'agrees with' : 'differs from';
  const color = counts.agrees === 0 ? 'yellow' : bad === 0 ? 'green' : 'red';
  const numbers = [
    `${counts.agrees} elements agree`,
    ...(counts.explained === 0 ? [] : [`${counts.explained} differ and are explained`]),
    ...(counts.differs === 0 ? [] : [`${counts.differs} differ`]),
    ...(counts['not-observed'] === 0 ? [] : [`${counts['not-observed']} no guest can read`]),
    ...(findings.length === 0 ? [] : [`${findings.length} behaviours are not as documented`]),
  ];
  const shown = elements.filter(({ result }) => result === 'differs');
  const explained = Map.groupBy(
    elements.filter(({ result }) => result === 'explained'),
    ({ text }) => text,
  );
  return [
    `${name}: what a guest sees ${terminal.style(color, said)} ${against}: ${numbers.join(', ')}\n`,
    shown.length === 0 ? '' : `\n${differences(terminal, shown)}`,
    explained.size === 0 ? '' : `\nDifferences that are none\n${explanations(terminal, explained)}`,
    behaviours.length === 0 ? '' : `\nBehaviour\n${behaviourTable(terminal, behaviours)}`,
    findings.length === 0 ? '' : `\nNot as documented\n${pairs(terminal, findings)}`,
    missing.length === 0
      ? ''
      : `\nNot observed\n${pairs(
          terminal,
          missing.map(({ what, why }) => [what, why]),
        )}`,
    ...caveats.map((caveat) => `\nCaution: ${caveat}\n`),
    missing.length === 0 || found.on.name !== 'host' ? '' : `\n${LAB_HINT}\n`,
  ].join('');
}

function value({ observed, fault }: ObservationDocument['elements'][number]): string {
  return observed === null ? (fault ?? '-') : hex(observed);
}

function differences(terminal: Terminal, rows: ObservationDocument['elements']): string {
  const columns = [
    { title: 'ELEMENT' },
    { title: 'EXPECTED' },
    { title: 'GUEST READS' },
    { title: 'WHY', flexible: true },
  ];
  return table(
    columns,
    rows.map((row) => [row.element, hex(row.expected), value(row), row.text]),
    { width: terminal.width, indent: '  ' },
  );
}

/** Elements that are named for one explanation; the rest are counted. */
const NAMED = 3;

function explanations(
  terminal: Terminal,
  byText: ReadonlyMap<string, readonly ObservationDocument['elements'][number][]>,
): string {
  const rows = [...byText].map(([text, elements]) => {
    const named = elements.slice(0, NAMED).map(({ element }) => element);
    const more = elements.length > NAMED ? [`and ${elements.length - NAMED} more`] : [];
    return [text, [...named, ...more].join(', ')];
  });
  return pairs(terminal, rows);
}

function behaviourTable(terminal: Terminal, rows: ObservationDocument['behaviours']): string {
  const columns = [{ title: 'BEHAVIOUR' }, { title: 'DEFAULT' }, { title: 'WITH A SETTING', flexible: true }];
  return table(
    columns,
    rows.map(({ id, outcome, why, with: runs }) => [
      id,
      outcome ?? '-',
      runs.length > 0 ? runs.map((run) => `${run.selected}: ${run.outcome ?? '-'}`).join(', ') : (why ?? ''),
    ]),
    { width: terminal.width, indent: '  ' },
  );
}

function pairs(terminal: Terminal, rows: readonly (readonly string[])[]): string {
  return table([{ title: '' }, { title: '', flexible: true }], rows, {
    width: terminal.width,
    indent: '  ',
    bare: true,
  });
}
