/** Reads and writes the registers of an interrupt controller before and after its initialization. */
import { GIC_REGISTERS } from '../../../arch/arm64/vgic.ts';
import type { GicRegisterRow } from '../../../arch/arm64/vgic.ts';
import type { GicRegister } from '../../../arch/arm64/sections.ts';
import { setAttribute } from '../../../kvm/index.ts';
import type { Device, Scratch } from '../../../kvm/index.ts';
import { hex } from '../../../model/index.ts';
import type { Trial } from '../../../model/index.ts';
import { readAttribute } from './attributes.ts';
import { text, trial } from './registers.ts';
import type { Read } from './registers.ts';

interface Observation {
  readonly value: Read;
  readonly trials: readonly Trial[];
}

/** The registers of one device, looked at twice: `before` and `after` its initialization, which `initialize` does. */
export function observeRegisters(
  device: Device,
  scratch: Scratch,
  model: GicRegisterRow['device'],
  initialize: () => void,
): GicRegister[] {
  const rows = GIC_REGISTERS.filter((row) => row.device === model);
  const observe = (): Observation[] => rows.map((row) => observation(device, scratch, row));
  const before = observe();
  initialize();
  const after = observe();
  return rows.map((row, index) => {
    const early = before[index];
    const late = after[index];
    return {
      name: row.name,
      offset: hex(row.offset),
      before: text(early?.value ?? 'not read'),
      after: text(late?.value ?? 'not read'),
      trialsBefore: early?.trials ?? [],
      trials: late?.trials ?? [],
    };
  });
}

function observation(device: Device, scratch: Scratch, row: GicRegisterRow): Observation {
  // vCPU 0: its affinity is 0 in each of the attribute's forms.
  const attribute = { group: row.group, attribute: BigInt(row.offset), width: row.width };
  const value = readAttribute(device, scratch, attribute);
  if (typeof value === 'string') return { value, trials: [] };
  const candidates = [...new Set([value, ...row.candidates(value)])];
  const trials = candidates.map((candidate): Trial => {
    const done = setAttribute(device, scratch, row.group, attribute.attribute, candidate);
    if (!done.ok) return trial(candidate, done.error.errnoName, value);
    const reads = readAttribute(device, scratch, attribute);
    const outcome = reads === candidate ? 'taken' : reads === value ? 'ignored' : 'changed';
    if (outcome !== 'ignored') setAttribute(device, scratch, row.group, attribute.attribute, value);
    return trial(candidate, outcome, reads);
  });
  return { value, trials };
}
