/**
 * The three eras of KVM's XSAVE interface. Every recorded kernel is of the third (late stable kernels carry its
 * backports), so the others are recordings whose measured section is altered here, as the kernels of those eras would
 * have answered.
 */
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import type { XsaveData } from '../../../src/arch/x86/sections.ts';
import { check, pin } from '../../../src/engine/index.ts';
import type { CheckOptions } from '../../../src/engine/index.ts';
import type { Contract, Reason, Surface } from '../../../src/model/index.ts';
import { recordedSurfaces } from './surfaces.ts';

const registry = registryFor('x86_64');
const found = recordedSurfaces().find(({ name }) => name.endsWith('max/debian-6.12.json'));
if (found === undefined) throw new Error('there is no recording of 6.12');
const recording = found.surface;

const section = recording.sections['xsave'];
if (section?.outcome !== 'measured') throw new Error('XSAVE was not measured');
// A recording of this repository, which the tests of its shape hold against `XsaveData`.
const measured = section.data as XsaveData;
/** As recorded: what a guest was not given is taken by KVM_SET_XSAVE and left out by KVM_GET_XSAVE. */
const { ungiven } = measured;
if (ungiven === null) throw new Error('no component was tried');

function altered(part: Partial<XsaveData>, id: string): Surface {
  const data: XsaveData = { ...measured, ...part };
  const sections = { ...recording.sections, xsave: { outcome: 'measured', data } } as const;
  return { ...recording, sections, fingerprint: `sha256:${id.repeat(64)}` };
}

/** Up to 5.15: KVM_GET_XSAVE gives the host's components, KVM_SET_XSAVE takes them. */
const first = altered({ ungiven: { ...ungiven, outcome: 'accepted', reads: ungiven.wrote } }, '1');
/** 5.16 to 6.5: KVM_SET_XSAVE refuses what the guest was not given. */
const second = altered({ ungiven: { ...ungiven, outcome: 'EINVAL', reads: ungiven.guest } }, '2');
const third = recording;

function contractOf(surface: Surface): Contract {
  const pinned = pin(registry, [measure(surface)], { name: '', hosts: [''] });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return pinned.value;
}

function reasons(from: Surface, to: Surface, options: CheckOptions = {}): readonly Reason[] {
  return check(registry, contractOf(from), measure(to), options).reasons.filter(({ area }) => area === 'xsave');
}

test('the recordings are of the third era', () => {
  const eras = recordedSurfaces().map(({ surface }) => {
    const { words } = measure(surface);
    return [words.get('xsave/takes-ungiven')?.value, words.get('xsave/gives-ungiven')?.value];
  });
  expect(eras.length).toBeGreaterThan(0);
  expect(new Set(eras.map(String))).toEqual(new Set(['1,0']));
});

describe('components that the guest was not given and the source saves', () => {
  test('are refused by a destination of the second era: the restore that spun vCPUs', () => {
    const [reason, ...others] = reasons(first, second);
    expect(others).toEqual([]);
    expect(reason).toMatchObject({
      element: 'xsave/state/ungiven',
      level: 'refused',
      rule: 'state-missing',
      cause: { how: 'refused', call: 'KVM_SET_XSAVE', errno: 'EINVAL' },
      evidence: { pointer: '/sections/xsave/data/ungiven/outcome' },
    });
    expect(reason?.text).toContain(
      "gave xfeatures that the guest's CPUID does not have; KVM_SET_XSAVE fails with EINVAL",
    );
  });

  test('do no harm to a guest that has none in its state', () => {
    expect(reasons(first, second, { values: { 'xsave/state/ungiven': 0n } })).toEqual([]);
  });

  test('are taken by the first and the third era', () => {
    expect(reasons(first, first)).toEqual([]);
    expect(reasons(first, third)).toEqual([]);
  });

  test('are not saved by the second and the third era', () => {
    expect(contractOf(first).carries).toContain('xsave/state/ungiven');
    for (const from of [second, third]) {
      expect(contractOf(from).carries).not.toContain('xsave/state/ungiven');
      for (const to of [first, second, third]) expect(reasons(from, to)).toEqual([]);
    }
  });
});

describe('a component that the destination does not have', () => {
  /** The recording without a component in the table that KVM supports. */
  function without(bit: bigint, unknown: string): Surface {
    const surface = altered({ unknown: { wrote: '0x4000000000000003', outcome: unknown } }, '4');
    const cpuid = surface.sections['cpuid'];
    if (cpuid?.outcome !== 'measured') throw new Error('CPUID was not measured');
    const text = JSON.stringify(cpuid.data, (_, value: unknown) => {
      if (typeof value !== 'object' || value === null || !('leaf' in value) || !('eax' in value)) return value;
      if (value.leaf !== '0xd' || !('subleaf' in value) || value.subleaf !== '0x0') return value;
      return { ...value, eax: `0x${(BigInt(String(value.eax)) & ~bit).toString(16)}` };
    });
    const changed = { ...cpuid, data: JSON.parse(text) as typeof cpuid.data };
    return { ...surface, sections: { ...surface.sections, cpuid: changed } };
  }
  const PKRU = 1n << 9n;

  test('is refused where KVM_SET_XSAVE was seen to refuse one that no CPU has, and its CPUID is not shown either', () => {
    const to = without(PKRU, 'EINVAL');
    expect(reasons(third, to)).toMatchObject([{ element: 'xsave/state/pkru', level: 'refused' }]);
    const all = check(registry, contractOf(third), measure(to)).reasons.map(({ element }) => element);
    expect(all.some((element) => element.startsWith('cpuid/0xd:0/eax/'))).toBe(true);
  });

  test('is lost where KVM_SET_XSAVE takes anything, and harmless in its initial state', () => {
    const to = without(PKRU, 'accepted');
    expect(reasons(third, to)).toMatchObject([{ element: 'xsave/state/pkru', level: 'lost' }]);
    expect(reasons(third, to, { values: { 'xsave/state/pkru': 0n } })).toEqual([]);
  });

  test('is harmless to a guest whose CPUID does not have it', () => {
    const settings = new Map([['cpuid/0xd:0/eax/xcr0_pkru', 0n]]);
    const pinned = pin(registry, [measure(third)], { name: '', hosts: [''], settings });
    if (!pinned.ok) throw new Error(pinned.error.message);
    const { reasons: found } = check(registry, pinned.value, measure(without(PKRU, 'EINVAL')));
    expect(found.filter(({ area }) => area === 'xsave')).toEqual([]);
  });
});
