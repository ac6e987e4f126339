/** The rate of the time stamp counter as a promise. The recordings are of CPUs that cannot scale it. */
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import type { TscData } from '../../../src/arch/x86/sections.ts';
import { check, diff, pin } from '../../../src/engine/index.ts';
import type { Reason, Surface } from '../../../src/model/index.ts';
import { recordedSurfaces } from './surfaces.ts';

const registry = registryFor('x86_64');
const found = recordedSurfaces().find(({ name }) => name.endsWith('max/debian-6.12.json'));
if (found === undefined) throw new Error('there is no recording of 6.12');
const recording = found.surface;

/** The recording with another rate; with `control` as a CPU that scales, whose kernel took half and twice the rate. */
function at(khz: number, control: 0 | 1 = 0): Surface {
  const data: TscData = {
    control,
    vmControl: control,
    khz,
    trials: [
      { factor: '1/2', wrote: khz / 2, outcome: control === 1 ? 'taken' : 'EINVAL', reads: khz / 2 },
      { factor: '2', wrote: khz * 2, outcome: 'taken', reads: khz * 2 },
    ],
  };
  const sections = { ...recording.sections, tsc: { outcome: 'measured', data } } as const;
  return { ...recording, sections, fingerprint: `sha256:${String(khz + control).padStart(64, '0')}` };
}

function reasons(from: Surface, to: Surface): readonly Reason[] {
  const pinned = pin(registry, [measure(from)], { name: '', hosts: [''] });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return check(registry, pinned.value, measure(to)).reasons;
}

const GHZ_2 = 2_000_000;

describe('a rate that differs by no more than KVM tolerates (250 ppm)', () => {
  test('is the same, and no difference between surfaces', () => {
    expect(reasons(at(GHZ_2), at(GHZ_2 + 500))).toEqual([]);
    expect(diff(registry, measure(at(GHZ_2)), measure(at(GHZ_2 - 400)))).toEqual([]);
  });

  test('has a common machine, also where nothing scales', () => {
    const pool = pin(
      registry,
      [at(GHZ_2), at(GHZ_2 + 300)].map((surface) => measure(surface)),
      { name: '', hosts: [] },
    );
    expect(pool.ok).toBe(true);
  });
});

describe('another rate', () => {
  test('is silent where KVM takes a higher one that the CPU cannot run at, and refused where it is lower', () => {
    expect(reasons(at(GHZ_2 * 1.5), at(GHZ_2))).toMatchObject([
      { element: 'tsc/khz', level: 'silent', cause: { how: 'ignored', call: 'KVM_SET_TSC_KHZ' } },
    ]);
    expect(reasons(at(GHZ_2), at(GHZ_2 * 1.5))).toMatchObject([
      { element: 'tsc/khz', level: 'refused', cause: { how: 'refused', errno: 'EINVAL' } },
    ]);
  });

  test('is selectable where the CPU scales, up to what was tried', () => {
    expect(reasons(at(GHZ_2 * 1.5), at(GHZ_2, 1))).toMatchObject([
      { element: 'tsc/khz', level: 'selectable', setting: { call: 'KVM_SET_TSC_KHZ', value: '0x2dc6c0' } },
    ]);
    const far = reasons(at(GHZ_2 * 3), at(GHZ_2, 1));
    expect(far).toMatchObject([{ element: 'tsc/khz', level: 'unknown' }]);
    expect(far[0]?.text).toContain('only half and twice');
  });

  test('leaves a pool of hosts that cannot scale without a common machine, unless the guest does not depend on it', () => {
    const surfaces = [at(GHZ_2), at(GHZ_2 * 1.5)].map((surface) => measure(surface));
    const pool = pin(registry, surfaces, { name: '', hosts: [], names: ['slow', 'fast'] });
    expect(pool.ok ? [] : pool.error.conflicts.map(({ element }) => element)).toEqual(['tsc/khz']);
    expect(pin(registry, surfaces, { name: '', hosts: [], except: ['tsc/khz'] }).ok).toBe(true);
  });
});
