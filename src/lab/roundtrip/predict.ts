/** What Evenkeel says beforehand of a restore, by element, from surfaces and what the guest's state holds. Pure. */
import { check } from '../../engine/index.ts';
import { LEVELS, worse } from '../../model/index.ts';
import type { Contract, Level, MeasuredSurface, Reason, Registry, Values, WordPath } from '../../model/index.ts';

export interface Prediction {
  readonly level: Level;
  /** The worst reason of each word that is not `same`. */
  readonly words: ReadonlyMap<WordPath, Reason>;
  /** About whole areas, or the whole host: no word of theirs is judged. */
  readonly whole: readonly Reason[];
  /** What a VMM meets that insists on every register of the saved state, whatever it holds. */
  readonly insisting: { readonly stops: boolean; readonly words: ReadonlySet<WordPath> };
}

export interface Restoring {
  readonly registry: Registry;
  readonly contract: Contract;
  readonly destination: MeasuredSurface;
  /** The host that the guest leaves, where it is not what the contract was pinned from alone. */
  readonly from?: MeasuredSurface;
  /** What the saved state holds. */
  readonly values: Values;
}

export function predict(restoring: Restoring): Prediction {
  const { registry, contract, destination, from, values } = restoring;
  const options = { values, ...(from === undefined ? {} : { from }) };
  const verdict = check(registry, contract, destination, options);
  const words = worstByWord(verdict.reasons);
  // With no value that means "not used", a register that the host lacks is refused whatever it holds.
  const literal = check({ ...registry, neutral: () => null }, contract, destination, options);
  const carried = new Set(Object.keys(values));
  const insisted = literal.reasons.filter(
    ({ word, level }) => word !== undefined && carried.has(word) && level === 'refused',
  );
  const refused = verdict.reasons.filter(({ level }) => level === 'refused');
  return {
    level: verdict.level,
    words,
    whole: verdict.reasons.filter(({ word }) => word === undefined),
    insisting: {
      stops: insisted.length > 0 || refused.length > 0,
      words: new Set([...insisted, ...refused].flatMap(({ word }) => word ?? [])),
    },
  };
}

function worstByWord(reasons: readonly Reason[]): Map<WordPath, Reason> {
  const words = new Map<WordPath, Reason>();
  for (const reason of reasons) {
    const { word, level } = reason;
    if (word === undefined) continue;
    const before = words.get(word);
    if (before === undefined || (before.level !== level && worse(before.level, level) === level))
      words.set(word, reason);
  }
  return words;
}

/** True where Evenkeel says that the guest will find its machine again. */
export function promisesWell(level: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf('selectable');
}
