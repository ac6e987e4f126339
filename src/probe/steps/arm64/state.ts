/**
 * The registers that hold a guest's state: is what was read accepted when written back, and which bits hold another
 * value? On a vCPU that never runs, so that no value has an effect beyond its own register.
 */
import { bytesOf, isFirmwareRegister, isIdRegister, SVE_VLS } from '../../../arch/arm64/ids.ts';
import type { StateRow, StateSection } from '../../../arch/arm64/sections.ts';
import { hex } from '../../../model/index.ts';
import type { Step } from '../../step.ts';
import { askRegisters } from './registers.ts';
import type { Registers } from './registers.ts';

export const state: Step = {
  name: 'state',
  architecture: 'arm64',
  seconds: 10,
  run: (context) =>
    askRegisters(context, (registers, ids): StateSection => {
      context.note('writing state registers back');
      const free: string[] = [];
      const limited: StateRow[] = [];
      for (const id of ids) {
        if (isIdRegister(id) || isFirmwareRegister(id) || id === SVE_VLS) continue;
        const row = tryState(registers, id);
        if (row === null) free.push(hex(id));
        else limited.push(row);
      }
      return { vcpu: 'all', free, limited };
    }),
};

/** Null where the register took both writes whole. */
export function tryState(registers: Registers, id: bigint): StateRow | null {
  const value = registers.get(id);
  if (typeof value === 'string') return [hex(id), value, value, '0x0'];
  const back = registers.try(id, value, value).outcome;
  const all = (1n << BigInt(bytesOf(id) * 8)) - 1n;
  const flipped = registers.try(id, value ^ all, value);
  if (flipped.outcome === 'taken' || flipped.outcome === 'changed') registers.set(id, value);
  if (back === 'taken' && flipped.outcome === 'taken') return null;
  // A register whose read fails after a write that was accepted has told nothing about its bits.
  const changedBits = typeof flipped.reads === 'string' ? 0n : flipped.reads ^ value;
  return [hex(id), back, flipped.outcome, hex(changedBits)];
}
