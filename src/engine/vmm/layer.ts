/**
 * The layer of the VMM: a verdict of KVM as it comes out where a certain VMM does the work. Levels become worse where the
 * VMM cannot do what KVM could, or goes on where KVM said no; better only where a row of its profile has a source for it.
 * Pure.
 */
import { LEVELS, worse } from '../../model/index.ts';
import type { Level, Reason, Verdict } from '../../model/index.ts';
import { missing } from './missing.ts';
import { unchanged } from './reason.ts';
import type { VmmMove } from './reason.ts';
import { rowFor } from './rows.ts';
import { unsaved } from './saved.ts';
import { unshown, valued } from './value.ts';

/** What KVM says of a move, as it comes out under this VMM; every reason then says what the obstacle is. */
export function underVmm(move: VmmMove, verdict: Verdict): Verdict {
  const counts: Record<Level, number> = { ...verdict.counts };
  const reasons: Reason[] = [];
  const judged = new Set<string>();
  const keep = (before: Level, reason: Reason): void => {
    counts[before] = Math.max(0, counts[before] - 1);
    counts[reason.level]++;
    judged.add(reason.element);
    if (reason.level !== 'same') reasons.push(reason);
  };
  for (const reason of verdict.reasons) {
    if (reason.word !== undefined) judged.add(reason.word);
    keep(reason.level, rejudge(move, reason));
  }
  // What KVM has nothing against gave no reason: the VMM may have.
  const comparable = verdict.reasons.every(({ rule }) => rule !== 'incomparable');
  for (const reason of comparable ? [...unshown(move), ...unsaved(move)] : []) {
    if (judged.has(reason.element)) continue;
    keep('same', reason);
  }
  const rank = ({ level }: Reason): number => LEVELS.indexOf(level);
  return {
    level: reasons.reduce<Level>((worst, { level }) => worse(worst, level), 'same'),
    counts,
    reasons: reasons.toSorted((a, b) => rank(b) - rank(a)),
    caveats: verdict.caveats,
  };
}

/** Rules under which a word is missing on the destination; of all others its value is in question. */
const MISSING: readonly string[] = ['register-missing', 'state-missing'];

function rejudge(move: VmmMove, reason: Reason): Reason {
  const row = reason.word === undefined ? null : rowFor(move.profile, move.contract.architecture, reason.word);
  // A whole area, or the whole host: no VMM changes that.
  if (row === null) return unchanged(reason);
  return MISSING.includes(reason.rule) ? missing(move, reason, row) : valued(move, reason, row);
}
