/**
 * `check`: a contract on a destination's surface. A fold over independent units (a promised word, a carried word, an
 * area, a word that only the destination has), each judged by a function of its own. Pure.
 */
import type { Contract, MeasuredSurface, Promised, Registry, Values, Verdict, WordPath } from '../model/index.ts';
import { judgeAddition, judgeUnsaid } from './addition-units.ts';
import { areasOf, judgeArea, judgeComparable } from './area-units.ts';
import { heldBy, isOutOfReach, judgeCarried } from './carried-unit.ts';
import type { Findings } from './finding.ts';
import { Fold } from './fold.ts';
import { gainedFrom, judgeGainedPromise, judgeGainedState } from './gained.ts';
import { judgePromise } from './promise-unit.ts';

export interface CheckOptions {
  /** What the guest's carried words hold, as a snapshot says; before those that the contract has. */
  readonly values?: Values;
  /** The host that the guest leaves, where it is not (only) what the contract was pinned from: it adds to the state. */
  readonly from?: MeasuredSurface;
}

export function check(
  registry: Registry,
  contract: Contract,
  destination: MeasuredSurface,
  options: CheckOptions = {},
): Verdict {
  const fold = new Fold(destination);
  const hosts = options.from === undefined ? [destination] : [options.from, destination];
  for (const host of hosts) {
    const incomparable = judgeComparable(registry, contract, host);
    if (incomparable === null) continue;
    fold.add(incomparable);
    return fold.verdict();
  }
  for (const findings of units(registry, contract, destination, options)) fold.add(findings);
  return fold.verdict(caveatsOf(contract, options));
}

/** Every unit, judged; none depends on another. */
function* units(
  registry: Registry,
  contract: Contract,
  destination: MeasuredSurface,
  { values = {}, from }: CheckOptions,
): Generator<Findings, void> {
  const promisedWords = new Map<WordPath, Promised>();
  for (const promised of contract.promises) {
    promisedWords.set(promised.word, promised);
    yield judgePromise(registry, promised, destination);
  }
  const valueOf = (word: WordPath): bigint | undefined =>
    heldBy(values, word) ??
    heldBy(contract.values, word) ??
    (isOutOfReach(registry, word, promisedWords) ? (registry.neutral(word) ?? undefined) : undefined);
  for (const word of contract.carries) {
    // A register of which a part is promised and a part is state was judged above.
    if (promisedWords.has(word)) continue;
    yield judgeCarried(registry, word, { value: valueOf(word), fresh: heldBy(contract.fresh, word) }, destination);
  }
  for (const area of areasOf(registry, contract, destination)) yield judgeArea(area, contract, destination);
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  const unread = new Set<WordPath>();
  for (const word of registry.switches?.() ?? []) {
    unread.add(word.path);
    if (promisedWords.has(word.path) || unknown.has(registry.area(word.path))) continue;
    yield judgeUnsaid(registry, word, destination);
  }
  for (const word of destination.words.values()) {
    if (promisedWords.has(word.path) || unread.has(word.path) || unknown.has(registry.area(word.path))) continue;
    yield judgeAddition(registry, word, destination);
  }
  if (from === undefined) return;
  const gained = gainedFrom(registry, contract, from);
  for (const promised of gained.promises) yield judgeGainedPromise(registry, promised, destination);
  for (const word of gained.carries) yield judgeGainedState(registry, word, gained, valueOf(word), destination);
}

/** A contract of a pool has what all members have; what one of them adds is seen only where it is known which one. */
function caveatsOf({ pinnedFrom }: Contract, { from }: CheckOptions): string[] {
  if (from !== undefined || pinnedFrom.length < 2) return [];
  return [
    `the contract is of ${pinnedFrom.length} hosts, and it was not said which of them the guest leaves: what that one adds to the saved state is not judged`,
  ];
}
