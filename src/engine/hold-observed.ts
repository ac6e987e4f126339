/**
 * A contract held against what a guest read on the machine that was made for it, element by element. What only a switch
 * decides is held against how KVM behaved. Pure.
 */
import { agrees, extract, fieldMask, fromHex } from '../model/index.ts';
import type {
  Contract,
  Element,
  ElementPath,
  Observation,
  ObservationRule,
  ObservedWord,
  Promised,
  Registry,
  WordPath,
} from '../model/index.ts';
import { isPromised } from './addition-units.ts';
import { explain } from './observed.ts';

export const HELD = ['agrees', 'explained', 'differs', 'not-observed'] as const;
export type HeldResult = (typeof HELD)[number];

export interface HeldElement {
  readonly element: ElementPath;
  readonly expected: bigint;
  /** Null: it was not read, or the read faulted (`fault`). */
  readonly observed: bigint | null;
  readonly fault?: string;
  readonly result: HeldResult;
  readonly text: string;
}

export interface Held {
  readonly counts: Readonly<Record<HeldResult, number>>;
  /** All but those that agree. */
  readonly elements: readonly HeldElement[];
}

/** What a behaviour test says of a word that no guest can read. */
export interface Evidence {
  readonly word: WordPath;
  readonly agrees: boolean;
  readonly text: string;
}

export function holdObserved(
  registry: Registry,
  contract: Contract,
  observed: readonly ObservedWord[],
  evidence: readonly Evidence[],
  rules: readonly ObservationRule[],
): Held {
  const read = new Map(observed.map((word) => [word.word, word]));
  const behaved = Map.groupBy(evidence, ({ word }) => word);
  return counted(
    contract.promises.flatMap((promised) => {
      const elements = registry
        .elements(promised.word, promised.width)
        .filter((element) => isPromised(element) && (fieldMask(element) & promised.mask) !== 0n);
      const word = read.get(promised.word);
      const tests = behaved.get(promised.word);
      if (word?.value === null) return elements.slice(0, 1).map((element) => faulted(element, promised, word, rules));
      if (word !== undefined) return elements.map((element) => heldElement(element, promised, word, rules));
      return elements.map((element) => byBehaviour(element, promised, tests ?? []));
    }),
  );
}

export function counted(all: readonly HeldElement[]): Held {
  const counts = { agrees: 0, explained: 0, differs: 0, 'not-observed': 0 };
  for (const { result } of all) counts[result]++;
  return { counts, elements: all.filter(({ result }) => result !== 'agrees') };
}

/** A register that does not read is one finding, not one for each of its fields. */
function faulted(
  element: Element,
  { word, width, value: whole, mask }: Promised,
  { fault }: ObservedWord,
  rules: readonly ObservationRule[],
): HeldElement {
  const text = fault ?? 'a fault';
  const observation: Observation = { word, width, declared: whole, observed: { kind: 'fault', text }, evidence: '' };
  const all = { ...element, path: word, shift: 0, width };
  const why = explain(rules, { element: all, declared: whole & mask, observed: null, observation });
  const about = { element: word, expected: whole & mask, observed: null, fault: text };
  return { ...about, result: why === null ? 'differs' : 'explained', text: why?.text ?? '' };
}

function heldElement(
  element: Element,
  { word, width, value: whole }: Promised,
  { value }: ObservedWord,
  rules: readonly ObservationRule[],
): HeldElement {
  const read = fromHex(value ?? '0x0');
  const [expected, seen] = [extract(element, whole), extract(element, read)];
  const about = { element: element.path, expected, observed: seen };
  if (agrees(element, expected, seen)) return { ...about, result: 'agrees', text: '' };
  const observation: Observation = {
    word,
    width,
    declared: whole,
    observed: { kind: 'value', value: read },
    evidence: '',
  };
  const why = explain(rules, { element, declared: expected, observed: seen, observation });
  return { ...about, result: why === null ? 'differs' : 'explained', text: why?.text ?? '' };
}

/** A switch: nobody reads it, and a test may have shown what it does. */
function byBehaviour(element: Element, { value }: Promised, tests: readonly Evidence[]): HeldElement {
  const expected = extract(element, value);
  const about = { element: element.path, expected };
  const [first] = tests;
  if (first === undefined) return { ...about, observed: null, result: 'not-observed', text: '' };
  const wrong = tests.find((test) => !test.agrees);
  if (wrong === undefined) return { ...about, observed: expected, result: 'agrees', text: first.text };
  return { ...about, observed: null, result: 'differs', text: wrong.text };
}
