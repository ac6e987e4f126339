import { describe, expect, test } from 'vitest';
import type {
  FirmwareSection,
  GicSection,
  IdRegistersSection,
  StateSection,
  VcpusSection,
} from '../../../src/arch/arm64/sections.ts';
import { openKvm, openScratch } from '../../../src/kvm/index.ts';
import type { Json, Section } from '../../../src/model/index.ts';
import type { Step } from '../../../src/probe/step.ts';
import { ARM64_STEPS } from '../../../src/probe/steps/arm64/index.ts';
import { anything, EINVAL, fakeKvm, ignores, onlySame } from './fake-kvm.ts';
import type { FakeHost, FakeKvm, FakeRegister } from './fake-kvm.ts';

const PFR0 = 0x6030_0000_0013_c020n;
const DFR0 = 0x6030_0000_0013_c028n;
const MIDR = 0x6030_0000_0013_c000n;
const X0 = 0x6030_0000_0010_0000n;
const COUNTER = 0x6030_0000_0013_df1an;
const PSCI = 0x6030_0000_0014_0000n;
const WORKAROUND_1 = 0x6030_0000_0014_0001n;
const STD_BMAP = 0x6030_0000_0016_0000n;
const PMCR = 0x6030_0000_0013_dce0n;
const PMU_BIT = 1 << 3;

/** ID_AA64PFR0_EL1 whose EL3 field (15:12) may be lowered, and nothing else. */
const lowerEl3: FakeRegister = {
  value: 0x1111n,
  write: (written, now) =>
    ((written ^ 0x1111n) & ~0xf000n) === 0n && ((written >> 12n) & 0xfn) <= 1n
      ? { reads: written }
      : onlySame(written, now),
};

/** The revision that kernels from 5.19 to early 2026 had: a write of 2 is accepted, and 3 still reads. */
const deafIidr: FakeRegister = {
  value: 0x4b00_343bn,
  write: (written, now) =>
    ((written ^ now) & ~0xf000n) === 0n && [2n, 3n].includes((written >> 12n) & 0xfn)
      ? { reads: now }
      : { errno: EINVAL },
};

function host(changes: Partial<FakeHost> = {}): FakeHost {
  const registers: ReadonlyMap<bigint, FakeRegister> = new Map([
    [MIDR, { value: 0x410f_d0c1n, write: onlySame }],
    [PFR0, lowerEl3],
    [DFR0, { value: 0x6n, write: ignores }],
    [X0, { value: 0n, write: anything }],
    [COUNTER, { value: 0x1234n, write: (written) => ({ reads: written + 5n }) }],
    [PSCI, { value: 0x1_0001n, write: (written) => (written <= 0x1_0001n ? { reads: written } : { errno: EINVAL }) }],
    [WORKAROUND_1, { value: 2n, write: (written, now) => (written <= 2n ? { reads: now } : { errno: EINVAL }) }],
    [STD_BMAP, { value: 1n, write: (written) => (written <= 1n ? { reads: written } : { errno: EINVAL }) }],
    [PMCR, { value: 0x3000n, write: anything, features: PMU_BIT }],
  ]);
  return {
    capabilities: new Map([
      [126, 1],
      [165, 48],
      [230, 1],
    ]),
    registers,
    devices: new Set([7]),
    attributes: new Map([
      ['1:4', { value: 0x48_0007n, write: ignores }],
      ['1:8', deafIidr],
    ]),
    features: (1 << 2) | PMU_BIT,
    masks: new Map([[0x20, 0xf000n]]),
    ...changes,
  };
}

function run(name: string, on: FakeHost = host()): { readonly section: Section; readonly kvm: FakeKvm } {
  const fake = fakeKvm(on);
  const step = ARM64_STEPS.find((candidate) => candidate.name === name);
  if (step === undefined) throw new Error(`there is no step ${name}`);
  return { section: execute(step, fake), kvm: fake };
}

function execute(step: Step, fake: FakeKvm): Section {
  const kvm = openKvm(fake.libc);
  const scratch = openScratch(fake.libc);
  if (!kvm.ok || !scratch.ok) throw new Error('the fake must open');
  using fd = kvm.value;
  return step.run({ libc: fake.libc, kvm: fd, scratch: scratch.value, note: () => undefined });
}

/** The data of a section that was measured, as the step's own type. */
function data<Data>(section: Section): Data {
  if (section.outcome !== 'measured') throw new Error(JSON.stringify(section));
  const value: Json = section.data;
  return value as Data;
}

