/**
 * Observed beside declared: what code in a guest read against what the host's ioctls said of the same machine, element
 * by element. A difference is explained by a rule of the architecture (a field that follows from run-time state, a read
 * that the CPU answers by itself), or it is a finding. Pure.
 */
import { agrees, extract } from '../model/index.ts';
import type {
  Element,
  ElementDifference,
  ElementPath,
  Observation,
  ObservationRule,
  Registry,
  WordPath,
} from '../model/index.ts';

export type { ElementDifference, Observation, ObservationRule, Reading } from '../model/index.ts';

export interface ObservedDifference {
  readonly element: ElementPath;
  readonly word: WordPath;
  readonly declared: bigint;
  /** Null: the read faulted; then `fault` says with what, and `element` is the whole word. */
  readonly observed: bigint | null;
  readonly fault?: string;
  /** Null: nothing explains it, which makes it a finding. */
  readonly explained: { readonly rule: string; readonly text: string } | null;
  readonly evidence: string;
}

/** Where a guest read something else than was declared; words that no ioctl declares are not compared. */
export function observedAgainstDeclared(
  registry: Registry,
  observations: readonly Observation[],
  rules: readonly ObservationRule[],
): ObservedDifference[] {
  return observations.flatMap((observation): ObservedDifference[] => {
    const { word, width, declared, observed, evidence } = observation;
    if (declared === null) return [];
    const elements = registry.elements(word, width);
    if (observed.kind === 'fault') {
      const [element] = elements;
      if (element === undefined) return [];
      const difference = { element: whole(element, word, width), declared, observed: null, observation };
      const explained = explain(rules, difference);
      return [{ element: word, word, declared, observed: null, fault: observed.text, explained, evidence }];
    }
    return elements.flatMap((element): ObservedDifference[] => {
      const [said, read] = [extract(element, declared), extract(element, observed.value)];
      if (agrees(element, said, read)) return [];
      const difference = { element, declared: said, observed: read, observation };
      const explained = explain(rules, difference);
      return [{ element: element.path, word, declared: said, observed: read, explained, evidence }];
    });
  });
}

/** The element of a register that does not read: all of its bits. */
function whole(first: Element, word: WordPath, width: number): Element {
  return { ...first, path: word, word, shift: 0, width };
}

/** The architecture's rules first: they know more than that a field is derived. */
export function explain(
  rules: readonly ObservationRule[],
  difference: ElementDifference,
): { readonly rule: string; readonly text: string } | null {
  for (const { id, explains } of rules) {
    const text = explains(difference);
    if (text !== null) return { rule: id, text };
  }
  const { kind, description } = difference.element;
  if (difference.observed === null) return null;
  return kind === 'derived' ? { rule: 'derived', text: `it follows from run-time state: ${description}` } : null;
}
