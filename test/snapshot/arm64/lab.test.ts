/** Real kernels save a machine and restore it onto another one: nothing of it may be lost. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestContext } from 'vitest';
import { wordOf } from '../../../src/arch/arm64/names.ts';
import { defaultChoices, measure, registryFor } from '../../../src/arch/index.ts';
import { pin, plan } from '../../../src/engine/index.ts';
import { readDocument } from '../../../src/format/index.ts';
import { a64 } from '../../../src/guest/arm64/index.ts';
import type { WitnessReport } from '../../../src/guest/witness.ts';
import { ask } from '../../../src/lab/ask.ts';
import { labContext } from '../../../src/lab/index.ts';
import { fromHex, hex } from '../../../src/model/index.ts';
import type { Json, Plan, SavedState, Surface } from '../../../src/model/index.ts';
import { isIdentical } from '../../../src/snapshot/index.ts';
import { OWN_LINES } from '../../../src/snapshot/arm64/gic-units.ts';
import { arm64RunsOn } from '../../../src/snapshot/arm64/runs-on.ts';
import type { Preset } from '../../../src/worker/state-presets.ts';
import type { StateMove, StateRequest, StateResult } from '../../../src/worker/state-step.ts';
import { ready } from '../../lab/ready.ts';
import { FIRST_EVENT_LPI, LOG_WORDS, deviceSetUp, pollingGuest, raiseAgain } from './its-guest.ts';
import { scrambledRegisters, scrambledVgic } from './scrambled.ts';

const SURFACES = join(import.meta.dirname, '../../../surfaces/arm64/max');
const MILLISECONDS = 600_000;
const PATIENCE = 10;
/** How often a guest moves, and how many rounds it does on each machine. */
const MOVES = 3;
const ROUNDS = 10;
/** Of 5 ms each, of all vCPUs together: an emulated machine that has little of its host needs some to begin. */
const TURNS = 80;
const KERNELS = ['5.10', '6.12', '7.3'] as const;
/** For guests that run: the matrix of round trips runs them on every kernel. */
const ONE = '6.12';

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
      const units = ['id-registers', 'core', 'sve', 'state', 'timers'].map((unit) =>
        registers(`vcpu/${preset.vcpu}/${unit}`),
      );
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

/** The interrupts of a vCPU's timers, as Arm's Base System Architecture assigns them: 26, 27, 28 and 30. */
const RUNS_ON = arm64RunsOn(0x5c00_0000n);

/** By unit and register, without the bits that run on between two savings. */
function still({ units }: SavedState): Map<string, string> {
  const rows = units.flatMap(({ name, call, data }): (readonly [string, string])[] => {
    if (data.kind !== 'registers') return [[name, data.kind === 'bytes' ? data.base64 : data.kind]];
    return data.registers.map(({ id, value }) => {
      const word =
        call === 'KVM_SET_ONE_REG'
          ? wordOf(fromHex(id))
          : name.includes('line-levels') && id === '0x0'
            ? OWN_LINES
            : name;
      const bits = RUNS_ON(word)?.bits ?? 0n;
      return [`${name} ${id}`, hex(fromHex(value) & ~bits)];
    });
  });
  return new Map(rows);
}

const OPTIONS = { onRefusal: 'stop' } as const;

/** Everything was set, reads back, and is the same when it is saved again. */
function expectWhole({ state, report, again }: StateMove): void {
  expect(report.differences).toEqual([]);
  expect(report.units.filter(({ result }) => result.outcome !== 'done')).toEqual([]);
  expect(isIdentical(report)).toBe(true);
  expect(still(again)).toEqual(still(state));
}

/** The worker is this program: what it calls a witness' report is one. */
function vcpusOf(report: Json): WitnessReport['vcpus'] {
  return (report as WitnessReport | null)?.vcpus ?? [];
}

/** The registers that the state holds. */
function wordsOf(state: SavedState | undefined): ReadonlySet<string> {
  return new Set(
    (state?.units ?? []).flatMap(({ call, data }) =>
      call === 'KVM_SET_ONE_REG' && data.kind === 'registers'
        ? data.registers.map(({ id }) => wordOf(fromHex(id)))
        : [],
    ),
  );
}

describe.each(KERNELS)('debian:%s', (kernel) => {
  it(
    'gives back a machine of two vCPUs in which every register holds something else',
    { timeout: MILLISECONDS },
    async (test) => {
      const surface = await recorded(kernel);
      const presets = [...scrambledVgic(2), ...scrambledRegisters(surface, 2)];
      const guest = { kind: 'code', code: '', turns: 0, watch: [] } as const;
      const plan = planOf(kernel, surface);
      const { notTaken, moves } = await moved(test, kernel, {
        kind: 'state',
        plan,
        vcpus: 2,
        guest,
        presets: [presets],
        moves: 1,
        options: OPTIONS,
      });
      expect(notTaken).toEqual([]);
      const [move] = moves;
      if (move === undefined) throw new Error('it did not move');
      expect(missing(presets, move.state)).toEqual([]);
      expectWhole(move);
      expect(move.report.compared).toBeGreaterThan(presets.length);
    },
  );
});

