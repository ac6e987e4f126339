/**
 * Known causes of disagreements between what is predicted and what is observed: why a word is judged otherwise than the
 * lab shows. A disagreement without a row here is a defect that nobody has looked at.
 */
import type { Architecture, Level } from '../../model/index.ts';
import type { ProofWord } from '../../format/index.ts';

export interface Cause {
  readonly architecture: Architecture;
  /** The words that it is about, whole paths. */
  readonly words: RegExp;
  readonly predicted: readonly Level[];
  readonly observed: ProofWord['observed'];
  /** One or two sentences, with the source of the fact. */
  readonly cause: string;
}

export const CAUSES: readonly Cause[] = [];

export function causeOf(
  architecture: string,
  { word, predicted, observed }: Pick<ProofWord, 'word' | 'predicted' | 'observed'>,
): string | null {
  return (
    CAUSES.find(
      (row) =>
        row.architecture === architecture &&
        row.words.test(word) &&
        row.predicted.includes(predicted) &&
        row.observed === observed,
    )?.cause ?? null
  );
}
