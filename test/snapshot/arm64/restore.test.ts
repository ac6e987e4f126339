/** What a restore does with what the kernel answers. The kernel here is a fake that keeps what is written to it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { idOf } from '../../../src/arch/arm64/names.ts';
import { registerBytes } from '../../../src/kvm/index.ts';
import type { Result, SavedState } from '../../../src/model/index.ts';
import { restoreArm64State, saveArm64State } from '../../../src/snapshot/arm64/index.ts';
import { firstRefusal, isIdentical } from '../../../src/snapshot/restore-report.ts';
import { EINVAL, ENXIO, fakeMachine } from './fake-machine.ts';
import type { FakeMachine, FakeOptions, Takes } from './fake-machine.ts';

const id = (word: string): bigint => {
  const found = idOf(word);
  if (found === null) throw new Error(`no register is called ${word}`);
  return found;
};
const valueOf = <T>(result: Result<T, unknown>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};
const registersOf = (values: Readonly<Record<string, bigint>>): ReadonlyMap<bigint, bigint> =>
  new Map(Object.entries(values).map(([word, value]) => [id(word), value]));

const MPIDR_EL1 = 'reg/MPIDR_EL1';
const SMALL = {
  [MPIDR_EL1]: 0x8000_0000n,
  'reg/X0': 0x1234n,
  'reg/PC': 0x4000_0000n,
  'reg/SCTLR_EL1': 0x30d0_0800n,
  'reg/TCR2_EL1': 0x1n,
  'reg/KVM_REG_ARM_TIMER_CNT': 0x10_0000n,
  'reg/KVM_REG_ARM_TIMER_CVAL': 0x20_0000n,
  'reg/CNTV_CTL_EL0': 0x1n,
  'reg/V3': 0x1de7_ec7e_dbad_c0de_1de7_ec7e_dbad_c0den,
} as const;

/** Of an attribute or a register as the fake's log has it. */
const writes = ({ calls }: FakeMachine): string[] =>
  calls
    .filter(({ name }) => name.startsWith('KVM_SET_'))
    .map(({ on, group, id: what }) => `${on} ${group === null ? '' : `${group}:`}0x${what?.toString(16) ?? ''}`);

function moved(
  source: Partial<FakeOptions>,
  destination: Partial<FakeOptions>,
  options: Parameters<typeof restoreArm64State>[3] = { onRefusal: 'stop' },
  prepare: (from: FakeMachine) => void = () => undefined,
): { state: SavedState; report: ReturnType<typeof restoreArm64State>; to: FakeMachine } {
  const base = { vcpus: 1, registers: registersOf(SMALL) };
  const from = fakeMachine({ ...base, ...source });
  prepare(from);
  const state = valueOf(saveArm64State(from.host, from.machine));
  const to = fakeMachine({ ...base, ...destination });
  return { state, report: restoreArm64State(to.host, to.machine, state, options), to };
}

