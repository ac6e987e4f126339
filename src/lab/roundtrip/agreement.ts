/**
 * Predicted against observed: of a whole restore, and word by word. Every disagreement is a defect of a registry, of the
 * probe or of the engine, or its cause is known and written down. Pure.
 */
import { LEVELS } from '../../model/index.ts';
import type { Level, RoundTripFault, RoundTripOutcome, WordPath } from '../../model/index.ts';
import type { Observation, Observed } from './observation.ts';
import { promisesWell } from './predict.ts';
import type { Prediction } from './predict.ts';

export interface WordDisagreement {
  readonly word: WordPath;
  readonly fault: RoundTripFault;
  readonly predicted: Level;
  readonly observed: 'as-promised' | Observed['how'];
  /** What each says. */
  readonly text: string;
}

/** Null where the two agree. A lab machine that was lost says nothing. */
export function faultOf(predicted: Level, outcome: RoundTripOutcome): RoundTripFault | null {
  if (outcome === 'lost') return null;
  const held = outcome === 'identical';
  if (predicted === 'unknown') return 'undecided';
  if (promisesWell(predicted)) return held ? null : 'unsafe';
  if (held) return 'overcautious';
  return (predicted === 'refused') === (outcome === 'refused') ? null : 'otherwise';
}

/** `seen`: words of which the lab could have told that something is wrong. */
export function wordDisagreements(
  prediction: Prediction,
  observation: Observation,
  seen: ReadonlySet<WordPath>,
): readonly WordDisagreement[] {
  if (observation.outcome === 'lost') return [];
  const observed = Map.groupBy(observation.observed, ({ word }) => word);
  const words = new Set([...prediction.words.keys(), ...observed.keys()]);
  return [...words].flatMap((word): WordDisagreement[] => {
    const reason = prediction.words.get(word);
    const predicted = reason?.level ?? 'same';
    const worst = (observed.get(word) ?? []).toSorted((a, b) => rank(b) - rank(a))[0];
    if (worst === undefined && !seen.has(word)) return [];
    const fault = faultOf(predicted, worst?.how ?? 'identical');
    if (fault === null) return [];
    const says = reason?.text ?? 'shown by default';
    const text = `predicted ${predicted} (${says}); ${worst === undefined ? 'as promised' : `${worst.by}: ${worst.text}`}`;
    return [{ word, fault, predicted, observed: worst?.how ?? 'as-promised', text }];
  });
}

function rank({ how }: Observed): number {
  return how === 'differs' ? 1 : 0;
}

/** One cell of predicted × observed. */
export interface ConfusionCell {
  readonly predicted: Level;
  readonly outcome: RoundTripOutcome;
  readonly count: number;
}

/** Cells that are not empty, in the order of levels. */
export function confusion(
  all: readonly { readonly predicted: Level; readonly outcome: RoundTripOutcome }[],
): readonly ConfusionCell[] {
  const cells = Map.groupBy(all, ({ predicted, outcome }) => `${predicted} ${outcome}`);
  return [...cells.values()]
    .flatMap((same) => (same[0] === undefined ? [] : [{ ...same[0], count: same.length }]))
    .map(({ predicted, outcome, count }) => ({ predicted, outcome, count }))
    .toSorted((a, b) => LEVELS.indexOf(a.predicted) - LEVELS.indexOf(b.predicted));
}
