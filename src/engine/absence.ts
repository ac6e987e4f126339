/** What it means that a destination does not have a word: zeros for a CPUID leaf, a failing call for a register. */
import { hex } from '../model/index.ts';
import type { MeasuredSurface, MeasuredWord, Promised, Registry, WordPath } from '../model/index.ts';
import type { Fold } from './fold.ts';
import type { Judgement } from './judge.ts';

/** A word that the destination was measured not to have. */
export type Substitute = MeasuredWord & { readonly missing?: true };

export function substitute(
  registry: Registry,
  { word: path, width }: Pick<Promised, 'word' | 'width'>,
  destination: MeasuredSurface,
): Substitute {
  const area = destination.areas.get(registry.area(path));
  const known = registry.whenAbsent(path);
  const partial = area?.partial;
  const absence = partial === undefined ? known : { ...known, otherwise: { how: 'unknown', why: partial } as const };
  const word: MeasuredWord = {
    path,
    width,
    value: absence.kind === 'zero' ? 0n : null,
    latitude: { kind: 'fixed', otherwise: absence.otherwise },
    mechanism: null,
    evidence: area?.evidence ?? '',
  };
  return absence.kind === 'zero' ? word : { ...word, missing: true };
}

/** A register whose value is known: missing it is harmless where that value is the neutral one. */
export function addMissing(registry: Registry, promised: Promised, text: string, word: Substitute, fold: Fold): void {
  const neutral = registry.neutral(promised.word);
  if (neutral !== null && ((neutral ^ promised.value) & promised.mask) === 0n) return fold.same(1);
  const area = registry.area(promised.word);
  fold.add(area, promised.word, missing(word, text, 'register-missing'), promised.value, null, word.evidence);
}

/** A unit of state, of which only a snapshot knows the value. */
export function addMissingState(registry: Registry, path: WordPath, destination: MeasuredSurface, fold: Fold): void {
  if (destination.areas.get(registry.area(path))?.measured !== true) return;
  if (destination.words.has(path) || destination.accepts?.has(path) === true) return fold.same(1);
  const word = substitute(registry, { word: path, width: 64 }, destination);
  const neutral = registry.neutral(path);
  const harmless = neutral === null ? '' : ` (harmless while its value is ${hex(neutral)})`;
  const text = `the guest carries it and the destination does not have it${harmless}`;
  fold.add(registry.area(path), path, missing(word, text, 'state-missing'), null, null, word.evidence);
}

function missing(word: MeasuredWord, text: string, rule: 'register-missing' | 'state-missing'): Judgement {
  const rejection = word.latitude.kind === 'fixed' ? word.latitude.otherwise : null;
  if (rejection?.how === 'refused') {
    return { level: 'refused', rule, text: `${text}; ${rejection.call} fails with ${rejection.errno}` };
  }
  if (rejection?.how === 'ignored') return { level: 'lost', rule, text: `${text}; ${rejection.call} drops it` };
  return { level: 'unknown', rule, text: `${text}; ${rejection?.why ?? 'what a restore does was not measured'}` };
}