describe('a state on a machine that takes everything', () => {
  test('reads back as it was saved, and is the same when it is saved again', () => {
    const value = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    const words = Object.keys(SMALL).filter((word) => word !== MPIDR_EL1);
    fc.assert(
      fc.property(fc.array(value, { minLength: words.length, maxLength: words.length }), (values) => {
        const registers = new Map(words.map((word, index) => [id(word), values[index] ?? 0n]));
        const fresh = new Map([...registers.keys()].map((each) => [each, 0n]));
        for (const each of [registers, fresh]) each.set(id(MPIDR_EL1), SMALL[MPIDR_EL1]);
        const { state, report, to } = moved({ registers }, { registers: fresh });
        expect(isIdentical(report)).toBe(true);
        expect(report.compared).toBeGreaterThan(words.length);
        expect(valueOf(saveArm64State(to.host, to.machine))).toEqual(state);
      }),
    );
  });

  test('writes each counter once, on the first vCPU, before compare values and these before controls', () => {
    const { to } = moved({ vcpus: 2 }, { vcpus: 2 });
    const timers = ['KVM_REG_ARM_TIMER_CNT', 'KVM_REG_ARM_TIMER_CVAL', 'CNTV_CTL_EL0'].map(
      (name) => `0x${id(`reg/${name}`).toString(16)}`,
    );
    const made = writes(to).filter((text) => timers.some((timer) => text.endsWith(timer)));
    expect(made).toEqual([
      `vcpu0 ${timers[0]}`,
      `vcpu0 ${timers[1]}`,
      `vcpu0 ${timers[2]}`,
      `vcpu1 ${timers[1]}`,
      `vcpu1 ${timers[2]}`,
    ]);
  });

  test('clears what initialization has enabled before it enables what was saved', () => {
    const { to } = moved({}, {}, undefined, ({ values }) => values.set('vgic-v3 1:0x104', 0xf0f0n));
    const made = writes(to);
    // GICD_ICENABLER1 and GICD_ISENABLER1.
    expect(made.indexOf('vgic-v3 1:0x184')).toBe(made.indexOf('vgic-v3 1:0x104') - 1);
    expect(made.indexOf('vgic-v3 1:0x184')).toBeGreaterThan(-1);
    expect(to.values.get('vgic-v3 1:0x104')).toBe(0xf0f0n);
  });

  test('names registers of the second vCPU by its affinity', () => {
    const affinity = new Map([...registersOf(SMALL), [id(MPIDR_EL1), 0x8000_0000n]] as const);
    const { to } = moved(
      { vcpus: 2, registers: affinity },
      { vcpus: 2, registers: affinity },
      undefined,
      ({ values }) => {
        values.set(`vcpu1 0x${id(MPIDR_EL1).toString(16)}`, 0x02_8003_0201n);
        values.set('vgic-v3 5:0x203020100010080', 0xffff_ffffn);
      },
    );
    // Aff3 to Aff0 in bits 63:32 of the attribute; GICR_IGROUPR0 lies in the SGI frame.
    expect(to.values.get('vgic-v3 5:0x203020100010080')).toBe(0xffff_ffffn);
  });

  test('has the ITS read its tables from memory between its registers and its control', () => {
    const from = fakeMachine({ vcpus: 1, registers: registersOf(SMALL) });
    from.values.set('its 8:0x80', 0x8000_0000_4000_0000n);
    const state = valueOf(saveArm64State(from.host, from.machine));
    expect(writes(from)).toEqual(['vgic-v3 4:0x3', 'its 4:0x1']);
    const to = fakeMachine({ vcpus: 1, registers: registersOf(SMALL) });
    restoreArm64State(to.host, to.machine, state, { onRefusal: 'stop' });
    expect(writes(to).filter((text) => text.startsWith('its'))).toEqual(['its 8:0x80', 'its 4:0x2', 'its 8:0x0']);
  });
});

describe('the registers of a set of PMU bits', () => {
  const set = id('reg/PMINTENSET_EL1');
  const clear = id('reg/PMINTENCLR_EL1');
  const registers = new Map([...registersOf(SMALL), [set, 0x8000_0001n], [clear, 0x8000_0001n]] as const);
  /** Both read the one set of bits. */
  const shared =
    (of: (call: bigint, written: bigint, now: bigint) => bigint, values: () => Map<string, bigint>): Takes =>
    (call, written, now) => {
      if (call.id !== set && call.id !== clear) return undefined;
      const bits = of(call.id, written, now);
      for (const other of [set, clear]) values().set(`${call.on} 0x${other.toString(16)}`, bits);
      return bits;
    };
  const like612 = (which: bigint, written: bigint, now: bigint): bigint =>
    which === set ? now | written : now & ~written;
  const raw = (_: bigint, written: bigint): bigint => written;

  test.each([
    ['each write changes bits, as in 6.12', like612],
    ['each write is the value, as in 5.10 and 7.2', raw],
  ] as const)('hold what was saved where %s', (_, of) => {
    const from = fakeMachine({ vcpus: 1, registers });
    const state = valueOf(saveArm64State(from.host, from.machine));
    const holder: { values: Map<string, bigint> } = { values: new Map() };
    const to = fakeMachine({ vcpus: 1, registers, takes: shared(of, () => holder.values) });
    holder.values = to.values;
    // Bits that a reset left there.
    for (const each of [set, clear]) to.values.set(`vcpu0 0x${each.toString(16)}`, 0x1en);
    const report = restoreArm64State(to.host, to.machine, state, { onRefusal: 'stop' });
    expect(report.differences).toEqual([]);
    expect(to.values.get(`vcpu0 0x${set.toString(16)}`)).toBe(0x8000_0001n);
  });
});

