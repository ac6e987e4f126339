import { describe, expect, test } from 'vitest';
import { measure } from '../../../src/arch/index.ts';
import { QEMU_NAMES } from '../../../src/arch/x86/tables/qemu-names.ts';
import { CUSTOM_TRAIT, TRAITS, hostTraits, ownTraits } from '../../../src/interop/openstack/index.ts';
import type { MeasuredSurface } from '../../../src/model/index.ts';
import { recordings } from '../recorded.ts';

const X86 = (await recordings('x86_64')).map(({ surface }) => measure(surface));
const NAMES = new Set(QEMU_NAMES.map(({ libvirt }) => libvirt));

describe('the table of standard traits', () => {
  test('names each trait once, in the form that placement takes', () => {
    expect(new Set(TRAITS.map(({ trait }) => trait)).size).toBe(TRAITS.length);
    for (const { trait } of TRAITS) expect(trait).toMatch(/^HW_CPU_X86_[A-Z0-9_]+$/);
  });

  test('goes by names that libvirt has; nova looks for one that it has not', () => {
    for (const { features } of TRAITS) for (const feature of features) expect(NAMES.has(feature), feature).toBe(true);
    expect(NAMES.has('sse3')).toBe(false);
    expect(TRAITS.find(({ trait }) => trait === 'HW_CPU_X86_SSE3')?.reported).toBe(false);
  });
});

describe('traits of a host', () => {
  test('are there with their features and gone without them', () => {
    let tried = 0;
    for (const measured of X86) {
      const all = keysOf(measured);
      for (const { trait, features, reported } of TRAITS) {
        if (!all.has(trait)) continue;
        expect(reported).toBe(true);
        for (const feature of features) {
          const gone = all.difference(keysOf(without(measured, feature)));
          expect(gone.has(trait), `${trait} without ${feature}`).toBe(true);
          expect(
            [...gone].every((each) => TRAITS.some((row) => row.trait === each && row.features.includes(feature))),
          ).toBe(true);
          tried++;
        }
      }
    }
    expect(tried).toBeGreaterThan(50);
  });

  test('of its own are names that placement leaves to others', () => {
    for (const { fingerprint } of X86) {
      for (const { key } of ownTraits(fingerprint, [])) expect(key).toMatch(CUSTOM_TRAIT);
    }
  });
});

const keysOf = (measured: MeasuredSurface): Set<string> => new Set(hostTraits(measured).expected.map(({ key }) => key));

function without(measured: MeasuredSurface, feature: string): MeasuredSurface {
  const words = new Map(measured.words);
  for (const { word, bit, libvirt } of QEMU_NAMES) {
    const known = words.get(word);
    if (libvirt === feature && known !== undefined && known.value !== null) {
      words.set(word, { ...known, value: known.value & ~(1n << BigInt(bit)) });
    }
  }
  return { ...measured, words };
}
