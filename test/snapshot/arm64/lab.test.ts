/** Real kernels save a machine and restore it onto another one: nothing of it may be lost. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { defaultChoices, measure, registryFor } from '../../../src/arch/index.ts';
import { pin, plan } from '../../../src/engine/index.ts';
import { readDocument } from '../../../src/format/index.ts';
import { a64 } from '../../../src/guest/arm64/index.ts';
import { ask } from '../../../src/lab/ask.ts';
import { labContext } from '../../../src/lab/index.ts';
import { fromHex, hex } from '../../../src/model/index.ts';
import type { Plan, SavedState, Surface } from '../../../src/model/index.ts';
import { isIdentical } from '../../../src/snapshot/index.ts';
import type { Preset, StateRequest, StateResult } from '../../../src/worker/state-step.ts';
import { ready } from '../../lab/ready.ts';
import { scrambledRegisters, scrambledVgic } from './scrambled.ts';

const SURFACES = join(import.meta.dirname, '../../../surfaces/arm64/max');
const MILLISECONDS = 600_000;
const PATIENCE = 10;
const KERNELS = ['5.10', '6.12', '7.3'] as const;

async function recorded(kernel: string): Promise<Surface> {
  const read = await readDocument(join(SURFACES, `debian-${kernel}.json`));
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`${kernel} was not recorded`);
  return read.value.surface;
}

/** The machine that the kernel gives a guest by default. */
function planOf(kernel: string, surface: Surface): Plan {
  const registry = registryFor('arm64');
  const measured = measure(surface);
  const choices = defaultChoices('arm64');
  const pinned = pin(registry, [measured], { name: kernel, hosts: [kernel], choices });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return plan(registry, pinned.value, measured);
}

async function moved(test: TestContext, kernel: string, request: StateRequest): Promise<StateResult> {
  const name = `debian:${kernel}`;
  const prepared = await ready(test, 'arm64', name);
  const asked = await ask(labContext(), prepared, { architecture: 'arm64', cpu: 'max', request, patience: PATIENCE });
  if (!asked.ok) throw new Error(`${asked.error.message}\n${asked.error.console?.join('\n')}`);
  const section = asked.value.sections['state'];
  if (section?.outcome !== 'measured') throw new Error(JSON.stringify(section));
  // The worker is this program: its step of that name writes a StateResult.
  return section.data as StateResult;
}

const COUNTER_AT = 0x4000_8000;
/** Bytes between the counters of two vCPUs. */
const STRIDE = 64;

/** Each vCPU counts in a word of its own, for ever. X0: its number. */
function countingGuest(): string {
  const { bytes } = a64.assemble(0x4000_0000, [
    ...a64.mov(1, COUNTER_AT),
    ...a64.mov(3, STRIDE),
    a64.label('start'),
    // x1 += x0 * 64
    0x9b03_0401,
    a64.label('loop'),
    a64.ldr(64, 2, 1, 0),
    a64.addImmediate(2, 2, 1),
    a64.str(64, 2, 1, 0),
    a64.b('loop'),
  ]);
  return Buffer.from(bytes).toString('base64');
}

/** GICR_ICENABLER0: clears what another preset sets, and reads as that. */
const CLEARS = 0x1_0180n;

/** Presets of which the saved state holds nothing: then the test would prove nothing of them. */
function missing(presets: readonly Preset[], { units }: SavedState): Preset[] {
  const registers = (unit: string): ReadonlyMap<string, string> => {
    const data = units.find(({ name }) => name === unit)?.data;
    return new Map(data?.kind === 'registers' ? data.registers.map(({ id, value }) => [id, value]) : []);
  };
  const of = (preset: Preset): string | undefined => {
    if ('register' in preset) {
      const units = ['id-registers', 'core', 'sve', 'state', 'timers'].map((unit) => registers(`vcpu/${preset.vcpu}/${unit}`));
      return units.map((unit) => unit.get(preset.register)).find((value) => value !== undefined);
    }
    if (!('on' in preset)) return undefined;
    const attribute = fromHex(preset.attribute);
    const vcpu = attribute >> 32n;
    const unit = { 1: 'distributor', 5: `redistributor/${vcpu}`, 6: `cpu-interface/${vcpu}`, 7: `line-levels/${vcpu}` };
    const name = Object.entries(unit).find(([group]) => Number(group) === preset.group)?.[1] ?? '';
    return registers(`vgic-v3/${name}`).get(hex(BigInt.asUintN(32, attribute)));
  };
  return presets.filter(
    (preset) =>
      of(preset) !== preset.value && !('on' in preset && BigInt.asUintN(32, fromHex(preset.attribute)) === CLEARS),
  );
}

/** Without what counts on between two savings. */
function still({ units }: SavedState): SavedState['units'] {
  return units.filter(({ name }) => name !== 'vm/counters');
}

describe.each(KERNELS)('debian:%s', (kernel) => {
  it(
    'gives back a machine of two vCPUs in which every register holds something else',
    { timeout: MILLISECONDS },
    async (test) => {
      const surface = await recorded(kernel);
      const presets = [...scrambledVgic(2), ...scrambledRegisters(surface, 2)];
      const { notTaken, state, report, again } = await moved(test, kernel, {
        kind: 'state',
        plan: planOf(kernel, surface),
        vcpus: 2,
        code: '',
        turns: 0,
        presets,
        watch: [],
        options: { onRefusal: 'stop' },
      });
      expect(notTaken).toEqual([]);
      expect(missing(presets, state)).toEqual([]);
      expect(report.differences).toEqual([]);
      expect(report.units.filter(({ result }) => result.outcome !== 'done')).toEqual([]);
      expect(isIdentical(report)).toBe(true);
      expect(report.compared).toBeGreaterThan(presets.length);
      expect(still(again)).toEqual(still(state));
    },
  );
});

describe('a guest that counts', () => {
  it('goes on counting where it was stopped', { timeout: MILLISECONDS }, async (test) => {
    const surface = await recorded('6.12');
    const watch = [0, 1].map((vcpu): `0x${string}` => `0x${(COUNTER_AT + STRIDE * vcpu).toString(16)}`);
    const { first, second, ended, report } = await moved(test, '6.12', {
      kind: 'state',
      plan: planOf('6.12', surface),
      vcpus: 2,
      code: countingGuest(),
      turns: 6,
      presets: [],
      watch,
      options: { onRefusal: 'stop' },
    });
    expect(isIdentical(report)).toBe(true);
    expect(ended).toEqual(['stopped', 'stopped']);
    for (const [vcpu, before] of first.entries()) {
      expect(fromHex(before)).toBeGreaterThan(0n);
      expect(fromHex(second[vcpu] ?? '0x0')).toBeGreaterThan(fromHex(before));
    }
  });
});
