import { describe, expect, it } from 'vitest';
import { pin, plan } from '../../../src/engine/index.ts';
import { observe } from '../../../src/lab/roundtrip/observation.ts';
import type { Restored } from '../../../src/lab/roundtrip/observation.ts';
import { defaultChoices } from '../../../src/arch/index.ts';
import type { Plan } from '../../../src/model/index.ts';
import { done, flipped, recordedGroup, stateOf } from './fakes.ts';

const group = await recordedGroup('arm64', 'max', ['6.12', '7.3']);
const { registry } = group;
const [from, to] = group.hosts;
if (from === undefined || to === undefined) throw new Error('two kernels');
const pinned = pin(registry, [from.surface], { name: 'own', hosts: ['6.12'], choices: defaultChoices('arm64') });
if (!pinned.ok) throw new Error(pinned.error.message);
const made: Plan = plan(registry, pinned.value, to.surface);
const state = stateOf('arm64', { 'reg/TCR2_EL1': '0x0', 'reg/TTBR0_EL1': '0x1000' });
const took = done(made, state);

function restored(more: Partial<Restored> = {}): Restored {
  const { execution, report } = took;
  return { plan: made, execution, state, report, guest: { runsOn: true, text: '', noticed: [] }, ...more };
}

function refusing(word: string, id: `0x${string}`): Restored {
  if (took.report === null) throw new Error('a restore has a report');
  const refused = { outcome: 'partly', refused: [{ id, word, errno: 'ENOENT' }] } as const;
  return restored({
    report: { ...took.report, units: took.report.units.map((unit) => ({ ...unit, result: refused })) },
  });
}

function idOf(at: number): `0x${string}` {
  const [unit] = state.units;
  const register = unit?.data.kind === 'registers' ? unit.data.registers[at] : undefined;
  if (register === undefined) throw new Error('no such register');
  return register.id;
}

describe('what came of a restore', () => {
  it('is identical where all was taken, reads as saved and the guest goes on', () => {
    expect(observe(registry, restored())).toMatchObject({ outcome: 'identical', observed: [], stops: null });
  });

  it('is hung where all was taken and the guest does not go on', () => {
    const guest = { runsOn: false, text: 'no round within 2 s', noticed: [] };
    expect(observe(registry, restored({ guest }))).toMatchObject({ outcome: 'hung', guest: 'no round within 2 s' });
  });

  it('is refused where a register in use is not taken, and says where a VMM stops', () => {
    const seen = observe(registry, refusing('reg/TTBR0_EL1', idOf(1)));
    expect(seen).toMatchObject({ outcome: 'refused', stops: 'vcpu/0/registers: reg/TTBR0_EL1: ENOENT' });
    expect(seen.observed.map(({ word, how, by }) => [word, how, by])).toEqual([
      ['reg/TTBR0_EL1', 'refused', 'restore'],
    ]);
  });

  it('is identical where only a register that is not in use is not taken, and a VMM that insists stops all the same', () => {
    const seen = observe(registry, refusing('reg/TCR2_EL1', idOf(0)));
    expect(seen).toMatchObject({ outcome: 'identical', stops: 'vcpu/0/registers: reg/TCR2_EL1: ENOENT' });
    expect(seen.harmless.map(({ word }) => word)).toEqual(['reg/TCR2_EL1']);
  });

  it('differs where a register reads otherwise than it was saved', () => {
    if (took.report === null) throw new Error('a restore has a report');
    const difference = { unit: 'u', at: '0x0', word: 'reg/TTBR0_EL1', saved: '0x1000', reads: '0x0' } as const;
    const seen = observe(registry, restored({ report: { ...took.report, differences: [difference] } }));
    expect(seen).toMatchObject({ outcome: 'differs', stops: null });
  });

  it('differs where the guest reads something else, whatever KVM says', () => {
    const noticed = [{ word: 'reg/ID_AA64PFR0_EL1', before: '0x11', now: '0x12' }];
    const seen = observe(registry, restored({ guest: { runsOn: true, text: '', noticed } }));
    expect(seen.observed).toEqual([
      { word: 'reg/ID_AA64PFR0_EL1', how: 'differs', by: 'guest', text: '0x11 became 0x12' },
    ]);
  });

  it('differs where a word of the plan reads back otherwise than promised', () => {
    const at = made.words.findIndex(({ word }) => word === 'reg/ID_AA64ISAR0_EL1');
    const reads = took.execution.reads.map((read, index) =>
      index === at && read.value !== null ? { ...read, value: flipped(read.value, 4) } : read,
    );
    const seen = observe(registry, restored({ execution: { ...took.execution, reads } }));
    expect(seen).toMatchObject({ outcome: 'differs', observed: [{ word: 'reg/ID_AA64ISAR0_EL1', by: 'plan' }] });
  });

  it('tells what was refused once, and leaves out what follows from it', () => {
    const noticed = [
      { word: 'reg/TTBR0_EL1', before: '0x1000', now: '0x0' },
      { word: 'vgic/v3/GICR_CTLR', before: '0x7', now: '0x1' },
    ];
    const seen = observe(registry, {
      ...refusing('reg/TTBR0_EL1', idOf(1)),
      guest: { runsOn: true, text: '', noticed },
    });
    expect(seen.observed.map(({ word, how }) => [word, how])).toEqual([['reg/TTBR0_EL1', 'refused']]);
  });

  it('counts derived bits where nothing was refused, for then nothing else tells of them', () => {
    const noticed = [{ word: 'vgic/v3/GICR_CTLR', before: '0x7', now: '0x1' }];
    expect(observe(registry, restored({ guest: { runsOn: true, text: '', noticed } })).outcome).toBe('differs');
  });

  it('does not count a register that nobody ever gave a value', () => {
    if (took.report === null) throw new Error('a restore has a report');
    const at = { unit: 'u', at: '0x0', word: 'reg/PMEVCNTR0_EL0' } as const;
    const difference = { ...at, saved: '0x1de7ec7edbadc0de', reads: '0xdbadc0de' } as const;
    const report = { ...took.report, differences: [difference] };
    expect(observe(registry, restored({ report })).outcome).toBe('identical');
  });
});
