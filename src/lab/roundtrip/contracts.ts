/** Contracts of round trips: what the guest of a variant was given on A, and what B is told of it. */
import { defaultChoices } from '../../arch/index.ts';
import { pin } from '../../engine/index.ts';
import { fieldMask, fromHex } from '../../model/index.ts';
import type { Contract, ElementPath, Promised, Registry } from '../../model/index.ts';
import { groupName } from './host.ts';
import type { RoundTripGroup, RoundTripHost } from './host.ts';
import type { Variant } from './variants.ts';

export interface Departing {
  readonly host: RoundTripHost;
  readonly variant: Variant;
  /** What the guest was really given on A. */
  readonly given: Contract;
  /** What every other host is told; the same but where the variant claims more. */
  readonly told: Contract;
  /** Where it is sent. */
  readonly destinations: readonly RoundTripHost[];
}

/** Null, with why: A cannot give such a guest. */
export type Departure = { readonly departing: Departing } | { readonly departing: null; readonly why: string };

export function depart(group: RoundTripGroup, host: RoundTripHost, variant: Variant): Departure {
  const pool = variant.contract === 'pool' ? poolOf(group, host) : [host];
  if (variant.contract === 'pool' && pool.length < 2)
    return { departing: null, why: 'no other kernel has a machine in common with it' };
  const given = contractOf(group, pool, variant);
  if (typeof given === 'string') return { departing: null, why: given };
  const absent = (variant.holds ?? []).find(({ word }) => !given.carries.includes(word));
  if (absent !== undefined) return { departing: null, why: `its guests have no state in ${absent.word}` };
  const told = claiming(group.registry, given, variant.claims ?? {});
  if (told === null) return { departing: null, why: 'the contract has no word of which more could be claimed' };
  return {
    departing: { host, variant, given, told, destinations: variant.contract === 'pool' ? pool : group.hosts },
  };
}

/** The most kernels that have a machine in common, this one among them; of equally many the newest. */
function poolOf(group: RoundTripGroup, host: RoundTripHost): readonly RoundTripHost[] {
  const { hosts } = group;
  let best: readonly RoundTripHost[] = [];
  // Five kernels are 32 sets; a set's bits are ordered as the kernels are, so that a larger number is a newer set.
  for (let set = 1; set < 1 << hosts.length; set++) {
    const members = hosts.filter((_, index) => (set & (1 << index)) !== 0);
    if (!members.includes(host) || members.length < best.length) continue;
    if (pinned(group, members, {}).ok) best = members;
  }
  return best;
}

function contractOf(
  group: RoundTripGroup,
  hosts: readonly RoundTripHost[],
  { selects = {} }: Variant,
): Contract | string {
  const made = pinned(group, hosts, selects);
  return made.ok ? made.value : made.error.message;
}

/**
 * What kernels do otherwise and no register declares is left out of a pool's contract where they cannot be made to agree: the
 * person who pins says that the guest does not depend on it.
 */
export function pinned(
  group: RoundTripGroup,
  hosts: readonly RoundTripHost[],
  selects: NonNullable<Variant['selects']>,
  except: readonly ElementPath[] = [],
): ReturnType<typeof pin> {
  const all = pinWithout(group, hosts, selects, except);
  if (all.ok || hosts.length < 2) return all;
  const conflicts = all.error.conflicts.map(({ element }) => element);
  const behaviours = conflicts.filter((element) => element.startsWith('behaviour/'));
  return conflicts.length === 0 || behaviours.length < conflicts.length
    ? all
    : pinWithout(group, hosts, selects, [...except, ...behaviours]);
}

function pinWithout(
  { registry, architecture, cpu }: RoundTripGroup,
  hosts: readonly RoundTripHost[],
  selects: NonNullable<Variant['selects']>,
  except: readonly ElementPath[],
): ReturnType<typeof pin> {
  const names = hosts.map(({ kernel }) => kernel);
  return pin(
    registry,
    hosts.map(({ surface }) => surface),
    {
      name: `${groupName({ architecture, cpu })} ${names.join(' + ')}`,
      hosts: names,
      choices: defaultChoices(architecture),
      settings: new Map(Object.entries(selects).map(([element, value]) => [element, fromHex(value)])),
      except,
    },
  );
}

/** Null where the contract promises none of the words: nothing would be claimed. */
function claiming(registry: Registry, contract: Contract, claims: NonNullable<Variant['claims']>): Contract | null {
  if (Object.keys(claims).length === 0) return contract;
  let claimed = 0;
  const promises = contract.promises.map((promised): Promised => {
    const elements = registry.elements(promised.word, promised.width).filter(({ path }) => claims[path] !== undefined);
    claimed += elements.length;
    return elements.reduce((sum, element) => {
      const value = fromHex(claims[element.path] ?? '0x0') << BigInt(element.shift);
      const mask = fieldMask(element);
      return { ...sum, value: (sum.value & ~mask) | value, mask: sum.mask | mask };
    }, promised);
  });
  return claimed === 0 ? null : { ...contract, name: `${contract.name}, claiming`, promises };
}
