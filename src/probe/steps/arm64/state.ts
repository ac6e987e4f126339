/**
 * The registers that hold a guest's state: is what was read accepted when written back, and which bits hold another
 * value? On a vCPU that never runs, so that no value has an effect beyond its own register.
 */
import { bytesOf, isFirmwareRegister, isIdRegister, SVE_VLS } from '../../../arch/arm64/ids.ts';
import type { StateRow, StateSection } from '../../../arch/arm64/sections.ts';
import { hex } from '../../../model/index.ts';
import { failed, measured } from '../../step.ts';
import type { Step } from '../../step.ts';
import { Registers } from './registers.ts';
import { createMachine, everyFeature } from './vcpu.ts';

export const state: Step = {
  name: 'state',
  architecture: 'arm64',
  seconds: 10,
  run({ kvm, scratch, note }) {
    const created = createMachine(kvm, everyFeature(kvm));
    if (!created.ok) return failed(created.error);
    using machine = created.value;
    const registers = new Registers(machine.vcpu, scratch);
    const list = registers.list();
    if (!list.ok) return failed(list.error);
    const free: string[] = [];
    const limited: StateRow[] = [];
    note('writing state registers back');
    const ids = list.value.filter((id) => !isIdRegister(id) && !isFirmwareRegister(id) && id !== SVE_VLS);
    for (const id of ids.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))) {
      const row = tryState(registers, id);
      if (row === null) free.push(hex(id));
      else limited.push(row);
    }
    return measured({ vcpu: 'all', free, limited } satisfies StateSection);
  },
};

/** Null where the register took both writes whole. */
function tryState(registers: Registers, id: bigint): StateRow | null {
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
