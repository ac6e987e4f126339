/**
 * Pairs of PMU registers behind which is one set of bits: ones written to the one set them, ones written to the other clear
 * them, and both read the same. Linux 6.12 treats writes from userspace as a guest's (arch/arm64/kvm/sys_regs.c,
 * set_pmreg), so that writing back what both read, in ascending order of ids as VMMs do, leaves PMINTENSET_EL1 and
 * PMCNTENSET_EL0 empty: interrupts and counters that a guest had enabled are off after the move. Before and after, a
 * write to either is the value (5.10, 6.1: no function of its own; 7.2: set_pmreg again). Clearing all bits and then
 * setting those that were saved is right on all of them.
 */
import { idOf } from '../../arch/arm64/names.ts';
import type { RegisterRefusal, RegisterUnit, RegisterWrite } from '../unit.ts';

const PAIRS: readonly (readonly [set: string, clear: string])[] = [
  ['reg/PMINTENSET_EL1', 'reg/PMINTENCLR_EL1'],
  ['reg/PMCNTENSET_EL0', 'reg/PMCNTENCLR_EL0'],
  ['reg/PMOVSSET_EL0', 'reg/PMOVSCLR_EL0'],
];

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

const CLEAR_OF: ReadonlyMap<bigint, bigint> = new Map(
  PAIRS.flatMap(([set, clear]) => {
    const ids = [idOf(set), idOf(clear)] as const;
    return ids[0] === null || ids[1] === null ? [] : [[ids[0], ids[1]] as const];
  }),
);
const CLEARS: ReadonlySet<bigint> = new Set(CLEAR_OF.values());

/** Writes bits through the register that sets them; the one that clears them is not written for its own sake. */
export function setAndClear(unit: RegisterUnit): RegisterUnit {
  const write = (wanted: RegisterWrite): RegisterRefusal | null => {
    if (CLEARS.has(wanted.id)) return null;
    const clear = CLEAR_OF.get(wanted.id);
    const cleared = clear === undefined ? null : unit.write({ id: clear, value: ALL_ONES });
    return cleared ?? unit.write(wanted);
  };
  return { ...unit, write };
}
