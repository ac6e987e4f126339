import { describe, expect, test } from 'vitest';
import { defaultChoices, measure, registryFor } from '../../src/arch/index.ts';
import { pin } from '../../src/engine/index.ts';
import { readDocument } from '../../src/format/index.ts';
import { hex } from '../../src/model/index.ts';
import type { Architecture, Contract, MeasuredSurface, SavedState } from '../../src/model/index.ts';
import { decide } from '../../src/snapshot/decision.ts';
import type { Decision } from '../../src/snapshot/decision.ts';
import { carriedValues } from '../../src/snapshot/values.ts';

async function recorded(name: string): Promise<MeasuredSurface> {
  const read = await readDocument(new URL(`../../surfaces/${name}.json`, import.meta.url).pathname);
  if (!read.ok || read.value.kind !== 'surface') throw new Error(name);
  return measure(read.value.surface);
}

function contractOf(architecture: Architecture, surface: MeasuredSurface): Contract {
  const pinned = pin(registryFor(architecture), [surface], {
    name: 'guest',
    hosts: [''],
    names: [''],
    choices: defaultChoices(architecture),
    settings: new Map(),
    except: [],
  });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return pinned.value;
}

/** The guest of a kernel that saves it goes to one that does not offer it (surfaces/arm64/max). */
const TCR2_EL1 = 0x6030_0000_0013_c103n;

function arm64State(value: bigint): SavedState {
  const register = { id: hex(TCR2_EL1), value: hex(value) };
  const data = { kind: 'registers', registers: [register] } as const;
  const unit = (vcpu: number) =>
    ({ name: `vcpu/${vcpu}/registers`, rule: 'arm64/state', call: 'KVM_SET_ONE_REG', data }) as const;
  return { architecture: 'arm64', units: [unit(0)] };
}

async function restoreOn61(value: bigint, accept: readonly string[] = []): Promise<Decision> {
  const source = await recorded('arm64/max/debian-7.2');
  const destination = await recorded('arm64/max/debian-6.1');
  const contract = { ...contractOf('arm64', source), promises: [], carries: ['reg/TCR2_EL1'] };
  const registry = registryFor('arm64');
  return decide({ registry, contract, state: arm64State(value), destination, source: null, accept });
}

describe('a register that the host has not, in saved state', () => {
  test('stands in the way where the guest uses it', async () => {
    const { hindrances, leaveOut } = await restoreOn61(0x10n);
    expect(hindrances.map(({ element, level }) => [element, level])).toEqual([['reg/TCR2_EL1', 'refused']]);
    expect(leaveOut).toEqual([]);
  });

  test('does not where it holds what means "not used"', async () => {
    const { verdict, hindrances } = await restoreOn61(0n);
    expect(hindrances).toEqual([]);
    expect(verdict.reasons.filter(({ word }) => word === 'reg/TCR2_EL1')).toEqual([]);
  });

  test('is left out where that is accepted by its name, and only then', async () => {
    const { hindrances, accepted, leaveOut, idle } = await restoreOn61(0x10n, ['reg/TCR2_EL1']);
    expect({ hindrances, leaveOut, idle }).toEqual({ hindrances: [], leaveOut: ['reg/TCR2_EL1'], idle: [] });
    expect(accepted.map(({ element }) => element)).toEqual(['reg/TCR2_EL1']);
    expect((await restoreOn61(0x10n, ['reg/TCR'])).idle).toEqual(['reg/TCR']);
  });
});

describe('a promised feature that the host has not', () => {
  test('stands in the way; accepted, nothing is planned for it and all else is as promised', async () => {
    const source = await recorded('x86_64/max/debian-6.12');
    const destination = await recorded('x86_64/epyc-milan/debian-6.12');
    const contract = contractOf('x86_64', source);
    const registry = registryFor('x86_64');
    const input = { registry, contract, state: { architecture: 'x86_64', units: [] } as SavedState, destination };
    const refused = decide({ ...input, source: null, accept: [] });
    expect(refused.hindrances.length).toBeGreaterThan(0);
    const names = refused.hindrances.map(({ element }) => element);
    const decision = decide({ ...input, source: null, accept: names });
    expect(decision.hindrances).toEqual([]);
    expect(decision.verdict).toEqual(refused.verdict);
    const bits = (of: Contract): bigint =>
      of.promises.reduce(
        (sum, { mask }) => sum + BigInt([...mask.toString(2)].filter((bit) => bit === '1').length),
        0n,
      );
    expect(bits(decision.planned)).toBeLessThan(bits(contract));
    const others = contract.promises.filter(({ word }) => !refused.hindrances.some((reason) => reason.word === word));
    expect(decision.planned.promises).toEqual(expect.arrayContaining(others));
  });
});

describe('what saved state holds of a contract', () => {
  test('of several vCPUs the value that is in use; of an XSAVE area which components are', () => {
    const area = Buffer.alloc(1024);
    area.writeBigUInt64LE(0b111n, 512);
    const unused = Buffer.alloc(1024);
    const msrs = (value: `0x${string}`) => ({ kind: 'registers', registers: [{ id: '0xda0', value }] }) as const;
    const of = (name: string, rule: string, call: string) => ({ name, rule, call });
    const state: SavedState = {
      architecture: 'x86_64',
      units: [
        { ...of('vcpu/0/msrs', 'x86/msrs', 'KVM_SET_MSRS'), data: msrs('0x0') },
        { ...of('vcpu/1/msrs', 'x86/msrs', 'KVM_SET_MSRS'), data: msrs('0x100') },
        {
          ...of('vcpu/0/xsave', 'x86/xsave', 'KVM_SET_XSAVE'),
          data: { kind: 'bytes', base64: unused.toString('base64') },
        },
        {
          ...of('vcpu/1/xsave', 'x86/xsave', 'KVM_SET_XSAVE'),
          data: { kind: 'bytes', base64: area.toString('base64') },
        },
      ],
    };
    const carries = ['msr/MSR_IA32_XSS', 'xsave/state/avx', 'xsave/state/pkru', 'msr/MSR_EFER'];
    const contract: Contract = {
      format: 'evenkeel.contract/1',
      architecture: 'x86_64',
      name: '',
      pinnedFrom: [],
      promises: [],
      carries,
      unknown: [],
      choices: {},
    };
    expect([...carriedValues(registryFor('x86_64'), contract, state)]).toEqual([
      ['msr/MSR_IA32_XSS', 0x100n],
      ['xsave/state/avx', 1n],
      ['xsave/state/pkru', 0n],
    ]);
  });
});
