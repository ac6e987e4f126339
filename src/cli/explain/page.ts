/** What is known of one element or word, collected: tables of the registry, and the recorded surfaces at this moment. */
import { catalogueFor } from '../../arch/catalogue.ts';
import { changesOf, knownChanges } from '../../arch/changes/index.ts';
import type { KnownChange } from '../../arch/changes/index.ts';
import { measure, operationFor, registryFor, ruleOf } from '../../arch/index.ts';
import { history } from '../../engine/index.ts';
import { EXPLANATION_FORMAT } from '../../format/index.ts';
import type { ExplainedCall, ExplainedElement, ExplainedHistory, ExplanationDocument } from '../../format/index.ts';
import { comparisonText, describeOperation } from '../../model/index.ts';
import type { Architecture, Element, MeasuredSurface, Surface } from '../../model/index.ts';
import type { Target } from './names.ts';

export interface Recording {
  readonly cpu: string;
  readonly kernel: string;
  readonly surface: Surface;
}

export function explanation(
  { architecture, path, word, width }: Target,
  recordings: readonly Recording[],
  also: readonly Target[],
): ExplanationDocument {
  const registry = registryFor(architecture);
  const all = registry.elements(word, width);
  const elements = path === word ? all : all.filter((element) => element.path === path);
  const description = catalogueFor(architecture)
    .words()
    .find((known) => known.path === word)?.description;
  return {
    format: EXPLANATION_FORMAT,
    architecture,
    path,
    word,
    area: registry.area(word),
    description: description ?? null,
    call: callOf(architecture, word),
    neutral: registry.neutral(word),
    elements: elements.map((element) => explained(architecture, element)),
    recorded: histories(architecture, elements, recordings),
    changes: changes(architecture, path, all),
    also: also.map((other) => other.path),
  };
}

function explained(architecture: Architecture, element: Element): ExplainedElement {
  const { symptom, use, aliases, selectors } = catalogueFor(architecture).facts(element);
  const { path, shift, width, named, description, kind, comparison, signed, source } = element;
  return {
    element: path,
    shift,
    width,
    named,
    description,
    kind,
    comparison,
    signed,
    compares: comparisonText(element),
    symptom,
    use,
    aliases,
    selectors,
    source,
  };
}

function callOf(architecture: Architecture, word: string): ExplainedCall | null {
  const operation = operationFor(architecture, word);
  if (operation === null) return null;
  const rule = ruleOf(architecture, operation);
  return { ...describeOperation(operation), phase: rule?.phase ?? null, reason: rule?.reason ?? null };
}

/** The element's own, and those of any field where a word is asked for. */
function changes(architecture: Architecture, path: string, elements: readonly Element[]): readonly KnownChange[] {
  const found = new Set(changesOf(architecture, path));
  if (elements.some((element) => element.word === path)) {
    for (const element of elements) for (const change of changesOf(architecture, element.path)) found.add(change);
  }
  return knownChanges(architecture).filter((change) => found.has(change));
}

/** Of a word with several elements those that changed, and of the others nothing. */
function histories(
  architecture: Architecture,
  elements: readonly Element[],
  recordings: readonly Recording[],
): readonly ExplainedHistory[] {
  const registry = registryFor(architecture);
  const measured = new Map<Recording, MeasuredSurface>(recordings.map((each) => [each, measure(each.surface)]));
  return [...Map.groupBy(recordings, ({ cpu }) => cpu)].flatMap(([cpu, of]) =>
    elements
      .map((element): ExplainedHistory => ({
        cpu,
        element: element.path,
        points: history(
          registry,
          element,
          of.flatMap((each) => {
            const found = measured.get(each);
            return found === undefined ? [] : [{ name: each.kernel, measured: found }];
          }),
        ),
      }))
      .filter(({ points }) => elements.length === 1 || points.some(({ changed }) => changed.length > 0)),
  );
}
