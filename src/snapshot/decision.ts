/**
 * Whether a saved guest may be restored on a host, decided before anything reaches KVM: the contract's verdict with the
 * guest's actual values, and what a person accepts of it, element by element. Pure.
 */
import { check } from '../engine/index.ts';
import { fieldMask } from '../model/index.ts';
import type {
  Contract,
  Level,
  MeasuredSurface,
  Promised,
  Reason,
  Registry,
  SavedState,
  Verdict,
  WordPath,
} from '../model/index.ts';
import { carriedValues } from './values.ts';

export interface DecisionInput {
  readonly registry: Registry;
  readonly contract: Contract;
  readonly state: SavedState;
  /** The host that the guest is to be restored on. */
  readonly destination: MeasuredSurface;
  /** The host that it was saved on; null where its surface is not known. */
  readonly source: MeasuredSurface | null;
  /** Elements, words or areas of which whatever happens is accepted. */
  readonly accept: readonly string[];
}

export interface Decision {
  readonly verdict: Verdict;
  /** What stands in the way: reasons that are refused, lost or silent and that nobody accepted. Empty: go on. */
  readonly hindrances: readonly Reason[];
  readonly accepted: readonly Reason[];
  /** Of `accept` what names nothing that stands in the way: more likely a slip than a wish. */
  readonly idle: readonly string[];
  /** The contract without what was accepted: what a plan is to be made for. */
  readonly planned: Contract;
  /** Words of the state that are not to be restored, because the host does not take them and that was accepted. */
  readonly leaveOut: readonly WordPath[];
}

export function decide({ registry, contract, state, destination, source, accept }: DecisionInput): Decision {
  const held = Object.fromEntries(carriedValues(registry, contract, state));
  const verdict = check(registry, contract, destination, {
    values: { ...contract.values, ...held },
    ...(source === null ? {} : { from: source }),
  });
  const bad = verdict.reasons.filter(({ level }) => hinders(level));
  const names = new Set(accept);
  const isAccepted = (reason: Reason): boolean => named(reason).some((name) => names.has(name));
  const accepted = bad.filter(isAccepted);
  const carried = new Set(contract.carries);
  return {
    verdict,
    hindrances: bad.filter((reason) => !isAccepted(reason)),
    accepted,
    idle: accept.filter((name) => !bad.some((reason) => named(reason).includes(name))),
    planned: without(registry, contract, accepted),
    leaveOut: [...new Set(accepted.flatMap(({ word }) => (word !== undefined && carried.has(word) ? [word] : [])))],
  };
}

/** Levels that a restore does not go through with by itself. `unknown` is one to be tried: what is read back decides. */
export function hinders(level: Level): boolean {
  return level === 'refused' || level === 'lost' || level === 'silent';
}

/** The names under which a reason can be accepted. */
function named({ element, word, area }: Reason): string[] {
  return [element, ...(word === undefined ? [] : [word]), area];
}

function without(registry: Registry, contract: Contract, accepted: readonly Reason[]): Contract {
  const elements = new Set(accepted.map(({ element }) => element));
  if (elements.size === 0) return contract;
  const promises = contract.promises.flatMap((promised): Promised[] => {
    const dropped = registry
      .elements(promised.word, promised.width)
      .filter(({ path }) => elements.has(path) || elements.has(promised.word))
      .reduce((mask, element) => mask | fieldMask(element), 0n);
    const mask = promised.mask & ~dropped;
    return mask === 0n ? [] : [{ ...promised, mask }];
  });
  return { ...contract, promises };
}
