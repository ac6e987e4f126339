/** What saved state holds of the words that a contract carries, as `check` wants to know it. Pure. */
import { operationFor } from '../arch/index.ts';
import { XFEATURES } from '../arch/x86/tables/words.ts';
import { fromHex, hex } from '../model/index.ts';
import type { Architecture, Contract, Registry, SavedState, WordPath } from '../model/index.ts';

/**
 * Of each carried word that the state has; of several vCPUs the value that is not the unused one, where one has such.
 * Words that no unit of the state is about are not there: nothing is known of them.
 */
export function carriedValues(
  registry: Registry,
  contract: Contract,
  state: SavedState,
): ReadonlyMap<WordPath, bigint> {
  const registers = registersOf(state);
  const components = componentsOf(state);
  return new Map(
    contract.carries.flatMap((word): [WordPath, bigint][] => {
      const component = componentBit(word);
      const values =
        component === null
          ? (registers.get(keyOf(contract.architecture, word) ?? '') ?? [])
          : components.map((inUse) => (inUse >> component) & 1n);
      const [first] = values;
      if (first === undefined) return [];
      const neutral = registry.neutral(word);
      return [[word, values.find((value) => value !== neutral) ?? first]];
    }),
  );
}

/** As a unit's registers are found: by the call that restores them and what it knows them by. Null for other words. */
export function keyOf(architecture: Architecture, word: WordPath): string | null {
  const operation = operationFor(architecture, word);
  switch (operation?.call) {
    case 'KVM_SET_MSRS':
      return `${operation.call} ${hex(operation.index)}`;
    case 'KVM_SET_ONE_REG':
      return `${operation.call} ${hex(operation.id)}`;
    default:
      return null;
  }
}

/** The values of all vCPUs, in the order of the units. */
function registersOf(state: SavedState): ReadonlyMap<string, readonly bigint[]> {
  const found = new Map<string, bigint[]>();
  for (const { call, data } of state.units) {
    if (data.kind !== 'registers') continue;
    for (const { id, value } of data.registers) {
      const key = `${call} ${id}`;
      found.set(key, [...(found.get(key) ?? []), fromHex(value)]);
    }
  }
  return found;
}

/** XSTATE_BV, the first field of the XSAVE header (Intel SDM volume 1, 13.4.2): components that are not in their initial state. */
const XSTATE_BV = 512;

function componentsOf({ units }: SavedState): bigint[] {
  return units.flatMap(({ call, data }) => {
    if (call !== 'KVM_SET_XSAVE' || data.kind !== 'bytes') return [];
    const bytes = Buffer.from(data.base64, 'base64');
    return bytes.length < XSTATE_BV + 8 ? [] : [bytes.readBigUInt64LE(XSTATE_BV)];
  });
}

const components: ReadonlyMap<WordPath, bigint> = new Map(
  Object.entries(XFEATURES).map(([bit, name]) => [`xsave/state/${name}`, BigInt(bit)]),
);

function componentBit(word: WordPath): bigint | null {
  return components.get(word) ?? null;
}
