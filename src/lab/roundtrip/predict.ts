/** What Evenkeel says beforehand of a restore, by element, from surfaces and what the guest's state holds. Pure. */
import { RESET_UNKNOWN } from '../../arch/arm64/volatile.ts';
import { check } from '../../engine/index.ts';
import { LEVELS, worse } from '../../model/index.ts';
import type {
  Contract,
  Level,
  MeasuredSurface,
  Reason,
  Registry,
  SavedState,
  Values,
  WordPath,
} from '../../model/index.ts';
import { carriedValues } from '../../snapshot/values.ts';
import type { RoundTripHost } from './host.ts';
import { firstNotTaken } from './listed.ts';

export interface Prediction {
  readonly level: Level;
  /** The worst reason of each word that is not `same`. */
  readonly words: ReadonlyMap<WordPath, Reason>;
  /** About whole areas, or the whole host: no word of theirs is judged. */
  readonly whole: readonly Reason[];
  /** Where a VMM stops that insists on every register of the saved state, whatever it holds; null where it does not. */
  readonly insisting: string | null;
}

export interface Restoring {
  readonly registry: Registry;
  readonly contract: Contract;
  readonly destination: Pick<RoundTripHost, 'surface' | 'taken'>;
  /** The host that the guest leaves, where it is not what the contract was pinned from alone. */
  readonly from?: MeasuredSurface;
  readonly state: SavedState;
  /** What the host takes that it was saved on. */
  readonly savedFrom: ReadonlySet<string>;
}

export function predict({ registry, contract, destination, from, state, savedFrom }: Restoring): Prediction {
  const values = heldIn(state, registry, contract, from);
  const options = { values, ...(from === undefined ? {} : { from }) };
  const { level, reasons } = check(registry, contract, destination.surface, options);
  const refused = reasons.find((reason) => reason.level === 'refused');
  return {
    level,
    words: worstByWord(reasons),
    whole: reasons.filter(({ word }) => word === undefined),
    insisting: refused?.element ?? firstNotTaken(state, savedFrom, destination.taken),
  };
}

/** Also of what the host that is left added to the state; not of registers that nobody ever gave a value. */
export function heldIn(
  state: SavedState,
  registry: Registry,
  contract: Contract,
  from: MeasuredSurface | undefined,
): Values {
  const carries = [...new Set([...contract.carries, ...(from?.words.keys() ?? [])])];
  const values = carriedValues(registry, { ...contract, carries }, state);
  return Object.fromEntries([...values].filter(([, value]) => value !== RESET_UNKNOWN));
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

/**
 * The level of what a restore can show. What it cannot, such as how a kernel answers an exception that no guest of the lab
 * raises, is counted: `beyond`.
 */
export function shownLevel(
  { words, whole }: Prediction,
  seen: ReadonlySet<WordPath>,
): { readonly level: Level; readonly beyond: number } {
  const shown = [...words].filter(([word]) => seen.has(word)).map(([, { level }]) => level);
  return {
    level: [...shown, ...whole.map(({ level }) => level)].reduce<Level>((worst, level) => worse(worst, level), 'same'),
    beyond: [...words].filter(([word, { level }]) => !seen.has(word) && !promisesWell(level)).length,
  };
}

/** True where Evenkeel says that the guest will find its machine again. */
export function promisesWell(level: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf('selectable');
}
