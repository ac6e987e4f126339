/**
 * `check`: a contract on a destination's surface. A fold over independent units (a promised word, a carried word, an
 * area, a word that only the destination has), each judged by a function of its own. Pure.
 */
import type { Contract, MeasuredSurface, Registry, Verdict } from '../model/index.ts';
import { judgeComparable } from './area-units.ts';
import { Fold } from './fold.ts';
import { judgeUnit, unitsOf } from './unit.ts';
import type { CheckOptions } from './unit.ts';

export type { CheckOptions } from './unit.ts';

export function check(
  registry: Registry,
  contract: Contract,
  destination: MeasuredSurface,
  options: CheckOptions = {},
): Verdict {
  const fold = new Fold(destination);
  const hosts = options.from === undefined ? [destination] : [options.from, destination];
  for (const host of hosts) {
    const incomparable = judgeComparable(registry, contract, host);
    if (incomparable === null) continue;
    fold.add(incomparable);
    return fold.verdict();
  }
  for (const unit of unitsOf(registry, contract, options)) {
    for (const findings of judgeUnit(registry, unit, destination)) fold.add(findings);
  }
  return fold.verdict(caveatsOf(contract, options));
}

/** A contract of a pool has what all members have; what one of them adds is seen only where it is known which one. */
export function caveatsOf({ pinnedFrom }: Contract, { from }: CheckOptions): string[] {
  if (from !== undefined || pinnedFrom.length < 2) return [];
  return [
    `the contract is of ${pinnedFrom.length} hosts, and it was not said which of them the guest leaves: what that one adds to the saved state is not judged`,
  ];
}
