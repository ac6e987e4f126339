/**
 * What a guest brings beyond its contract. A VMM saves every register that the host's KVM lists, so the host that a
 * guest leaves adds to the saved state what only it has. It is why a way back is refused against which nothing seemed to
 * stand, and a move between members of a pool.
 */
import { hex } from '../model/index.ts';
import type { Contract, MeasuredSurface, Promised, Registry, Values, WordPath } from '../model/index.ts';
import { NOTHING } from './finding.ts';
import type { Findings } from './finding.ts';
import { pin } from './pin.ts';
import { absenceOf, judgeMissing } from './promise-unit.ts';

/** Words that the host that is left adds: with the value that they have by default, or as state. */
interface Gained {
  readonly promises: readonly Promised[];
  readonly carries: readonly WordPath[];
  readonly fresh: Values | undefined;
}

const NOTHING_GAINED: Gained = { promises: [], carries: [], fresh: {} };

/** What `from` adds to the saved state of a guest under `contract`. */
export function gainedFrom(registry: Registry, contract: Contract, from: MeasuredSurface): Gained {
  const [origin, ...others] = contract.pinnedFrom;
  // The contract has everything of the one host that it was pinned from.
  if (others.length === 0 && origin?.fingerprint === from.fingerprint) return NOTHING_GAINED;
  // What a guest that asks for nothing carries there is what the host adds.
  const own = pin(registry, [from], { name: contract.name, hosts: [''], choices: contract.choices });
  if (!own.ok) throw new Error(`one surface always has a contract: ${own.error.message}`);
  const { promises, carries, fresh } = own.value;
  const known = new Set([...contract.promises.map(({ word }) => word), ...contract.carries]);
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  // What a VMM sets and nobody reads back is in no saved state.
  const unread = new Set(registry.switches?.().map(({ path }) => path));
  const isGained = (word: WordPath): boolean =>
    !known.has(word) && !unread.has(word) && !unknown.has(registry.area(word));
  const promisedThere = new Set(promises.map(({ word }) => word));
  return {
    promises: promises.filter(({ word }) => isGained(word) && registry.whenAbsent(word).kind !== 'zero'),
    carries: carries.filter((word) => isGained(word) && !promisedThere.has(word)),
    fresh,
  };
}

/** A register that was gained, on a host that may not have it. */
export function judgeGainedPromise(registry: Registry, promised: Promised, destination: MeasuredSurface): Findings {
  const area = destination.areas.get(registry.area(promised.word));
  if (area?.measured !== true || destination.words.has(promised.word)) return NOTHING;
  const text = `the host before adds it to the saved state with ${hex(promised.value)}, and this one does not have it`;
  const { otherwise } = absenceOf(registry, promised.word, destination);
  return judgeMissing(registry, promised, text, otherwise, area.evidence);
}