describe('the arm64 probe', () => {
  test.each(ARM64_STEPS.map(({ name }) => name))('%s closes every VM, vCPU and device that it opened', (name) => {
    expect(run(name).kvm.open()).toBe(0);
  });

  // What may still be set after a first run can only be learnt by one.
  const RUNS: ReadonlySet<string> = new Set(['ordering']);

  test.each(ARM64_STEPS.map(({ name }) => name))('%s runs no vCPU, unless that is its question', (name) => {
    const { kvm } = run(name);
    expect(kvm.calls.has('KVM_RUN')).toBe(RUNS.has(name));
    expect(kvm.calls.size).toBeGreaterThan(0);
  });

  test.each(ARM64_STEPS.map(({ name }) => name))(
    '%s gives a section, not an exception, where KVM refuses vCPUs',
    (name) => {
      const { section, kvm } = run(name, host({ features: 0, devices: new Set() }));
      expect(['measured', 'absent', 'failed']).toContain(section.outcome);
      expect(kvm.open()).toBe(0);
    },
  );

  test('a register list longer than expected is fetched whole', () => {
    const many = new Map(host().registers);
    for (let n = 0; n < 900; n++) many.set(0x6030_0000_0013_8000n + BigInt(n), { value: 0n, write: anything });
    const { combinations } = data<VcpusSection>(run('vcpus', host({ registers: many })).section);
    const [first] = combinations;
    expect(first !== undefined && 'registers' in first && first.registers.length).toBe(many.size - 1);
  });

  test('a second combination is told as its difference to the first', () => {
    const { combinations } = data<VcpusSection>(run('vcpus').section);
    expect(combinations.find(({ name }) => name === 'psci+pmu')).toMatchObject({
      base: 'psci',
      added: [['0x603000000013dce0', '0x3000']],
      removed: [],
      changed: [],
    });
    expect(combinations.find(({ name }) => name === 'psci+sve')).toMatchObject({
      outcome: 'absent',
      capability: 'KVM_CAP_ARM_SVE',
    });
  });
});

describe('ID registers', () => {
  const section = (): IdRegistersSection => data(run('id-registers').section);

  test('a field that can be lowered is told with exactly the values that read back', () => {
    const pfr0 = section().registers.find(({ id }) => BigInt(id) === PFR0);
    expect(pfr0?.same).toBe('taken');
    expect(pfr0?.fields).toEqual([{ shift: 12, width: 4, taken: [0], refused: { EINVAL: 'others' } }]);
    expect(pfr0?.fixed['EINVAL']).toContain('0:4');
  });

  test('a write that is accepted and does nothing is not called taken', () => {
    const dfr0 = section().registers.find(({ id }) => BigInt(id) === DFR0);
    expect(dfr0?.fields.every(({ taken, ignored }) => taken.length === 0 && (ignored?.length ?? 0) > 0)).toBe(true);
  });

  test('a write that is ignored after one that was taken is told as ignored', () => {
    // As PMCR_EL0.N: fewer counters are taken, more than the host has leave what was there.
    const counters: FakeRegister = {
      value: 0x3000n,
      write: (written, now) => ({ reads: ((written >> 11n) & 0x1fn) <= 6n ? written : now }),
      features: PMU_BIT,
    };
    const registers = new Map(host().registers).set(PMCR, counters);
    const tried = data<IdRegistersSection>(run('id-registers', host({ registers })).section);
    const pmcr = tried.registers.find(({ id }) => BigInt(id) === PMCR);
    const n = pmcr?.fields.find(({ shift }) => shift === 11);
    expect(n?.taken).toEqual([0, 1, 2, 3, 4, 5]);
    expect(n?.ignored?.length).toBe(25);
    expect(n?.changed).toBeUndefined();
  });

  test('the default is put back after every field', () => {
    const pfr0 = section().registers.find(({ id }) => BigInt(id) === PFR0);
    expect(pfr0?.value).toBe('0x1111');
    // Were EL3 left at 0, every later field's write would differ from the default in two fields.
    expect(Object.keys(pfr0?.fixed ?? {})).toEqual(['EINVAL']);
  });

  test('writable masks are kept by register, and their absence is told with the reason', () => {
    expect(section().declared).toEqual({ ranges: '0x1', masks: [['0x603000000013c020', '0xf000']] });
    const without = data<IdRegistersSection>(run('id-registers', host({ masks: null })).section);
    expect(without.declared).toEqual({ absent: 'KVM_ARM_GET_REG_WRITABLE_MASKS: ENOTTY' });
  });
});

describe('state, firmware and interrupt controllers', () => {
  test('a register that takes every bit is free, one that moves on its own is not', () => {
    const { free, limited } = data<StateSection>(run('state').section);
    expect(free).toContain('0x6030000000100000');
    expect(limited.map(([id]) => id)).toContain('0x603000000013df1a');
  });

  test('a firmware level below the default is accepted and ignored, one above refused', () => {
    const { registers } = data<FirmwareSection>(run('firmware').section);
    const outcomes = registers.find(({ id }) => BigInt(id) === WORKAROUND_1)?.trials;
    expect(outcomes).toEqual([
      { wrote: '0x2', outcome: 'taken' },
      { wrote: '0x0', outcome: 'ignored' },
      { wrote: '0x1', outcome: 'ignored' },
      { wrote: '0x3', outcome: 'EINVAL' },
    ]);
  });

  test('a GICD_IIDR revision that is accepted without effect is recorded as ignored', () => {
    const { registers } = data<GicSection>(run('vgic-v3').section);
    const iidr = registers.find(({ name }) => name === 'GICD_IIDR');
    expect(iidr?.before).toBe('EBUSY');
    expect(iidr?.trials).toContainEqual({ wrote: '0x4b00243b', outcome: 'ignored' });
    expect(iidr?.trials).toContainEqual({ wrote: '0x4b00143b', outcome: 'EINVAL' });
  });

  test('a host without a vGICv2 says so', () => {
    expect(run('vgic-v2').section).toMatchObject({ outcome: 'absent' });
  });
});
