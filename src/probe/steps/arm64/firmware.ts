/**
 * The firmware pseudo-registers and what they take. A level that the host cannot reach is refused; one below it may be
 * accepted with no effect, so every write is read back.
 */
import { FIRMWARE_REGISTERS } from '../../../arch/arm64/firmware.ts';
import type { FirmwareRegister } from '../../../arch/arm64/firmware.ts';
import { isFirmwareRegister } from '../../../arch/arm64/ids.ts';
import type { FirmwareSection, ValueTrials } from '../../../arch/arm64/sections.ts';
import { hex } from '../../../model/index.ts';
import type { Step } from '../../step.ts';
import { askRegisters, text } from './registers.ts';

export const firmware: Step = {
  name: 'firmware',
  architecture: 'arm64',
  seconds: 5,
  run: (context) =>
    askRegisters(context, (registers, ids): FirmwareSection => {
      const rows = ids.filter(isFirmwareRegister).map((id): ValueTrials => {
        context.note(`writing firmware register ${hex(id)}`);
        const value = registers.get(id);
        if (typeof value === 'string') return { id: hex(id), value, trials: [] };
        const trials = candidates(id, value).map((candidate) => registers.trial(id, candidate, value));
        return { id: hex(id), value: text(value), trials };
      });
      return { vcpu: 'all', registers: rows };
    }),
};

/**
 * The default first. Of a bitmap: each bit of the default cleared, all cleared, each named bit that is off set, and the
 * first bit that has no name.
 */
function candidates(id: bigint, value: bigint): readonly bigint[] {
  const known = FIRMWARE_REGISTERS.find((register) => register.id === id);
  const others = known === undefined || known.form === 'bitmap' ? bitmapCandidates(value, known) : known.candidates;
  return [...new Set([value, ...others])];
}

function bitmapCandidates(value: bigint, register: FirmwareRegister | undefined): readonly bigint[] {
  const names = register?.names ?? {};
  const bits = Array.from({ length: 64 }, (_, bit) => bit);
  const mask = (bit: number): bigint => 1n << BigInt(bit);
  const on = bits.filter((bit) => (value & mask(bit)) !== 0n);
  const off = bits.filter((bit) => !on.includes(bit));
  const set = [...off.filter((bit) => bit in names), ...off.filter((bit) => !(bit in names)).slice(0, 1)];
  return [...on.map((bit) => value & ~mask(bit)), 0n, ...set.map((bit) => value | mask(bit))];
}
