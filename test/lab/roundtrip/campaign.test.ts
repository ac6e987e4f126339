import { describe, expect, it } from 'vitest';
import { labError } from '../../../src/lab/error.ts';
import { campaign, itinerary, proofOf, variantsOf } from '../../../src/lab/index.ts';
import { Slots } from '../../../src/lab/roundtrip/slots.ts';
import { err } from '../../../src/model/index.ts';
import type { Hex } from '../../../src/model/index.ts';
import { proofSchema } from '../../../src/format/index.ts';
import { fakeLab, recordedGroup, stateOf } from './fakes.ts';

const arm64 = await recordedGroup('arm64', 'max', ['6.1', '6.12', '7.3']);
const x86 = await recordedGroup('x86_64', 'max', ['5.10', '7.3']);
const RECORDED = { at: '2026-01-01T00:00:00Z', by: 'a test', command: 'none', seconds: 1, environment: {} };

const ARM64 = { 'reg/TCR2_EL1': '0x0', 'reg/PIR_EL1': '0x0', 'reg/TTBR0_EL1': '0x1000' } as const satisfies Record<
  string,
  Hex
>;

describe('a campaign', () => {
  it('boots each kernel once a phase, saves guests that begin alike once, and brings back those that may return', async () => {
    const lab = fakeLab(stateOf('arm64', ARM64));
    const variants = variantsOf('arm64', ['default', 'tcr2']);
    const done = await campaign([itinerary(arm64, { variants })], lab.perform, { parallel: 2 });
    if (!done.ok) throw new Error(done.error.message);
    expect(lab.calls.toSorted()).toEqual(
      ['6.1', '6.12', '7.3'].flatMap((kernel) => [
        `debian:${kernel} restore 3`,
        `debian:${kernel} restore 4`,
        `debian:${kernel} save 1`,
      ]),
    );
  });

  it('sends from one kernel to another and back, and nothing else, where that is asked for', async () => {
    const lab = fakeLab(stateOf('arm64', ARM64));
    const wanted = itinerary(arm64, {
      variants: variantsOf('arm64', ['default']),
      from: ['debian:6.1'],
      to: ['debian:7.3'],
    });
    await campaign([wanted], lab.perform, { parallel: 1 });
    expect(lab.calls).toEqual(['debian:6.1 save 1', 'debian:7.3 restore 1', 'debian:6.1 restore 1']);
  });

  it('lets the guest hold what the variant says, in the state that is sent and not in what is saved', async () => {
    const held = new Map<string, Hex>();
    const lab = fakeLab(stateOf('arm64', ARM64), (kernel, job, obliges) => {
      const [unit] = job.job === 'restore' ? job.snapshot.state.units : [];
      if (unit?.data.kind === 'registers') held.set(job.name, unit.data.registers[0]?.value ?? '0x0');
      return obliges;
    });
    const wanted = itinerary(arm64, { variants: variantsOf('arm64', ['default', 'tcr2']), from: ['debian:6.12'] });
    await campaign([wanted], lab.perform, { parallel: 1 });
    expect(held.get('default debian:6.12 debian:7.3')).toBe('0x0');
    expect(held.get('tcr2 debian:6.12 debian:7.3')).toBe('0x400');
  });

  it('has no guest where the kernel does not save the state that it was to hold', async () => {
    const lab = fakeLab(stateOf('arm64', { 'reg/TTBR0_EL1': '0x0' }));
    const variants = variantsOf('arm64', ['tcr2']);
    const done = await campaign([itinerary(arm64, { variants })], lab.perform, { parallel: 1 });
    if (!done.ok) throw new Error(done.error.message);
    const { trips } = proofOf(done.value, variants, RECORDED);
    expect(trips.map(({ there }) => there)).toEqual(trips.map(() => null));
    expect(new Set(trips.map(({ from, why }) => `${from}: ${why}`))).toEqual(
      new Set([
        'debian:6.1: its guests have no state in reg/TCR2_EL1',
        'debian:6.12: the kernel does not save the state that the guest was to have in use',
        'debian:7.3: its guests have no state in reg/TCR2_EL1',
      ]),
    );
  });

  it('costs only its own trips where a kernel does not boot', async () => {
    const lab = fakeLab(stateOf('x86_64', {}));
    const done = await campaign(
      [itinerary(x86, { variants: variantsOf('x86_64', ['default']) })],
      (group, host, request, events) =>
        host.kernel === 'debian:5.10' && request.jobs[0]?.job === 'restore'
          ? Promise.resolve(err(labError('boot', 'no answer')))
          : lab.perform(group, host, request, events),
      { parallel: 1 },
    );
    if (!done.ok) throw new Error(done.error.message);
    expect(done.value[0]?.failed.map(({ boot }) => boot)).toEqual([
      'x86_64/max debian:5.10 there',
      'x86_64/max debian:5.10 back',
    ]);
    const { trips } = proofOf(done.value, [], RECORDED);
    expect(trips.map(({ from, to, there, back }) => [from, to, there?.outcome ?? null, back?.outcome ?? null])).toEqual(
      [
        ['debian:5.10', 'debian:5.10', null, null],
        ['debian:5.10', 'debian:7.3', 'identical', null],
        ['debian:7.3', 'debian:5.10', null, null],
        ['debian:7.3', 'debian:7.3', 'identical', 'identical'],
      ],
    );
  });

  it('finds the kernels that take everything to be otherwise than predicted, and says of which word', async () => {
    const lab = fakeLab(stateOf('arm64', { ...ARM64, 'reg/CNTPCT_EL0': '0x5' }));
    const variants = variantsOf('arm64', ['default']);
    const done = await campaign([itinerary(arm64, { variants })], lab.perform, { parallel: 2 });
    if (!done.ok) throw new Error(done.error.message);
    const proof = proofOf(done.value, variants, RECORDED);
    const leg = proof.trips.find(({ from, to }) => from === 'debian:6.12' && to === 'debian:6.1')?.there;
    expect(leg).toMatchObject({ predicted: 'refused', outcome: 'identical' });
    expect(leg?.disagreements.map(({ word, fault }) => `${word} ${fault}`)).toContain('reg/CNTPCT_EL0 overcautious');
    expect(proofSchema.parse(JSON.parse(JSON.stringify(proofSchema.encode(proof))))).toEqual(proof);
  });

  it('ends with one error where it is interrupted', async () => {
    const controller = new AbortController();
    const lab = fakeLab(stateOf('arm64', ARM64), (_, __, obliges) => {
      controller.abort();
      return obliges;
    });
    const wanted = itinerary(arm64, { variants: variantsOf('arm64', ['default']) });
    const done = await campaign([wanted], lab.perform, { parallel: 1, signal: controller.signal });
    expect(done).toMatchObject({ ok: false, error: { code: 'interrupted' } });
    expect(lab.calls).toHaveLength(1);
  });
});

describe('places for machines', () => {
  it('are never more than there are, and are taken in order', async () => {
    const slots = new Slots(2);
    let running = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      [1, 2, 3, 4, 5].map((each) =>
        slots.run(async () => {
          order.push(each);
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, 1));
          running--;
        }),
      ),
    );
    expect({ most, order }).toEqual({ most: 2, order: [1, 2, 3, 4, 5] });
  });

  it('are given back by work that fails', async () => {
    const slots = new Slots(1);
    await expect(slots.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(slots.run(() => Promise.resolve('yes'))).resolves.toBe('yes');
  });
});
