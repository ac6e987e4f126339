import { describe, expect, it } from 'vitest';
import { variantsOf } from '../../../src/lab/index.ts';
import { depart } from '../../../src/lab/roundtrip/contracts.ts';
import { holding } from '../../../src/lab/roundtrip/holding.ts';
import { predict } from '../../../src/lab/roundtrip/predict.ts';
import { VARIANTS } from '../../../src/lab/index.ts';
import type { Hex } from '../../../src/model/index.ts';
import { recordedGroup, stateOf } from './fakes.ts';

const arm64 = await recordedGroup('arm64', 'max', ['5.10', '6.1', '6.12', '7.2', '7.3']);
const x86 = await recordedGroup('x86_64', 'max', ['5.10', '6.1', '6.12', '7.2', '7.3']);

const NONE: ReadonlySet<string> = new Set();

function departing(group: typeof arm64, kernel: string, id: string): ReturnType<typeof depart> {
  const host = group.hosts.find((each) => each.kernel === `debian:${kernel}`);
  const [variant] = variantsOf(group.architecture, [id]);
  if (host === undefined || variant === undefined) throw new Error('no such guest');
  return depart(group, host, variant);
}

describe('the guests that are sent', () => {
  it('have distinct names, and each of some architecture can be had on a recorded kernel', () => {
    expect(new Set(VARIANTS.map(({ id }) => id)).size).toBe(VARIANTS.length);
    for (const group of [arm64, x86]) {
      for (const { id } of variantsOf(group.architecture)) {
        const had = group.hosts.filter(({ kernel }) => departing(group, kernel.slice(7), id).departing !== null);
        expect(had, `${group.architecture} ${id}`).not.toEqual([]);
      }
    }
  });

  it('are of the pool with the most kernels that have a machine in common', () => {
    const pool = (group: typeof arm64, kernel: string): string[] | undefined =>
      departing(group, kernel, 'pool').departing?.destinations.map((each) => each.kernel);
    expect(pool(x86, '6.1')).toEqual(x86.hosts.map(({ kernel }) => kernel));
    expect(pool(arm64, '7.3')).toEqual(['debian:7.2', 'debian:7.3']);
    expect(departing(arm64, '5.10', 'pool').departing).toBeNull();
  });

  it('claim on the way what no kernel has, which is then predicted to be refused', () => {
    const made = departing(arm64, '7.2', 'future-iidr').departing;
    const destination = arm64.hosts.at(-1);
    if (made === null || destination === undefined) throw new Error('7.2 has a GICv3');
    const { registry } = arm64;
    const ordinary = predict({
      registry,
      contract: made.given,
      destination,
      state: stateOf('arm64', {}),
      savedFrom: NONE,
    });
    const claimed = predict({
      registry,
      contract: made.told,
      destination,
      state: stateOf('arm64', {}),
      savedFrom: NONE,
    });
    expect(ordinary.words.has('vgic/v3/GICD_IIDR')).toBe(false);
    expect(claimed.words.get('vgic/v3/GICD_IIDR')?.level).toBe('refused');
  });
});

describe('saved state', () => {
  it('holds what a variant says on every vCPU that has the register', () => {
    const state = stateOf('arm64', { 'reg/TCR2_EL1': '0x0', 'reg/TTBR0_EL1': '0x1' });
    const changed = holding(state, [{ word: 'reg/TCR2_EL1', value: '0x400' }]);
    const [unit] = changed?.units ?? [];
    expect(unit?.data).toMatchObject({ registers: [{ value: '0x400' }, { value: '0x1' }] });
    expect(holding(state, [{ word: 'reg/PIR_EL1', value: '0x1' }])).toBeNull();
    expect(holding(state, [], [{ word: 'reg/PIR_EL1', value: '0x1' }])).toEqual(state);
  });

  it('that a host does not take is harmless to a guest that does not use it, and stops a VMM that insists', () => {
    const { registry } = arm64;
    const made = departing(arm64, '6.12', 'default').departing;
    const destination = arm64.hosts.at(-1);
    if (made === null || destination === undefined) throw new Error('a default contract');
    const held = (value: Hex): ReturnType<typeof predict> =>
      predict({
        registry,
        contract: made.given,
        destination,
        state: stateOf('arm64', { 'reg/TCR2_EL1': value }),
        savedFrom: made.host.taken,
      });
    expect(held('0x0').words.has('reg/TCR2_EL1')).toBe(false);
    expect(held('0x0').insisting).toMatch(/^vcpu\/0\/registers: 0x/);
    expect(held('0x400').words.get('reg/TCR2_EL1')?.level).toBe('refused');
  });
});