describe('a register that the destination does not have', () => {
  const { 'reg/TCR2_EL1': _, ...without } = SMALL;
  const lacking = { registers: registersOf(without) };
  const refused = [{ id: `0x${id('reg/TCR2_EL1').toString(16)}`, word: 'reg/TCR2_EL1', errno: 'ENOENT' }];

  test('ends the restore where a VMM would end it', () => {
    const { report } = moved({}, lacking);
    expect(firstRefusal(report)).toMatchObject({ unit: 'vcpu/0/state', result: { outcome: 'partly', refused } });
    const at = report.units.findIndex(({ unit }) => unit === 'vcpu/0/state');
    expect(report.units.slice(0, at).every(({ result }) => result.outcome === 'done')).toBe(true);
    const rest = report.units.slice(at + 1);
    expect(rest.length).toBeGreaterThan(3);
    expect(rest.every(({ result }) => result.outcome === 'not-made')).toBe(true);
    expect(isIdentical(report)).toBe(false);
  });

  test('is told and passed over where that was asked for', () => {
    const { report, to } = moved({}, lacking, { onRefusal: 'continue' });
    expect(report.units.filter(({ result }) => result.outcome !== 'done').map(({ unit }) => unit)).toEqual([
      'vcpu/0/state',
    ]);
    expect(report.differences).toEqual([
      { unit: 'vcpu/0/state', at: refused[0]?.id, word: 'reg/TCR2_EL1', saved: '0x1', reads: null, errno: 'ENOENT' },
    ]);
    expect(to.structs.has('vcpu0 MP_STATE')).toBe(true);
  });

  test('is left out where it was named, and the report says so', () => {
    const options = { onRefusal: 'stop', leaveOut: ['reg/TCR2_EL1', 'reg/NO_SUCH_REGISTER'] } as const;
    const { report } = moved({}, lacking, options);
    expect(firstRefusal(report)).toBeNull();
    expect(report.units.find(({ unit }) => unit === 'vcpu/0/state')?.leftOut).toEqual(['reg/TCR2_EL1']);
    expect(report.unknown).toEqual(['reg/NO_SUCH_REGISTER']);
    expect(isIdentical(report)).toBe(false);
  });
});

test('a write that is accepted and has no effect is found by reading back', () => {
  const iidr = (call: { readonly on: string; readonly group: number | null; readonly id: bigint | null }): boolean =>
    call.on === 'vgic-v3' && call.group === 1 && call.id === 0x8n;
  const { report } = moved({}, { takes: (call, _, now) => (iidr(call) ? now : undefined) }, undefined, ({ values }) =>
    values.set('vgic-v3 1:0x8', 0x4b00_243bn),
  );
  expect(report.units.every(({ result }) => result.outcome === 'done')).toBe(true);
  expect(report.differences).toEqual([
    { unit: 'vgic-v3/revision', at: '0x8', word: 'vgic/v3/GICD_IIDR', saved: '0x4b00243b', reads: '0x0' },
  ]);
});

test('tables that the ITS cannot read end the restore before it is switched on', () => {
  const restoreTables = { on: 'its', group: 4, id: 2n };
  const { report } = moved(
    {},
    {
      refuse: ({ on, group, id: what }) =>
        on === restoreTables.on && group === restoreTables.group && what === restoreTables.id ? EINVAL : null,
    },
  );
  expect(firstRefusal(report)).toMatchObject({ unit: 'its/tables', result: { outcome: 'refused', errno: 'EINVAL' } });
  expect(report.units.find(({ unit }) => unit === 'its/control')?.result.outcome).toBe('not-made');
});

