/** What a guest of a certain VMM really has, where a contract was pinned from what KVM shows. Pure. */
import { fieldMask } from '../../model/index.ts';
import type { Contract, Promised, Registry, VmmProfile, WordPath } from '../../model/index.ts';
import { isPromised } from '../addition-units.ts';
import { fits, rowFor } from './rows.ts';

/**
 * The contract as this VMM's guests have it: without the feature bits that it has no name for, with what it sets by itself,
 * and without the state of what it never gives.
 */
export function contractUnder(registry: Registry, profile: VmmProfile, contract: Contract): Contract {
  const { architecture } = contract;
  const promises = contract.promises.map((promised): Promised => {
    const given = defaultOf(profile, contract, promised);
    if (given?.whole === true) return { ...promised, value: given.value };
    const value = given?.value ?? promised.value;
    const selects = rowFor(profile, architecture, promised.word)?.selects;
    if (selects?.how === 'gives') return { ...promised, value: selects.value & ones(promised.width) };
    if (selects?.how !== 'bits') return { ...promised, value };
    return { ...promised, value: value & ~unnamedBits(registry, promised, selects.names) };
  });
  const carries = contract.carries.filter((word) => rowFor(profile, architecture, word)?.saves !== 'never-given');
  const switches = unsaidSwitches(registry, profile, contract);
  const said = new Set(switches.map(({ word }) => registry.area(word)));
  return {
    ...contract,
    promises: [...promises, ...switches],
    carries,
    // Of an area of which something is said now, what is not said is unknown switch by switch.
    unknown: contract.unknown.filter(({ area }) => !said.has(area)),
    choices: { ...contract.choices, vmm: profile.name },
  };
}

/** Switches that nobody can read from a host, and of which the profile knows what the VMM does. */
function unsaidSwitches(registry: Registry, profile: VmmProfile, contract: Contract): Promised[] {
  const said = new Set(contract.promises.map(({ word }) => word));
  return (registry.switches?.() ?? []).flatMap(({ path: word, width }): Promised[] => {
    if (said.has(word)) return [];
    const given = defaultOf(profile, contract, { word, width, value: 0n });
    const never = rowFor(profile, contract.architecture, word)?.selects.how === 'never';
    const value = given?.value ?? (never ? registry.neutral(word) : null);
    const mask = promisedMask(registry, word, width);
    return value === null || mask === 0n ? [] : [{ word, width, value, mask }];
  });
}

function promisedMask(registry: Registry, word: WordPath, width: number): bigint {
  return registry
    .elements(word, width)
    .filter(isPromised)
    .reduce((mask, element) => mask | fieldMask(element), 0n);
}

/** The word's value with what the VMM makes of it unasked; null where it makes nothing of it. */
function defaultOf(
  profile: VmmProfile,
  { architecture }: Contract,
  { word, width, value }: Pick<Promised, 'word' | 'width' | 'value'>,
): { readonly value: bigint; readonly whole: boolean } | null {
  const given = profile.defaults[architecture].find(({ words }) => words.some((pattern) => fits(pattern, word)));
  if (given === undefined) return null;
  const mask = (given.mask ?? ones(width)) & ones(width);
  return { value: (value & ~mask) | (given.value & mask), whole: given.mask === undefined };
}

/** Feature bits that the VMM has no name for; numbers among them are not its business. */
function unnamedBits(registry: Registry, { word, width }: Promised, names: Readonly<Record<number, string>>): bigint {
  return registry
    .elements(word, width)
    .filter((element) => element.width === 1 && names[element.shift] === undefined)
    .reduce((mask, element) => mask | fieldMask(element), 0n);
}

function ones(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}
