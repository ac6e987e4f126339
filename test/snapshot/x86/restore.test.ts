/** What a restore does with what the kernel answers. The kernel here is a fake that keeps what is written to it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KVM_SET_DEVICE_ATTR } from '../../../src/kvm/index.ts';
import type { SavedState } from '../../../src/model/index.ts';
import { firstRefusal, isIdentical } from '../../../src/snapshot/restore-report.ts';
import type { RestoreOptions, RestoreReport } from '../../../src/snapshot/restore-report.ts';
import { restoreX86State, saveX86State } from '../../../src/snapshot/x86/index.ts';
import { ALL_CAPABILITIES, EINVAL, fakeMachine, valueOf } from './fake-machine.ts';
import type { FakeMachine, FakeOptions } from './fake-machine.ts';

const PAT = 0x277;
const SPEC_CTRL = 0x48;
const BASE: FakeOptions = {
  listed: [0x10, PAT, SPEC_CTRL],
  msrs: new Map([0x10, 0x3b, 0x6e0, PAT, SPEC_CTRL].map((index) => [index, 0n])),
};
const without = (...capabilities: number[]): ReadonlyMap<number, number> =>
  new Map([...ALL_CAPABILITIES].filter(([number]) => !capabilities.includes(number)));
const CLOCK = 39;
const NESTED_STATE = 157;
const SREGS2 = 200;
const STOP: RestoreOptions = { onRefusal: 'stop' };

interface Moved {
  readonly state: SavedState;
  readonly report: RestoreReport;
  readonly to: FakeMachine;
}

function moved(
  prepare: (from: FakeMachine) => void,
  destination: FakeOptions = {},
  options: RestoreOptions = STOP,
  source: FakeOptions = {},
): Moved {
  const from = fakeMachine({ ...BASE, ...source });
  prepare(from);
  const state = valueOf(saveX86State(from.host, from.machine));
  const to = fakeMachine({ ...BASE, ...destination });
  return { state, report: restoreX86State(to.host, to.machine, state, options), to };
}

const struct = (size: number, ...bytes: readonly (readonly [at: number, value: number])[]): Uint8Array => {
  const filled = new Uint8Array(size);
  for (const [at, value] of bytes) filled[at] = value;
  return filled;
};
const result = ({ report }: Moved, name: string) => report.units.find(({ unit }) => unit === name);

describe('a state on a machine that takes everything', () => {
  test('reads back as it was saved, and is the same when it is saved again', () => {
    const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
    const value = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    fc.assert(
      fc.property(bytes(144), bytes(320), bytes(1024), value, value, (regs, sregs, lapic, pat, tsc) => {
        const { state, report, to } = moved((from) => {
          from.structs.set('vcpu0 REGS', regs);
          from.structs.set('vcpu0 SREGS2', sregs);
          from.structs.set('vcpu0 LAPIC', lapic);
          from.msrs.set('vcpu0 0x277', pat);
          from.msrs.set('vcpu0 0x10', tsc);
        });
        expect(isIdentical(report)).toBe(true);
        expect(valueOf(saveX86State(to.host, to.machine))).toEqual(state);
      }),
      { numRuns: 50 },
    );
  });

  test('has no units of parts that it was made without', () => {
    const { state } = moved(() => undefined, {}, STOP, { irqchip: false, capabilities: without(SREGS2, NESTED_STATE) });
    const names = state.units.map(({ name }) => name);
    expect(names.filter((name) => /lapic|pic|pit|nested/.test(name))).toEqual([]);
    expect(state.units.find(({ name }) => name === 'vcpu/0/sregs')?.call).toBe('KVM_SET_SREGS');
  });

  test('says which listed MSRs did not read', () => {
    const msrs = new Map([0x10, 0x3b, 0x6e0, PAT].map((index) => [index, 0n]));
    const { state } = moved(() => undefined, {}, STOP, { msrs });
    const data = state.units.find(({ name }) => name === 'vcpu/0/msrs')?.data;
    expect(data).toEqual({ kind: 'registers', registers: [{ id: '0x277', value: '0x0' }], unread: ['0x48'] });
  });
});

describe('a part that cannot be read', () => {
  test('ends the saving, with its name, unless it is how KVM says that there is none', () => {
    const EIO = 5;
    for (const call of [
      'KVM_CHECK_EXTENSION',
      'KVM_GET_LAPIC',
      'KVM_GET_IRQCHIP',
      'KVM_GET_REGS',
      'KVM_GET_CLOCK',
      'KVM_GET_MSRS',
    ]) {
      const { host, machine } = fakeMachine({ ...BASE, refuse: (name) => (name === call ? EIO : null) });
      const saved = saveX86State(host, machine);
      expect(saved).toMatchObject({ ok: false, error: { call, errno: 'EIO' } });
    }
  });
});

describe('a refusal', () => {
  const refuse = (call: string, on: string): number | null =>
    call === 'KVM_SET_SREGS2' && on === 'vcpu0' ? EINVAL : null;

  test('stops the restore, as VMMs do', () => {
    const { report } = moved(() => undefined, { refuse });
    expect(firstRefusal(report)).toMatchObject({
      unit: 'vcpu/0/sregs',
      call: 'KVM_SET_SREGS2',
      result: { outcome: 'refused', errno: 'EINVAL' },
    });
    const at = report.units.findIndex(({ unit }) => unit === 'vcpu/0/sregs');
    const behind = report.units.slice(at + 1).map(({ result: { outcome } }) => outcome);
    expect(new Set(behind)).toEqual(new Set(['not-made']));
  });

  test('is gone over where the lab wants to know all of them', () => {
    const { report } = moved(() => undefined, { refuse }, { onRefusal: 'continue' });
    expect(report.units.filter(({ result: { outcome } }) => outcome !== 'done').map(({ unit }) => unit)).toEqual([
      'vcpu/0/sregs',
    ]);
  });

  test('of an MSR names it', () => {
    const msrs = new Map([0x10, 0x3b, 0x6e0, PAT].map((index) => [index, 0n]));
    const { report } = moved(() => undefined, { msrs }, { onRefusal: 'continue' });
    expect(firstRefusal(report)).toMatchObject({
      unit: 'vcpu/0/msrs',
      result: { outcome: 'partly', refused: [{ id: '0x48', word: 'msr/MSR_IA32_SPEC_CTRL', errno: null }] },
    });
  });

  test('does not come for an MSR that is left out', () => {
    const msrs = new Map([0x10, 0x3b, 0x6e0, PAT].map((index) => [index, 0n]));
    const { report } = moved(() => undefined, { msrs }, { ...STOP, leaveOut: ['msr/MSR_IA32_SPEC_CTRL'] });
    expect(firstRefusal(report)).toBeNull();
  });
});

describe('a call beside the one that sets a unit', () => {
  const EIO = 5;

  test('that fails is named', () => {
    const offsets = moved(
      () => undefined,
      { vcpus: 2, refuse: (call) => (call === 'KVM_GET_DEVICE_ATTR' ? EIO : null) },
      STOP,
      { vcpus: 2 },
    );
    expect(firstRefusal(offsets.report)).toMatchObject({
      unit: 'vm/tsc-offsets',
      result: { refused: [{ errno: 'EIO', call: 'KVM_GET_DEVICE_ATTR' }] },
    });
    const events = moved(() => undefined, { refuse: (call) => (call === 'KVM_GET_VCPU_EVENTS' ? EIO : null) });
    expect(firstRefusal(events.report)).toMatchObject({
      unit: 'vcpu/0/events',
      result: { errno: 'EIO', detail: 'KVM_GET_VCPU_EVENTS()' },
    });
  });

  test('that asks what the kernel has ends the restore before anything is set', () => {
    const { report, to } = moved(() => undefined, { refuse: (call) => (call === 'KVM_CHECK_EXTENSION' ? EIO : null) });
    expect(new Set(report.units.map(({ result: { outcome } }) => outcome))).toEqual(new Set(['not-made']));
    expect(to.calls.filter((call) => call.includes(' KVM_SET_'))).toEqual([]);
  });
});

describe('a write that has no effect', () => {
  test('is told by its field', () => {
    const from = fakeMachine(BASE);
    from.structs.set('vcpu0 REGS', struct(144, [128, 0x42]));
    const state = valueOf(saveX86State(from.host, from.machine));
    const to = fakeMachine(BASE);
    const set = to.structs.set.bind(to.structs);
    to.structs.set = (key, value) => (key === 'vcpu0 REGS' ? to.structs : set(key, value));
    const forgetful = restoreX86State(to.host, to.machine, state, STOP);
    expect(forgetful.differences).toMatchObject([
      { unit: 'vcpu/0/regs', at: '0x80', word: 'vcpu/0/regs/rip', saved: '0x42', reads: '0x0' },
    ]);
  });

  test('is not held against what counts', () => {
    const from = fakeMachine(BASE);
    from.msrs.set('vcpu0 0x10', 1000n);
    const state = valueOf(saveX86State(from.host, from.machine));
    const to = fakeMachine(BASE);
    const set = to.msrs.set.bind(to.msrs);
    to.msrs.set = (key, value) => set(key, key === 'vcpu0 0x10' ? value + 5n : value);
    const report = restoreX86State(to.host, to.machine, state, STOP);
    expect(report.differences).toEqual([]);
    expect(report.ranOn).toMatchObject([{ word: 'msr/MSR_IA32_TSC', saved: '0x3e8', reads: '0x3ed' }]);
    expect(isIdentical(report)).toBe(true);
  });
});

describe("the VM's clock", () => {
  const FLAGS = 8;
  const saved = struct(48, [0, 7], [FLAGS, 14], [16, 9]);
  const prepare = (from: FakeMachine): void => void from.structs.set('vm CLOCK', saved);

  test('is given no flag: a kernel that names one as its capability refuses it', () => {
    const done = moved(prepare, { capabilities: new Map([...ALL_CAPABILITIES, [CLOCK, 2]]) });
    expect(done.to.structs.get('vm CLOCK')).toEqual(struct(48, [0, 7]));
    expect(result(done, 'vm/clock')?.adapted?.[0]).toContain('KVM_CLOCK_TSC_STABLE');
  });

  test('is told the time of day where it is to have gone on', () => {
    const { to } = moved(prepare, {}, { ...STOP, clock: 'realtime' });
    expect(to.structs.get('vm CLOCK')).toEqual(struct(48, [0, 7], [FLAGS, 4], [16, 9]));
  });

  test('stands still on a kernel that cannot add what has passed, and that is said', () => {
    const capabilities = new Map([...ALL_CAPABILITIES, [CLOCK, 2]]);
    const done = moved(prepare, { capabilities }, { ...STOP, clock: 'realtime' });
    expect(done.to.structs.get('vm CLOCK')).toEqual(struct(48, [0, 7]));
    expect(result(done, 'vm/clock')?.adapted?.[0]).toContain('does not add the time');
  });
});

describe('segments and control registers for a kernel without KVM_SET_SREGS2', () => {
  const CR4 = 248;
  const FLAGS = 280;
  const capabilities = without(SREGS2);

  test('are what both structs begin with', () => {
    const done = moved((from) => void from.structs.set('vcpu0 SREGS2', struct(320, [CR4, 0x20])), { capabilities });
    expect(done.to.structs.get('vcpu0 SREGS')).toEqual(struct(312, [CR4, 0x20]));
    expect(done.report.differences).toEqual([]);
    expect(result(done, 'vcpu/0/sregs')?.adapted).toBeUndefined();
  });

  test('lose the PDPTEs of PAE paging, which is said and found', () => {
    const sregs = struct(320, [CR4, 0x20], [FLAGS, 1], [288, 5]);
    const done = moved((from) => void from.structs.set('vcpu0 SREGS2', sregs), { capabilities });
    expect(result(done, 'vcpu/0/sregs')?.adapted?.[0]).toContain('CR3');
    expect(done.report.differences.map(({ word }) => word)).toEqual(['vcpu/0/sregs/flags', 'vcpu/0/sregs/pdptrs[0]']);
  });

  test('keep the old form where the source had no other', () => {
    const done = moved((from) => void from.structs.set('vcpu0 SREGS', struct(312, [CR4, 0x20])), {}, STOP, {
      capabilities,
    });
    expect(done.to.structs.get('vcpu0 SREGS')).toEqual(struct(312, [CR4, 0x20]));
    expect(done.to.structs.has('vcpu0 SREGS2')).toBe(false);
  });
});

describe('pending events for a VM that was not told of payloads', () => {
  const FLAGS = 20;
  const PENDING = 3;
  const VALID_SHADOW = 0x4;
  const VALID_PAYLOAD = 0x10;

  test('go without the flag while nothing is pending', () => {
    const saved = struct(64, [FLAGS, VALID_SHADOW | VALID_PAYLOAD]);
    const done = moved((from) => void from.structs.set('vcpu0 VCPU_EVENTS', saved));
    expect(done.to.structs.get('vcpu0 VCPU_EVENTS')).toEqual(struct(64, [FLAGS, VALID_SHADOW]));
    expect(result(done, 'vcpu/0/events')?.adapted?.[0]).toContain('KVM_VCPUEVENT_VALID_PAYLOAD');
  });

  test('keep it where an exception is pending, and are refused by the kernel', () => {
    const saved = struct(64, [PENDING, 1], [FLAGS, VALID_PAYLOAD]);
    const done = moved((from) => void from.structs.set('vcpu0 VCPU_EVENTS', saved));
    expect(done.to.structs.get('vcpu0 VCPU_EVENTS')).toEqual(saved);
  });
});

describe('nested state for a kernel without the call', () => {
  const capabilities = without(NESTED_STATE);
  const svm = (flags: number): Uint8Array => struct(128, [1, flags], [2, 1], [4, 128]);
  const GIF_SET = 1;

  test('is nothing where the guest has not turned it on', () => {
    const done = moved((from) => void from.structs.set('vcpu0 NESTED_STATE', svm(GIF_SET)), { capabilities });
    expect(firstRefusal(done.report)).toBeNull();
    expect(result(done, 'vcpu/0/nested')?.adapted).toHaveLength(1);
    expect(done.report.differences).toEqual([]);
  });

  test('is refused where it is in use', () => {
    const vmx = struct(128, [4, 128], [8, 0x10]);
    const done = moved((from) => void from.structs.set('vcpu0 NESTED_STATE', vmx), { capabilities });
    expect(firstRefusal(done.report)).toMatchObject({ unit: 'vcpu/0/nested', result: { errno: 'ENOTTY' } });
  });
});

describe('time stamp counters', () => {
  const prepare = (from: FakeMachine): void => {
    from.msrs.set('vcpu0 0x10', 100n);
    from.msrs.set('vcpu1 0x10', 101n);
  };

  test('that are equal come to a kernel that cannot be told what lies between them', () => {
    const done = moved(prepare, { vcpus: 2, tscOffset: false }, STOP, { vcpus: 2 });
    expect(firstRefusal(done.report)).toBeNull();
    expect(done.report.differences).toEqual([]);
    expect(result(done, 'vm/tsc-offsets')?.adapted).toHaveLength(1);
  });

  test('are saved without what lies between them by a kernel that does not know', () => {
    const { state } = moved(prepare, { vcpus: 2 }, STOP, { vcpus: 2, tscOffset: false });
    expect(state.units.map(({ name }) => name)).not.toContain('vm/tsc-offsets');
  });

  test('keep what lies between them, whatever the offsets to the hosts are', () => {
    const from = fakeMachine({ ...BASE, vcpus: 2 });
    const [first, second] = from.machine.vcpus;
    const set = (machine: FakeMachine, id: number, value: bigint): void => {
      machine.host.scratch.view.setBigUint64(0, value, true);
      const fd = machine.machine.vcpus[id]?.fd;
      const attribute = { group: 0, attr: 0n, addr: machine.host.scratch.address };
      valueOf(fd?.struct(KVM_SET_DEVICE_ATTR, attribute) ?? { ok: false, error: 'no vCPU' });
    };
    expect([first, second].every((vcpu) => vcpu !== undefined)).toBe(true);
    set(from, 0, 1000n);
    set(from, 1, 990n);
    const state = valueOf(saveX86State(from.host, from.machine));
    const to = fakeMachine({ ...BASE, vcpus: 2 });
    set(to, 0, 5n);
    expect(restoreX86State(to.host, to.machine, state, STOP).differences).toEqual([]);
    const again = valueOf(saveX86State(to.host, to.machine));
    const between = (saved: SavedState) => saved.units.find(({ name }) => name === 'vm/tsc-offsets')?.data;
    expect(between(again)).toEqual(between(state));
    expect(between(state)).toEqual({ kind: 'registers', registers: [{ id: '0x1', value: '0xfffffffffffffff6' }] });
  });
});

describe('the XSAVE area', () => {
  const XSTATE_BV = 512;
  const AVX = 2;
  const PKRU = 9;
  const intel = new Map<number, readonly [number, number]>([
    [AVX, [576, 256]],
    [PKRU, [2688, 8]],
  ]);
  const amd = new Map<number, readonly [number, number]>([
    [AVX, [576, 256]],
    [PKRU, [832, 8]],
  ]);

  test('is laid out anew for a host whose components lie elsewhere', () => {
    const area = struct(4096, [XSTATE_BV + 1, 2], [2688, 0x55], [600, 0x77]);
    const done = moved((from) => void from.structs.set('vcpu0 XSAVE', area), { components: amd }, STOP, {
      components: intel,
    });
    expect(done.to.structs.get('vcpu0 XSAVE')).toEqual(struct(4096, [XSTATE_BV + 1, 2], [832, 0x55], [600, 0x77]));
    expect(done.report.differences.map(({ word }) => word)).toEqual(['xsave/xfeature 9']);
  });

  test('with a component in use that the host has no place for is refused, and the component named', () => {
    const area = struct(4096, [XSTATE_BV + 1, 2], [2688, 0x55]);
    const done = moved(
      (from) => void from.structs.set('vcpu0 XSAVE', area),
      { components: new Map([[AVX, [576, 256]]]) },
      STOP,
      { components: intel },
    );
    expect(firstRefusal(done.report)).toMatchObject({ unit: 'vcpu/0/xsave' });
    expect(JSON.stringify(firstRefusal(done.report))).toContain('xfeatures 9');
  });

  test('with a component that nobody uses comes to a host without it', () => {
    const done = moved(
      (from) => void from.structs.set('vcpu0 XSAVE', struct(4096, [2688, 0x55])),
      { components: new Map([[AVX, [576, 256]]]) },
      STOP,
      { components: intel },
    );
    expect(firstRefusal(done.report)).toBeNull();
  });
});
