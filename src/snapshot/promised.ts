/**
 * Registers in saved state that a contract speaks of. A host that could not show what was promised saves what it showed
 * instead; restored elsewhere as it is, that would undo what the plan set there. Pure.
 */
import { operationFor } from '../arch/index.ts';
import { fromHex, hex } from '../model/index.ts';
import type { Contract, Promised, Registry, SavedRegister, SavedState, SavedUnit } from '../model/index.ts';
import { keyOf } from './values.ts';

/** Units of a vGICv3 by the attribute group that they are of (arm-vgic-v3.rst). */
const GROUP_UNIT: ReadonlyMap<number, RegExp> = new Map([
  [1, /^vgic-v3\/(?:revision|distributor)$/],
  [5, /^vgic-v3\/redistributor\//],
]);

const ANY = /^/;

interface Spoken {
  readonly unit: RegExp;
  readonly key: string;
  readonly promised: Promised;
  readonly isState: boolean;
}

/** What units of such a name know the word by; null for words that no unit has. */
function placeOf(contract: Contract, word: string): Pick<Spoken, 'unit' | 'key'> | null {
  const key = keyOf(contract.architecture, word);
  if (key !== null) return { unit: ANY, key };
  const operation = operationFor(contract.architecture, word);
  if (operation?.call !== 'KVM_SET_DEVICE_ATTR' || operation.on !== 'vgic-v3') return null;
  const unit = GROUP_UNIT.get(operation.group);
  return unit === undefined ? null : { unit, key: `${operation.call} ${hex(operation.attribute)}` };
}

/**
 * The state without registers that are promised as a whole (GICD_IIDR: the plan sets them), and with the promised bits of
 * those that are state besides (PMCR_EL0: who made it, and which counters are on).
 */
export function keepPromises(registry: Registry, contract: Contract, state: SavedState): SavedState {
  const all = contract.promises.flatMap((promised): Spoken[] => {
    const place = placeOf(contract, promised.word);
    if (place === null) return [];
    const isState = registry.elements(promised.word, promised.width).some(({ kind }) => kind === 'state');
    return [{ ...place, promised, isState }];
  });
  // Registers of several frames of an interrupt controller have one offset.
  const spoken = Map.groupBy(all, ({ key }) => key);
  const units = state.units.map((unit): SavedUnit => {
    const { call, data, name } = unit;
    if (data.kind !== 'registers') return unit;
    const registers = data.registers.flatMap((register): SavedRegister[] => {
      const found = spoken.get(`${call} ${register.id}`)?.find((each) => each.unit.test(name));
      if (found === undefined) return [register];
      if (!found.isState) return call === 'KVM_SET_MSRS' ? [register] : [];
      const { mask, value } = found.promised;
      return [{ ...register, value: hex((fromHex(register.value) & ~mask) | (value & mask)) }];
    });
    return { ...unit, data: { ...data, registers } };
  });
  return { ...state, units };
}
