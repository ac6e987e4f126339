import { describe, expect, test } from 'vitest';
import { readArmMap, readX86Map } from '../../../src/interop/libvirt/index.ts';
import type { X86Map } from '../../../src/interop/libvirt/index.ts';
import { toyMap } from './toy-map.ts';

function x86(directory: string): X86Map {
  const map = readX86Map(directory);
  if (!map.ok) throw new Error(map.error.message);
  return map.value;
}

describe("libvirt's CPU map", () => {
  test('gives a model the features of the one that it begins as, without those that are marked', () => {
    const { models } = x86(toyMap());
    expect(models.get('EPYC-Rome')).toMatchObject({
      vendor: 'AMD',
      features: new Set(['fpu', 'sse2', 'avx2', 'svm', 'erms']),
      added: new Set(['nrip-save']),
      signatures: [{ family: 23, model: 49, steppings: [0, 1, 3] }],
      describesGuests: true,
    });
    expect(models.get('EPYC')?.removed).toEqual(new Set(['monitor']));
    expect(models.get('EPYC-v1')).toMatchObject({ describesGuests: false, signatures: [{ family: 23, model: 1 }] });
  });

  test('says of each feature which bits it is, in CPUID or an MSR', () => {
    const { features } = x86(toyMap());
    expect(features.get('avx2')?.bits).toEqual(new Map([['cpuid/0x7:0/ebx', 0x20n]]));
    expect(features.get('rdctl-no')?.bits).toEqual(new Map([['msr/MSR_IA32_ARCH_CAPABILITIES', 1n]]));
    expect(features.get('invtsc')?.migratable).toBe(false);
  });

  test('of Arm knows features by name and models by part number', () => {
    const map = readArmMap(toyMap());
    expect(map.ok && map.value.models.get('Neoverse-N1')).toEqual({ vendor: 'ARM', part: 0xd0cn });
  });

  test('that is not there is told with the package that has it, and how to name another place', () => {
    const map = readX86Map('/nowhere');
    if (map.ok) throw new Error('there is a map at /nowhere');
    expect(map.error.message).toContain('/nowhere');
    expect(map.error.advice).toMatch(/libvirt0.*EVENKEEL_LIBVIRT_CPU_MAP/s);
  });

  test.each([
    ['an index without the architecture', { 'index.xml': '<cpus/>' }, /index\.xml.*no models of x86/],
    [
      'a file outside of it',
      { 'index.xml': "<cpus><arch name='x86'><include filename='../passwd.xml'/></arch></cpus>" },
      /is no file of the map/,
    ],
    [
      'a file that is missing',
      { 'index.xml': "<cpus><arch name='x86'>\n<include filename='x86_gone.xml'/></arch></cpus>" },
      /line 2: there is no x86_gone\.xml/,
    ],
    [
      'a model that begins as an unknown one',
      { 'x86_models.xml': "<cpus><model name='a'><model name='b'/></model></cpus>" },
      /model a begins as one that is not there/,
    ],
    ['a broken file', { 'x86_models.xml': '<cpus><model' }, /x86_models\.xml, line 1/],
  ])('%s is told with file and line', (_what, changed, message) => {
    const map = readX86Map(toyMap(changed));
    expect(map.ok ? '' : map.error.message).toMatch(message);
  });
});
