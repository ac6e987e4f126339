/** What a guest of a certain VMM really has, where a contract was pinned from what KVM shows. Pure. */
import type { Contract, Promised, VmmProfile } from '../model/index.ts';
import { fits, rowFor } from './vmm-rows.ts';

/**
 * The contract as this VMM's guests have it: without the feature bits that it has no name for, with what it sets by itself,
 * and without the state of what it never gives.
 */
export function contractUnder(profile: VmmProfile, contract: Contract): Contract {
  const { architecture } = contract;
  const defaults = profile.defaults[architecture];
  const promises = contract.promises.map((promised): Promised => {
    const given = defaults.find(({ words }) => words.some((pattern) => fits(pattern, promised.word)));
    if (given !== undefined) return { ...promised, value: given.value & ones(promised.width) };
    const row = rowFor(profile, architecture, promised.word);
    if (row?.selects.how !== 'bits') return promised;
    return { ...promised, value: promised.value & named(row.selects.names) };
  });
  const carries = contract.carries.filter((word) => rowFor(profile, architecture, word)?.saves !== 'never-given');
  return { ...contract, promises, carries, choices: { ...contract.choices, vmm: profile.name } };
}

function named(names: Readonly<Record<number, string>>): bigint {
  return Object.keys(names).reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n);
}

function ones(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}
