/**
 * Predicted against verified, word by word: what `check` says of a contract on a surface, and what carrying the plan out
 * on that kernel showed. Every difference is a defect of a table, of the probe or of the engine. Pure.
 */
import { LEVELS, honouredBy } from '../model/index.ts';
import type { Level, Outcome, Plan, Registry, Verdict, Verification, WordPath } from '../model/index.ts';

export interface Disagreement {
  readonly word: WordPath;
  readonly predicted: Level;
  readonly rule: string;
  readonly verified: Outcome;
  /** What the verdict says, and what was seen. */
  readonly text: string;
}

/** Words of which one of the two says nothing are no disagreement: `unknown` there, unreadable here. */
export function disagreements(
  registry: Registry,
  plan: Plan,
  verdict: Verdict,
  verification: Verification,
): Disagreement[] {
  const results = new Map(verification.elements.map((result) => [result.element, result]));
  const reasons = Map.groupBy(verdict.reasons, ({ word }) => word);
  const areas = new Set(verdict.reasons.filter(({ word }) => word === undefined).map(({ area }) => area));
  return plan.words.flatMap(({ word, width, value, neutral }): Disagreement[] => {
    // Of an area that was not measured nothing is predicted.
    if (areas.has(registry.area(word))) return [];
    const [worst] = (reasons.get(word) ?? []).toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level));
    const predicted = worst?.level ?? 'same';
    const paths = new Set([word, ...registry.elements(word, width).map(({ path }) => path)]);
    const seen = [...paths].flatMap((path) => results.get(path) ?? []);
    const wrong = seen.find(({ outcome }) => honouredBy(outcome) === 'no');
    const undecided = seen.some(({ outcome }) => honouredBy(outcome) === 'unknown');
    const rule = worst?.rule ?? 'shown-by-default';
    // A verdict speaks of whatever value the guest's state may come to have; a fresh machine has the one that says "unused".
    if (rule === 'state-missing' && value === neutral && wrong === undefined) return [];
    if (isGood(predicted) && wrong !== undefined) {
      const text = `${worst?.text ?? 'shown by default'}; seen: ${wrong.element} ${wrong.text}`;
      return [{ word, predicted, rule, verified: wrong.outcome, text }];
    }
    if (isBad(predicted) && wrong === undefined && !undecided) {
      const verified = seen[0]?.outcome ?? 'default';
      return [{ word, predicted, rule, verified, text: `${worst?.text ?? ''}; seen: as promised` }];
    }
    return [];
  });
}

function isGood(level: Level): boolean {
  return level === 'same' || level === 'selectable';
}

function isBad(level: Level): boolean {
  return !isGood(level) && level !== 'unknown';
}
