/** Saved state made to hold what a guest could have brought it to hold. Pure. */
import type { SavedState, SavedUnit } from '../../model/index.ts';
import { keyOf } from '../../snapshot/values.ts';
import type { Held } from './variants.ts';

/** On every vCPU. Null where the state does not have one of the words; aliases it need not have. */
export function holding(state: SavedState, held: readonly Held[], aliases: readonly Held[] = []): SavedState | null {
  const keyed = ({ word, value }: Held): readonly [string | null, Held['value']] => [
    keyOf(state.architecture, word),
    value,
  ];
  const wanted = new Map([...held, ...aliases].map(keyed));
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
  return held.every((each) => found.has(keyed(each)[0] ?? '')) ? { ...state, units } : null;
}
