/** Saved state made to hold what a guest could have brought it to hold. Pure. */
import type { SavedState, SavedUnit } from '../../model/index.ts';
import { keyOf } from '../../snapshot/values.ts';
import type { Held } from './variants.ts';

/** On every vCPU. Null where the state does not have one of the words. */
export function holding(state: SavedState, held: readonly Held[]): SavedState | null {
  const wanted = new Map(held.map(({ word, value }) => [keyOf(state.architecture, word), value]));
  const found = new Set<string>();
  const units = state.units.map((unit): SavedUnit => {
    const { data, call } = unit;
    if (data.kind !== 'registers') return unit;
    const registers = data.registers.map((register) => {
      const key = `${call} ${register.id}`;
      const value = wanted.get(key);
      if (value === undefined) return register;
      found.add(key);
      return { ...register, value };
    });
    return { ...unit, data: { ...data, registers } };
  });
  return found.size === wanted.size ? { ...state, units } : null;
}
