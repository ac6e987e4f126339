/**
 * A move from one QEMU to another: the one that is left decides what is in the stream, the one that loads it everything else.
 * Pure.
 */
import { rowFor } from '../../engine/index.ts';
import type { Architecture, VmmProfile, VmmRow, WordPath } from '../../model/index.ts';

/** The destination's profile with what the source saves of these words; the same where they are the same. */
export function crossProfile(
  source: VmmProfile,
  destination: VmmProfile,
  architecture: Architecture,
  words: ReadonlySet<WordPath>,
): VmmProfile {
  if (source === destination) return destination;
  const own = destination.rows[architecture];
  const crossed = [...words].flatMap((word): VmmRow[] => {
    const [left, loads] = [rowFor(source, architecture, word), rowFor(destination, architecture, word)];
    if (left === null || loads === null || left.saves === loads.saves) return [];
    return [{ ...loads, words: [word], saves: left.saves }];
  });
  return { ...destination, rows: { ...destination.rows, [architecture]: [...crossed, ...own] } };
}
