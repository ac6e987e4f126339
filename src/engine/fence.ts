/**
 * Where the fence stands. The steps of an upgrade are (kernel, VMM) pairs, each at a place in the order of kernels and in
 * the order of VMMs; a pair comes before another where neither its kernel nor its VMM is the newer one. The fence is the
 * first pair with which a contract can be selected; a guest that is behind it cannot go back to before it. Pure.
 */
import { LEVELS, worse } from '../model/index.ts';
import type { Contract, Level, MeasuredSurface, Reason, Registry, Verdict, VmmProfile } from '../model/index.ts';
import { check } from './check.ts';
import { checkReturn } from './return.ts';
import { underVmm } from './vmm/index.ts';

export interface FencePair {
  readonly surface: MeasuredSurface;
  /** Null: KVM alone is judged. */
  readonly vmm: VmmProfile | null;
  /** Place in the upgrade, from old to new. */
  readonly kernel: number;
  readonly generation: number;
}

export interface FenceReturn {
  /** Index of the earlier pair. */
  readonly to: number;
  readonly verdict: Verdict;
  /** What decides: see `decisive`. */
  readonly level: Level;
}

export interface FenceStep {
  readonly pair: FencePair;
  /** The contract on this pair: can a guest under it get there. */
  readonly there: Verdict;
  /** What decides: see `decisive`. */
  readonly level: Level;
  /** From here to each pair that comes before, in the order of the pairs. */
  readonly back: readonly FenceReturn[];
}

export interface Fence {
  readonly steps: readonly FenceStep[];
  /**
   * The first pairs with which the contract can be selected: those before which no such pair comes. Several where neither
   * of two comes before the other; none where there is no such pair.
   */
  readonly fence: readonly number[];
  /** Indices of pairs of which every pair before it, from the fence on, can be returned to: up to here there is a way back. */
  readonly wayBack: readonly number[];
}

/** At most `selectable`: what an upgrade may rely on. */
export function holds(level: Level): boolean {
  return worse(level, 'selectable') === 'selectable';
}

/**
 * The worst level, but for state that the VMM never saves and that the guest may not use: that is lost on any move, to an
 * equal host too, and says nothing of a fence.
 */
export function decisive({ reasons }: Verdict): Level {
  return reasons
    .filter(({ level, rule }) => !(level === 'unknown' && rule === NOT_SAVED))
    .reduce<Level>((worst, { level }) => worse(worst, level), 'same');
}

const NOT_SAVED = 'vmm-does-not-save';

/** `pairs` in an order in which none comes before an earlier one. */
export function fence(registry: Registry, contract: Contract, pairs: readonly FencePair[]): Fence {
  const steps = pairs.map((pair, index): FenceStep => {
    const there = onPair(registry, contract, pair);
    const back = pairs.flatMap((earlier, to): FenceReturn[] => {
      if (to >= index || !comesBefore(earlier, pair)) return [];
      const verdict = returning(registry, contract, pair, earlier);
      return [{ to, verdict, level: decisive(verdict) }];
    });
    return { pair, there, level: decisive(there), back };
  });
  const selectable = steps.map(({ level }) => holds(level));
  const first = pairs.flatMap((pair, index) => {
    if (selectable[index] !== true) return [];
    return pairs.some((other, at) => selectable[at] === true && other !== pair && comesBefore(other, pair))
      ? []
      : [index];
  });
  const wayBack = steps.flatMap(({ back }, index) => {
    if (selectable[index] !== true) return [];
    const barred = back.some(({ to, level }) => selectable[to] === true && !holds(level));
    return barred ? [] : [index];
  });
  return { steps, fence: first, wayBack };
}

function comesBefore(a: FencePair, b: FencePair): boolean {
  return a.kernel <= b.kernel && a.generation <= b.generation;
}

function onPair(registry: Registry, contract: Contract, { surface, vmm }: FencePair): Verdict {
  const verdict = check(registry, contract, surface);
  return vmm === null
    ? verdict
    : underVmm({ registry, profile: vmm, contract, destination: surface, away: null }, verdict);
}

/** A guest that ran on `away` and comes back: the VMM that restores it decides, and both have to be of one family. */
function returning(registry: Registry, contract: Contract, away: FencePair, home: FencePair): Verdict {
  const verdict = checkReturn(registry, contract, away.surface, home.surface);
  if (home.vmm === null || away.vmm === null) return verdict;
  const { vmm: profile, surface: destination } = home;
  const judged = underVmm({ registry, profile, contract, destination, away: away.surface }, verdict);
  const caveats = away.vmm === profile || profile.rollback === null ? [] : [`${profile.name}: ${profile.rollback}`];
  if (away.vmm.family === profile.family) return { ...judged, caveats: [...judged.caveats, ...caveats] };
  return foreign(judged, away.vmm.name, profile.name);
}

function foreign(verdict: Verdict, from: string, to: string): Verdict {
  const reason: Reason = {
    element: 'vmm',
    area: 'vmm',
    level: 'refused',
    rule: 'incomparable',
    text: `${to} does not load what ${from} saved`,
    promised: null,
    shows: null,
    evidence: null,
    setting: null,
    obstacle: 'vmm',
  };
  const rank = ({ level }: Reason): number => LEVELS.indexOf(level);
  return {
    ...verdict,
    level: worse(verdict.level, 'refused'),
    counts: { ...verdict.counts, refused: verdict.counts.refused + 1 },
    reasons: [reason, ...verdict.reasons].toSorted((a, b) => rank(b) - rank(a)),
  };
}
