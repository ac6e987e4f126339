/**
 * The way back. A VMM saves every register that the host's KVM lists, so a guest brings more from a newer host than it
 * took there: what that host added to the saved state must be taken at home too. It is why a way back is refused
 * against which nothing seemed to stand. Pure.
 */
import { hex } from '../model/index.ts';
import type { Contract, MeasuredSurface, Registry, Verdict } from '../model/index.ts';
import { addMissing, addMissingState, substitute } from './absence.ts';
import { addIncomparable, checkInto } from './check.ts';
import { Fold } from './fold.ts';
import { pin } from './pin.ts';

/** What happens to a guest under `contract` that ran on `away` and comes back to `home`. */
export function checkReturn(
  registry: Registry,
  contract: Contract,
  away: MeasuredSurface,
  home: MeasuredSurface,
): Verdict {
  const fold = new Fold(home);
  // A guest that cannot be on the host away, or not at home, has no way back that could be judged.
  if ([away, home].some((host) => addIncomparable(registry, contract, host, fold))) return fold.verdict();
  checkInto(registry, contract, home, fold);
  // What a guest that asks for nothing carries there is what the host adds.
  const own = pin(registry, [away], { name: contract.name, hosts: [''], choices: contract.choices });
  if (!own.ok) throw new Error(`one surface always has a contract: ${own.error.message}`);
  const known = new Set([...contract.promises.map(({ word }) => word), ...contract.carries]);
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  const gained = (word: string): boolean => !known.has(word) && !unknown.has(registry.area(word));
  for (const added of own.value.promises) {
    if (!gained(added.word) || home.words.has(added.word)) continue;
    if (registry.whenAbsent(added.word).kind === 'zero') continue;
    if (home.areas.get(registry.area(added.word))?.measured !== true) continue;
    const text = `the host before adds it to the saved state with ${hex(added.value)}, and this one does not have it`;
    addMissing(registry, added, text, substitute(registry, added, home), fold);
  }
  const promisedThere = new Set(own.value.promises.map(({ word }) => word));
  for (const word of own.value.carries) {
    if (gained(word) && !promisedThere.has(word)) addMissingState(registry, word, home, fold);
  }
  return fold.verdict();
}
