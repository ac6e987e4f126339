/**
 * What a check judges, unit by unit: a fold over these is a verdict, and none depends on another. As data, so that one
 * who judges many contracts on many hosts can judge each distinct unit once (`compiled/`).
 */
import type { Contract, MeasuredSurface, Promised, Registry, SwitchWord, Values, WordPath } from '../model/index.ts';
import { judgeAddition, judgeUnsaid } from './addition-units.ts';
import { areasSaid, judgeArea } from './area-units.ts';
import { heldBy, isOutOfReach, judgeCarried } from './carried-unit.ts';
import type { Holding } from './carried-unit.ts';
import type { Findings } from './finding.ts';
import { gainedFrom, judgeGainedPromise } from './gained.ts';
import { judgePromise } from './promise-unit.ts';

/** A word that only the destination has is judged whatever the contract: all that counts is which words it speaks of. */
export interface Spoken {
  /** Promised, or set by a VMM and read back by nobody. */
  readonly words: ReadonlySet<WordPath>;
  /** Areas of which nothing was known when the contract was pinned. */
  readonly unknown: ReadonlySet<string>;
}

export type Unit =
  | { readonly kind: 'promise'; readonly promised: Promised }
  | { readonly kind: 'carried'; readonly word: WordPath; readonly holding: Holding }
  | { readonly kind: 'areas'; readonly said: ReadonlySet<string>; readonly unknown: Contract['unknown'] }
  | { readonly kind: 'unsaid'; readonly word: SwitchWord }
  | { readonly kind: 'additions'; readonly spoken: Spoken }
  | { readonly kind: 'gained'; readonly promised: Promised };

/** What is known of the guest, beyond its contract. */
export interface CheckOptions {
  /** What the guest's carried words hold, as a snapshot says; before those that the contract has. */
  readonly values?: Values;
  /** The host that the guest leaves, where it is not (only) what the contract was pinned from: it adds to the state. */
  readonly from?: MeasuredSurface;
}

/** The units of a check, in the order in which reasons of one level come. */
export function* unitsOf(
  registry: Registry,
  contract: Contract,
  { values = {}, from }: CheckOptions,
): Generator<Unit, void> {
  const promisedWords = new Map<WordPath, Promised>();
  for (const promised of contract.promises) {
    promisedWords.set(promised.word, promised);
    yield { kind: 'promise', promised };
  }
  const valueOf = (word: WordPath): bigint | undefined =>
    heldBy(values, word) ??
    heldBy(contract.values, word) ??
    (isOutOfReach(registry, word, promisedWords) ? (registry.neutral(word) ?? undefined) : undefined);
  for (const word of contract.carries) {
    // A register of which a part is promised and a part is state was judged above.
    if (promisedWords.has(word)) continue;
    yield { kind: 'carried', word, holding: { value: valueOf(word), fresh: heldBy(contract.fresh, word) } };
  }
  yield { kind: 'areas', said: areasSaid(registry, contract), unknown: contract.unknown };
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  const words = new Set(promisedWords.keys());
  for (const word of registry.switches?.() ?? []) {
    words.add(word.path);
    if (!promisedWords.has(word.path) && !unknown.has(registry.area(word.path))) yield { kind: 'unsaid', word };
  }
  yield { kind: 'additions', spoken: { words, unknown } };
  if (from === undefined) return;
  const gained = gainedFrom(registry, contract, from);
  for (const promised of gained.promises) yield { kind: 'gained', promised };
  for (const word of gained.carries) {
    yield { kind: 'carried', word, holding: { value: valueOf(word), fresh: heldBy(gained.fresh, word) } };
  }
}

/** A unit on a destination. Whole areas and additions are several findings, each in its place. */
export function* judgeUnit(registry: Registry, unit: Unit, destination: MeasuredSurface): Generator<Findings, void> {
  switch (unit.kind) {
    case 'promise':
      yield judgePromise(registry, unit.promised, destination);
      return;
    case 'carried':
      yield judgeCarried(registry, unit.word, unit.holding, destination);
      return;
    case 'areas':
      for (const area of new Set([...unit.said, ...destination.areas.keys()])) {
        yield judgeArea(area, unit.unknown, destination);
      }
      return;
    case 'unsaid':
      yield judgeUnsaid(registry, unit.word, destination);
      return;
    case 'additions':
      for (const word of destination.words.values()) {
        if (!speaksOf(registry, unit.spoken, word.path)) yield judgeAddition(registry, word, destination);
      }
      return;
    case 'gained':
      yield judgeGainedPromise(registry, unit.promised, destination);
  }
}

export function speaksOf(registry: Registry, { words, unknown }: Spoken, word: WordPath): boolean {
  return words.has(word) || unknown.has(registry.area(word));
}
