/** Folds findings into a verdict: counts, the worst level, and the reasons in order. */
import { LEVELS, worse } from '../model/index.ts';
import type { Evidence, Level, MeasuredSurface, Reason, Verdict } from '../model/index.ts';
import type { Finding, Findings } from './finding.ts';

export class Fold {
  readonly #surface: MeasuredSurface;
  readonly #counts: Record<Level, number> = { same: 0, selectable: 0, unknown: 0, refused: 0, lost: 0, silent: 0 };
  readonly #reasons: Reason[] = [];
  #level: Level = 'same';

  constructor(surface: MeasuredSurface) {
    this.#surface = surface;
  }

  add({ same, found }: Findings): void {
    this.#counts.same += same;
    for (const finding of found) this.#addOne(finding);
  }

  verdict(caveats: readonly string[] = []): Verdict {
    const rank = (reason: Reason): number => LEVELS.indexOf(reason.level);
    // Array.prototype.sort is stable: within a level the contract's order stays.
    const reasons = this.#reasons.toSorted((a, b) => rank(b) - rank(a));
    return {
      level: this.#level,
      counts: this.#counts,
      reasons,
      caveats: [...this.#surface.caveats, ...caveats],
    };
  }

  #addOne(finding: Finding): void {
    const { level } = finding;
    this.#counts[level]++;
    this.#level = worse(this.#level, level);
    if (level !== 'same') this.#reasons.push(reasonOf(finding, this.#surface));
  }
}

/** A finding, with the surface that its pointer is of. */
export function reasonOf(finding: Finding, surface: MeasuredSurface): Reason {
  const { element, area, level, rule, text, promised, shows, pointer, setting, word, cause } = finding;
  const evidence: Evidence | null = pointer === null ? null : { surface: surface.fingerprint, pointer };
  return {
    element,
    area,
    level,
    rule,
    text,
    promised,
    shows,
    evidence,
    setting,
    ...(word === null ? {} : { word }),
    ...(cause === undefined ? {} : { cause }),
  };
}
