/** Comparing fingerprints: nothing that differs is passed over, nothing that is equal is told, and directions are kept apart. */
import { describe, expect, test } from 'vitest';
import { compareFingerprints } from '../../../src/interop/firecracker/compare.ts';
import { compareVersions } from '../../../src/interop/firecracker/compare-fields.ts';
import { readFingerprint } from '../../../src/interop/firecracker/index.ts';
import type { FingerprintComparison, Surface } from '../../../src/model/index.ts';
import { dumpOf } from './apply-json.ts';
import { captures, needsCaptures, samePairs } from './captures.ts';

const bits = (value: number, width: number): string => `0b${value.toString(2).padStart(width, '0')}`;

/** A whole fingerprint with leaf 7 and one MSR. */
function made({ ebx = 0x20, flags = 1, msr = 5, kernel = '6.1.0' } = {}): Surface {
  const read = readFingerprint({
    firecracker_version: '1.16.0',
    kernel_version: kernel,
    microcode_version: '0xd000421',
    bios_version: '1.0',
    bios_revision: '1.44',
    guest_cpu_config: {
      cpuid_modifiers: [
        {
          leaf: '0x7',
          subleaf: '0x0',
          flags,
          modifiers: ['eax', 'ebx', 'ecx', 'edx'].map((register) => ({
            register,
            bitmap: bits(register === 'ebx' ? ebx : 0, 32),
          })),
        },
      ],
      msr_modifiers: [{ addr: '0x10a', bitmap: bits(msr, 64) }],
    },
  });
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

const AVX2 = 'cpuid/0x7:0/ebx/avx2';
const levels = ({ elements }: FingerprintComparison, element: string): readonly string[] => {
  const found = elements.find((each) => each.element === element);
  return [found?.there.level ?? 'not told', found?.back.level ?? 'not told'];
};

describe('a comparison of fingerprints', () => {
  test('equal ones differ in nothing', () => {
    expect(compareFingerprints(made(), made())).toMatchObject({
      fields: [],
      elements: [],
      there: 'same',
      back: 'same',
    });
  });

  test('a feature that came is hidden by a template; on the way back nobody knows that it is there', () => {
    expect(levels(compareFingerprints(made({ ebx: 0 }), made()), AVX2)).toEqual(['selectable', 'unknown']);
    expect(levels(compareFingerprints(made(), made({ ebx: 0 })), AVX2)).toEqual(['unknown', 'selectable']);
  });

  test('flags of an entry are told, and hurt nobody', () => {
    const { elements, there, back } = compareFingerprints(made(), made({ flags: 0 }));
    expect(elements.map(({ element, what }) => [element, what])).toEqual([['cpuid/0x7:0/flags', 'flags']]);
    expect([there, back]).toEqual(['same', 'same']);
  });

  test('an older kernel is said to be older', () => {
    const { fields } = compareFingerprints(made(), made({ kernel: '5.10.255' }));
    expect(fields).toMatchObject([{ field: 'kernel_version', prev: '6.1.0', curr: '5.10.255' }]);
    expect(fields[0]?.text).toMatch(/^older/);
  });

  test('only the fields that are asked for are compared', () => {
    const [prev, curr] = [made(), made({ kernel: '6.18.0', ebx: 0 })];
    expect(compareFingerprints(prev, curr, ['kernel_version'])).toMatchObject({ elements: [], there: 'same' });
    expect(compareFingerprints(prev, curr, ['guest_cpu_config']).fields).toEqual([]);
  });

  test.each([
    ['5.10.255-253.1008.amzn2', '6.1.172-216.329.amzn2023', -1],
    ['6.18.30', '6.1.172', 1],
    ['0xd000421', '0xd0003f5', 1],
    ['0x9', '0x10', -1],
    ['1.16.0-dev', '1.16.0-dev', 0],
  ])('versions are ordered by their numbers: %s, %s', (a, b, order) => {
    expect(compareVersions(a, b)).toBe(order);
  });
});

describe('the captures', () => {
  const all = captures();
  const pairs = samePairs(all);

  test.each(pairs)('$name: exactly the registers that differ are told', ({ a, b }) => {
    const [prev, curr] = [dumpOf(a.config), dumpOf(b.config)];
    const differ = [...new Set([...prev.keys(), ...curr.keys()])].filter((name) => prev.get(name) !== curr.get(name));
    const { elements } = compareFingerprints(a.surface, b.surface);
    const told = new Set(elements.filter(({ what }) => what !== 'flags').map(({ word }) => word));
    expect(told.size).toBe(differ.length);
    for (const { there, back } of elements) expect([there.text, back.text]).not.toContain('');
  });

  test.each(pairs)('$name: the other way round it is the same, with directions swapped', ({ a, b }) => {
    const [forth, back] = [compareFingerprints(a.surface, b.surface), compareFingerprints(b.surface, a.surface)];
    expect([back.there, back.back]).toEqual([forth.back, forth.there]);
    expect(new Set(back.elements.map(({ element }) => element))).toEqual(
      new Set(forth.elements.map(({ element }) => element)),
    );
  });

  test('where only the kernel differs and every value is equal, that is all that is told', (context) => {
    needsCaptures(context);
    const [prev, curr] = ['INTEL_CASCADELAKE_6.1', 'INTEL_CASCADELAKE_5.10'].map((name) =>
      all.find((file) => file.name === name),
    );
    if (prev === undefined || curr === undefined) throw new Error('both captures are there');
    const { elements, fields, unknown } = compareFingerprints(prev.surface, curr.surface);
    expect(elements).toEqual([]);
    expect(fields.map(({ field }) => field)).toContain('kernel_version');
    // The move fails in practice, by what no fingerprint holds: that there is such a thing is said.
    expect(unknown.length).toBeGreaterThan(0);
  });
});
