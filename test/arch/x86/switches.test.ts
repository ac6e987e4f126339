import { describe, expect, test } from 'vitest';
import { measure, registry } from '../../../src/arch/x86/index.ts';
import { SWITCHES, argumentOf, switchOperation } from '../../../src/arch/x86/tables/switches.ts';
import type { SwitchTrials } from '../../../src/arch/x86/sections.ts';
import { CAPABILITY_NAMES } from '../../../src/kvm/index.ts';
import { latitude } from '../../../src/model/index.ts';
import type { MeasuredWord } from '../../../src/model/index.ts';
import { fieldLatitude } from '../../../src/engine/field-latitude.ts';
import { recordedSurfaces, surfaceOf } from './surfaces.ts';

function wordOf(row: SwitchTrials): MeasuredWord | undefined {
  const surface = surfaceOf({ switches: { outcome: 'measured', data: { rows: [row] } } }, []);
  return measure(surface).words.get(`switch/${row.name}`);
}

/** Whether a value can be had; null where that is not known. */
function canHave(word: MeasuredWord | undefined, value: bigint): boolean | null {
  if (word === undefined) throw new Error('there is no such word');
  const [element] = registry.elements(word.path, word.width);
  if (element === undefined) throw new Error(`${word.path} has no element`);
  const found = fieldLatitude(element, word, word.value ?? 0n);
  return found.known ? latitude.contains(found.latitude, value) : null;
}

describe('the table of switches', () => {
  test('numbers are those of the capabilities that the rows name', () => {
    for (const { name, number, capability } of SWITCHES) expect(CAPABILITY_NAMES[number], name).toBe(capability);
  });

  test('no value is tried that is the default, and none twice', () => {
    for (const { name, values, neutral } of SWITCHES) {
      expect(new Set([neutral, ...values]).size, name).toBe(values.length + 1);
    }
  });

  test('a value of one bit is asked for with its bit, and not asked for with none', () => {
    const hlt = SWITCHES.find(({ name }) => name === 'DISABLE_EXITS_HLT');
    if (hlt === undefined) throw new Error('DISABLE_EXITS_HLT is gone');
    expect([argumentOf(hlt, 0n), argumentOf(hlt, 1n)]).toEqual([0n, 2n]);
    expect(switchOperation(hlt)).toMatchObject({ capability: 'KVM_CAP_X86_DISABLE_EXITS', bit: 2n });
  });
});

describe('what was tried of a switch', () => {
  const hlt = { name: 'DISABLE_EXITS_HLT', invalid: null } as const;

  test('a call that is taken and announced selects the value', () => {
    const word = wordOf({ ...hlt, announced: '0x2', trials: [{ flags: '0x2', outcome: 'accepted' }] });
    expect(word).toMatchObject({ value: 0n });
    expect([canHave(word, 0n), canHave(word, 1n)]).toEqual([true, true]);
  });

  test('a call that is taken and whose bit the kernel does not announce has no effect', () => {
    const word = wordOf({ ...hlt, announced: '0x4', trials: [{ flags: '0x2', outcome: 'accepted' }] });
    expect(word?.latitude).toMatchObject({
      rejections: [{ values: [1n], rejection: { how: 'ignored', call: 'KVM_ENABLE_CAP' } }],
    });
  });

  test('a call that is refused says with which errno', () => {
    const word = wordOf({ ...hlt, announced: '0x4', trials: [{ flags: '0x2', outcome: 'EINVAL' }] });
    expect(word?.latitude).toMatchObject({
      rejections: [{ values: [1n], rejection: { how: 'refused', errno: 'EINVAL' } }],
    });
  });

  test('a capability that is not there and refuses is no word: the guest has the default', () => {
    expect(wordOf({ ...hlt, announced: '0x0', trials: [{ flags: '0x2', outcome: 'EINVAL' }] })).toBeUndefined();
    expect(registry.neutral('switch/DISABLE_EXITS_HLT')).toBe(0n);
  });

  test('what a guest has without a call is not 0 for all of them', () => {
    expect(registry.neutral('switch/MSR_PLATFORM_INFO')).toBe(1n);
    expect(registry.neutral('switch/APIC_BUS_CYCLES_NS')).toBe(1n);
  });
});

describe('recorded switches', () => {
  const recorded = recordedSurfaces();

  test('every row of the table was tried on every kernel', () => {
    expect(recorded.length).toBeGreaterThan(0);
    for (const { name, surface } of recorded) {
      const section = surface.sections['switches'];
      expect(section, name).toMatchObject({
        outcome: 'measured',
        data: { rows: SWITCHES.map((row) => ({ name: row.name })) },
      });
    }
  });

  test('each that is there shows its default, and the default can be had', () => {
    for (const { name, surface } of recorded) {
      const words = [...measure(surface).words.values()].filter(({ path }) => path.startsWith('switch/'));
      expect(words.length, name).toBeGreaterThan(0);
      for (const word of words) {
        expect(word.value, `${name} ${word.path}`).toBe(registry.neutral(word.path));
        expect(canHave(word, word.value ?? -1n), `${name} ${word.path}`).not.toBe(false);
      }
    }
  });
});
