/**
 * Registers that other kernels list and this one does not: a state saved there holds them, and a restore writes them here.
 * Is the write refused, and how, or accepted all the same?
 */
import type { UnlistedRegistersSection, UnlistedRow } from '../../../arch/arm64/sections.ts';
import { LISTED_REGISTERS } from '../../../arch/arm64/tables/listed-registers.ts';
import { hex } from '../../../model/index.ts';
import type { Step } from '../../step.ts';
import { askRegisters } from './registers.ts';
import { tryState } from './state.ts';

export const unlistedRegisters: Step = {
  name: 'unlisted-registers',
  architecture: 'arm64',
  seconds: 5,
  run: (context) =>
    askRegisters(context, (registers, ids): UnlistedRegistersSection => {
      context.note('registers that only other kernels list');
      const listed = new Set(ids);
      const others = LISTED_REGISTERS.filter((id) => !listed.has(id));
      const refused = new Map<string, string[]>();
      const answered: UnlistedRow[] = [];
      for (const id of others) {
        const value = registers.get(id);
        const errno = registers.set(id, typeof value === 'bigint' ? value : 0n);
        if (errno !== null) {
          const alike = refused.get(errno) ?? [];
          refused.set(errno, [...alike, hex(id)]);
        } else if (typeof value === 'string') {
          answered.push([hex(id), value, 'accepted', 'not tried', '0x0']);
        } else {
          const [, back, flipped, changed] = tryState(registers, id) ?? ['', 'taken', 'taken', allBits(id)];
          answered.push([hex(id), hex(value), back, flipped, changed]);
        }
      }
      return { vcpu: 'all', asked: others.length, refused: Object.fromEntries(refused), answered };
    }),
};

function allBits(id: bigint): string {
  return hex((1n << (8n * (1n << ((id >> 52n) & 0xfn)))) - 1n);
}
