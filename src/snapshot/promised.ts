/**
 * Registers that are promised in part and state in part (PMCR_EL0: who made it, and which counters are on). A host that
 * could not show what was promised saves what it showed instead; restored elsewhere as it is, that would undo what the plan
 * set there. Pure.
 */
import { fromHex, hex } from '../model/index.ts';
import type { Contract, SavedRegister, SavedState, SavedUnit } from '../model/index.ts';
import { keyOf } from './values.ts';

/** The state with the promised bits of its registers as they were promised. */
export function keepPromises(contract: Contract, state: SavedState): SavedState {
  const promised = new Map(
    contract.promises.flatMap((each) => {
      const key = keyOf(contract.architecture, each.word);
      return key === null ? [] : [[key, each] as const];
    }),
  );
  const units = state.units.map((unit): SavedUnit => {
    const { call, data } = unit;
    if (data.kind !== 'registers') return unit;
    const registers = data.registers.map((register): SavedRegister => {
      const found = promised.get(`${call} ${register.id}`);
      if (found === undefined) return register;
      return { ...register, value: hex((fromHex(register.value) & ~found.mask) | (found.value & found.mask)) };
    });
    return { ...unit, data: { ...data, registers } };
  });
  return { ...state, units };
}
