/**
 * Known causes of disagreements between what is predicted of a move with QEMU and what is observed. A disagreement without
 * a row here is a defect that nobody has looked at.
 */
import type { Architecture } from '../../model/index.ts';
import type { QemuProofMove, QemuProofWord } from '../../format/index.ts';

export interface QemuCause {
  readonly architecture: Architecture;
  readonly modes: readonly QemuProofMove['mode'][];
  /** The words that it is about, whole paths. */
  readonly words: RegExp;
  readonly observed: QemuProofWord['observed'];
  /** One or two sentences, with the source of the fact. */
  readonly cause: string;
}

export const QEMU_CAUSES: readonly QemuCause[] = [];

export function qemuCauseOf(
  { architecture, mode }: Pick<QemuProofMove, 'architecture' | 'mode'>,
  { word, observed }: Pick<QemuProofWord, 'word' | 'observed'>,
): string | null {
  return (
    QEMU_CAUSES.find(
      (row) =>
        row.architecture === architecture &&
        row.modes.includes(mode) &&
        row.words.test(word) &&
        row.observed === observed,
    )?.cause ?? null
  );
}