it(
  'a guest of two vCPUs that checks itself goes on through three machines',
  { timeout: MILLISECONDS },
  async (test) => {
    const { guest, moves } = await moved(test, ONE, {
      kind: 'state',
      plan: planOf(ONE, await recorded(ONE)),
      vcpus: 2,
      guest: { kind: 'witness', rounds: ROUNDS },
      presets: [],
      moves: MOVES,
      options: OPTIONS,
    });
    expect(guest.ended).toBe('rounds');
    expect(moves.length).toBe(MOVES);
    for (const move of moves) {
      expectWhole(move);
      expect(move.guest.ended).toBe('rounds');
    }
    const [before, after] = [guest, moves.at(-1)?.guest].map((report) => vcpusOf(report?.witness ?? null));
    const carried = wordsOf(moves[0]?.state);
    expect(carried.size).toBeGreaterThan(200);
    expect(after?.length).toBe(2);
    for (const [index, vcpu] of (after ?? []).entries()) {
      // What the kernel does not offer to save (the physical timer, up to 6.1) does not come back.
      expect(vcpu.changes.filter(({ path }) => carried.has(path))).toEqual([]);
      expect(vcpu.checks.filter(({ failures }) => failures > 0)).toEqual([]);
      expect(vcpu.rounds).toBeGreaterThanOrEqual((before?.[index]?.rounds ?? 0) + MOVES * ROUNDS);
      expect(vcpu.timerTicks).toBeGreaterThan(before?.[index]?.timerTicks ?? 0);
      expect(vcpu.ipis).toBeGreaterThan(before?.[index]?.ipis ?? 0);
      // Of the ITS that every one of these machines has.
      expect(vcpu.messages ?? 0).toBeGreaterThan(before?.[index]?.messages ?? 0);
      expect([vcpu.strayInterrupts, vcpu.unanswered]).toEqual([0, 0]);
    }
  },
);

it('a guest that counts goes on counting where it was stopped', { timeout: MILLISECONDS }, async (test) => {
  const watch = [0, 1].map((vcpu) => hex(COUNTER_AT + STRIDE * vcpu));
  const { guest, moves } = await moved(test, ONE, {
    kind: 'state',
    plan: planOf(ONE, await recorded(ONE)),
    vcpus: 2,
    guest: { kind: 'code', code: countingGuest(), turns: TURNS, watch },
    presets: [],
    moves: 1,
    options: OPTIONS,
  });
  for (const move of moves) expectWhole(move);
  const [before, after] = [guest, moves[0]?.guest].map((report) => report?.words.map(fromHex) ?? []);
  expect(after?.length).toBe(2);
  for (const [vcpu, count] of (after ?? []).entries()) {
    expect(before?.[vcpu]).toBeGreaterThan(0n);
    expect(count).toBeGreaterThan(before?.[vcpu] ?? 0n);
  }
});

const LPIS = [hex(FIRST_EVENT_LPI), hex(FIRST_EVENT_LPI + 1n)] as const;

/** Two moves of a guest that polls for a device's interrupts, which are raised before each; what it had taken by then. */
async function polled(test: TestContext, leaveOut: readonly string[]): Promise<unknown[]> {
  const { guest, moves, notTaken } = await moved(test, ONE, {
    kind: 'state',
    plan: planOf(ONE, await recorded(ONE)),
    vcpus: 2,
    guest: { kind: 'code', code: pollingGuest(), turns: TURNS, watch: LOG_WORDS },
    presets: [deviceSetUp(), raiseAgain()],
    moves: 2,
    options: { ...OPTIONS, leaveOut },
  });
  expect(notTaken).toEqual([]);
  expect(moves.length).toBe(2);
  if (leaveOut.length === 0) for (const move of moves) expectWhole(move);
  return [guest, ...moves.map((move) => move.guest)].map(({ words }) => {
    const [, last0, count0, , last1, count1] = words;
    return [last0, count0, last1, count1];
  });
}

describe('interrupts of a device behind an ITS', () => {
  it('come after the move, those that were pending and later ones', { timeout: MILLISECONDS }, async (test) => {
    expect(await polled(test, [])).toEqual([
      ['0x0', '0x0', '0x0', '0x0'],
      [LPIS[0], '0x1', LPIS[1], '0x1'],
      [LPIS[0], '0x2', LPIS[1], '0x2'],
    ]);
  });

  it('do not come where the tables were not restored', { timeout: MILLISECONDS }, async (test) => {
    const none = ['0x0', '0x0', '0x0', '0x0'];
    expect(await polled(test, ['its/tables'])).toEqual([none, none, none]);
  });
});
