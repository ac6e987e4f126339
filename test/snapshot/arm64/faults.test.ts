/** Every call of a save and of a restore fails once, in its place: it is told which, and nothing is thrown. */
import { describe, expect, test } from 'vitest';
import { idOf } from '../../../src/arch/arm64/names.ts';
import type { RestoreReport } from '../../../src/snapshot/index.ts';
import { isIdentical } from '../../../src/snapshot/index.ts';
import { restoreArm64State, saveArm64State } from '../../../src/snapshot/arm64/index.ts';
import { finishPending } from '../../../src/snapshot/pending.ts';
import { fakeMachine } from './fake-machine.ts';
import type { Call, FakeMachine, FakeOptions } from './fake-machine.ts';

const EIO = 5;
const EINVAL = 22;

const REGISTERS = new Map(
  [
    'reg/MPIDR_EL1',
    'reg/X0',
    'reg/SCTLR_EL1',
    'reg/ID_AA64PFR0_EL1',
    'reg/KVM_REG_ARM_TIMER_CNT',
    'reg/CNTV_CTL_EL0',
  ].map((word, index): [bigint, bigint] => [idOf(word) ?? 0n, BigInt(index)]),
);
const VCPU_ATTRIBUTES = new Map([
  ['0:0', 23n],
  ['1:0', 27n],
  ['1:1', 30n],
  ['2:0', 0x4000_1000n],
]);
const OPTIONS: FakeOptions = { vcpus: 2, registers: REGISTERS, vcpuAttributes: VCPU_ATTRIBUTES, interrupts: 64 };

/** A machine on which the call of this number fails; without one, none does. */
function failing(number: number | null): FakeMachine & { readonly failed: () => Call | undefined } {
  let count = 0;
  let failed: Call | undefined;
  const machine = fakeMachine({
    ...OPTIONS,
    refuse: (call) => {
      if (count++ !== number) return null;
      failed = call;
      return EIO;
    },
  });
  return { ...machine, failed: () => failed };
}

function saved(): Extract<ReturnType<typeof saveArm64State>, { ok: true }>['value'] {
  const { host, machine } = failing(null);
  const state = saveArm64State(host, machine);
  if (!state.ok) throw new Error(JSON.stringify(state.error));
  return state.value;
}

function callsOf(act: (machine: FakeMachine) => unknown): number {
  const machine = failing(null);
  act(machine);
  return machine.calls.length;
}

describe('a save', () => {
  const count = callsOf(({ host, machine }) => saveArm64State(host, machine));

  test(`ends with the unit and the call, whichever of ${count} calls fails`, () => {
    expect(count).toBeGreaterThan(100);
    for (let number = 0; number < count; number++) {
      const { host, machine, failed } = failing(number);
      const state = saveArm64State(host, machine);
      if (state.ok) throw new Error(`call ${number} failed, and there is a state`);
      expect(state.error).toMatchObject({ call: failed()?.name, errno: 'EIO' });
      expect(state.error.unit).toMatch(/^(vcpu\/[01]|vgic-v3|its|vm)\//);
    }
  });
});

/** Where a report speaks of the call that failed. */
function told({ units, differences }: RestoreReport, call: Call | undefined): boolean {
  const refused = units.some(({ call: own, result }) => {
    if (result.outcome === 'refused') return result.errno === 'EIO';
    if (result.outcome !== 'partly') return false;
    return result.refused.some((row) => row.errno === 'EIO' && (row.call ?? own) === call?.name);
  });
  return refused || differences.some(({ reads, errno }) => reads === null && errno === 'EIO');
}

describe.each(['stop', 'continue'] as const)('a restore that is to %s', (onRefusal) => {
  const state = saved();
  const count = callsOf(({ host, machine }) => restoreArm64State(host, machine, state, { onRefusal }));

  test(`tells of the call, whichever of ${count} calls fails`, () => {
    expect(count).toBeGreaterThan(200);
    for (let number = 0; number < count; number++) {
      const { host, machine, failed } = failing(number);
      const report = restoreArm64State(host, machine, state, { onRefusal });
      const call = failed();
      expect(call, `call ${number}`).toBeDefined();
      expect(told(report, call), `${call?.name} on ${call?.on} ${call?.group}:${call?.id}`).toBe(true);
      expect(isIdentical(report)).toBe(false);
    }
  });
});

describe('a vCPU that stands at an unfinished store', () => {
  const EXIT_REASON = 8;
  const MMIO = 6;

  test('finishes it before it is saved, and no other vCPU is run', () => {
    const { machine, runs, calls } = fakeMachine(OPTIONS);
    runs[1]?.setUint32(EXIT_REASON, MMIO, true);
    expect(finishPending(machine).ok).toBe(true);
    expect(calls).toEqual([{ name: 'KVM_RUN', on: 'vcpu1', group: null, id: null }]);
    expect(runs[1]?.getUint8(1)).toBe(0);
  });

  test('is not saved where that fails', () => {
    const { machine, runs } = fakeMachine({ ...OPTIONS, refuse: ({ name }) => (name === 'KVM_RUN' ? EINVAL : null) });
    runs[0]?.setUint32(EXIT_REASON, MMIO, true);
    expect(finishPending(machine)).toMatchObject({
      ok: false,
      error: { unit: 'vcpu/0/run', call: 'KVM_RUN', errno: 'EINVAL' },
    });
  });
});