describe('what is set once', () => {
  const attributes = (irq: bigint): ReadonlyMap<string, bigint> =>
    new Map([
      ['1:0', irq],
      ['1:1', 30n],
    ]);

  test('is not set again where it is right', () => {
    const { report, to } = moved({ vcpuAttributes: attributes(27n) }, { vcpuAttributes: attributes(27n) });
    expect(isIdentical(report)).toBe(true);
    expect(writes(to).filter((text) => text.startsWith('vcpu0 1:'))).toEqual([]);
  });

  test('is refused where the machine was made otherwise', () => {
    const { report } = moved(
      { vcpuAttributes: attributes(27n) },
      {
        vcpuAttributes: attributes(20n),
        refuse: ({ name, group }) => (name === 'KVM_SET_DEVICE_ATTR' && group === 1 ? EINVAL : null),
      },
    );
    expect(firstRefusal(report)).toMatchObject({
      unit: 'vcpu/0/timer-irqs',
      result: { outcome: 'partly', refused: [{ word: 'vcpu-attribute/KVM_ARM_VCPU_TIMER_IRQ/0', errno: 'EINVAL' }] },
    });
  });
});

test('a state with more vCPUs than the machine is not put onto it in part without a word', () => {
  const { report } = moved({ vcpus: 2 }, { vcpus: 1 });
  expect(report.units.find(({ unit }) => unit === 'vcpu/1/core')?.result.outcome).toBe('not-made');
  expect(isIdentical(report)).toBe(false);
});

describe('saving', () => {
  test('ends with the unit and the call that failed', () => {
    const from = fakeMachine({
      vcpus: 1,
      registers: registersOf(SMALL),
      refuse: ({ name, group }) => (name === 'KVM_GET_DEVICE_ATTR' && group === 6 ? ENXIO : null),
    });
    expect(saveArm64State(from.host, from.machine)).toMatchObject({
      ok: false,
      error: { unit: 'vgic-v3/cpu-interface/0', call: 'KVM_GET_DEVICE_ATTR', errno: 'ENXIO' },
    });
  });

  test('does not pass over a vGICv2', () => {
    const from = fakeMachine({ vcpus: 1, registers: registersOf(SMALL), devices: ['vgic-v2'] });
    expect(saveArm64State(from.host, from.machine)).toMatchObject({ ok: false, error: { unit: 'vgic-v2' } });
  });

  test('reads a register of whatever size', () => {
    const from = fakeMachine({ vcpus: 1, registers: registersOf(SMALL) });
    const state = valueOf(saveArm64State(from.host, from.machine));
    const core = state.units.find(({ name }) => name === 'vcpu/0/core')?.data;
    const vector =
      core?.kind === 'registers'
        ? core.registers.find((each) => each.id === `0x${id('reg/V3').toString(16)}`)
        : undefined;
    expect(registerBytes(id('reg/V3'))).toBe(16);
    expect(vector?.value).toBe('0x1de7ec7edbadc0de1de7ec7edbadc0de');
  });
});

test('interrupts of the timers of EL2 are saved of a vCPU with EL2 alone', () => {
  const vcpuAttributes = new Map(['1:0', '1:1', '1:2', '1:3'].map((key, index) => [key, BigInt(26 + index)]));
  const timers = (registers: ReadonlyMap<bigint, bigint>): string[] => {
    const from = fakeMachine({ vcpus: 1, registers, vcpuAttributes });
    const unit = valueOf(saveArm64State(from.host, from.machine)).units.find(
      ({ name }) => name === 'vcpu/0/timer-irqs',
    );
    return unit?.data.kind === 'registers' ? unit.data.registers.map((each) => each.id) : [];
  };
  const plain = registersOf(SMALL);
  expect(timers(plain)).toEqual(['0x0', '0x1']);
  expect(timers(new Map([...plain, [id('reg/HCR_EL2'), 0n]]))).toEqual(['0x0', '0x1', '0x2', '0x3']);
});
