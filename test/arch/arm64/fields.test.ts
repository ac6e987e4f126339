import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementsOf } from '../../../src/arch/arm64/elements.ts';
import { registerFields } from '../../../src/arch/arm64/fields.ts';
import { sysregId } from '../../../src/arch/arm64/ids.ts';
import { registry } from '../../../src/arch/arm64/index.ts';
import { idOf, widthOf, wordOf } from '../../../src/arch/arm64/names.ts';
import { PROMISES } from '../../../src/arch/arm64/promises.ts';
import { ID_FIELDS } from '../../../src/arch/arm64/tables/id-fields.ts';
import { SYSTEM_REGISTERS } from '../../../src/arch/arm64/tables/system-registers.ts';
import { GIC_REGISTERS } from '../../../src/arch/arm64/vgic.ts';
import { fieldMask } from '../../../src/model/index.ts';
import type { Element } from '../../../src/model/index.ts';

const encoding = fc.integer({ min: 0x8000, max: 0xffff });

/** Each bit once: no two masks overlap, and together they are the word. */
function coversOnce(fields: readonly { readonly shift: number; readonly width: number }[], width: number): boolean {
  let covered = 0n;
  for (const field of fields) {
    const mask = fieldMask(field);
    if ((covered & mask) !== 0n) return false;
    covered |= mask;
  }
  return covered === (1n << BigInt(width)) - 1n;
}

describe('fields and elements', () => {
  test('the fields of any system register cover it, each bit once', () => {
    fc.assert(fc.property(encoding, (code) => coversOnce(registerFields(sysregId(code), 64), 64)));
  });

  test('the elements of every named register cover it, each bit once, in order, with paths of their own', () => {
    for (const name of Object.keys(SYSTEM_REGISTERS)) {
      const word = `reg/${name}`;
      const id = idOf(word);
      if (id === null) continue;
      const elements = elementsOf(word, widthOf(id));
      expect(coversOnce(elements, widthOf(id)), word).toBe(true);
      expect(new Set(elements.map(({ path }) => path)).size, word).toBe(elements.length);
      expect(elements.map(({ shift }) => shift)).toEqual(elements.map(({ shift }) => shift).toSorted((a, b) => a - b));
    }
  });

  test('so do those of interrupt controllers, vector lengths, caches and what is no register', () => {
    const words: [string, number][] = [
      ...GIC_REGISTERS.map(({ device, name, width }): [string, number] => [`vgic/${device}/${name}`, width]),
      ...PROMISES.map(({ word }): [string, number] => [word, 32]),
      ['sve/vector-lengths', 512],
      ['cache/CCSIDR/L1D', 32],
      ['reg/KVM_REG_ARM_STD_BMAP', 64],
      ['reg/KVM_REG_ARM_PSCI_VERSION', 64],
      ['reg/0x603000000013ffff', 64],
    ];
    for (const [word, width] of words) expect(coversOnce(elementsOf(word, width), width), word).toBe(true);
  });

  test('unnamed bits of an ID register are cut at nibbles and ordered as numbers', () => {
    const unnamed = elementsOf('reg/ID_AA64PFR0_EL1', 64).filter(({ named }) => !named);
    for (const { shift, width, comparison, signed } of elementsOf('reg/0x603000000013c03f', 64)) {
      expect([shift % 4, width, comparison, signed]).toEqual([0, 4, 'lower-safe', false]);
    }
    expect(unnamed.every(({ comparison }) => comparison === 'lower-safe' || comparison === 'subset')).toBe(true);
  });

  const find = (path: string): Element | undefined => {
    const word = path.split('/').slice(0, 2).join('/');
    return elementsOf(word, 64).find((element) => element.path === path);
  };

  test('the advanced SIMD and floating point fields are signed: 0xf is less than 0', () => {
    expect(find('reg/ID_AA64PFR0_EL1/FP')?.signed).toBe(true);
    expect(find('reg/ID_AA64PFR0_EL1/AdvSIMD')?.signed).toBe(true);
    expect(find('reg/ID_AA64PFR0_EL1/EL3')?.signed).toBe(false);
  });

  test('what KVM orders otherwise than its host does is ordered as KVM does', () => {
    expect(find('reg/ID_AA64DFR0_EL1/PMUVer')?.comparison).toBe('lower-safe');
    expect(find('reg/ID_AA64ISAR1_EL1/APA')?.comparison).toBe('exact');
    expect(find('reg/CTR_EL0/CWG')?.comparison).toBe('higher-or-zero');
  });

  test('MPIDR is topology, X0 is state, and of PMCR_EL0 only the counters are promised', () => {
    expect(elementsOf('reg/MPIDR_EL1', 64).map(({ kind }) => kind)).toEqual(['topology']);
    expect(elementsOf('reg/X0', 64).map(({ kind }) => kind)).toEqual(['state']);
    const promised = elementsOf('reg/PMCR_EL0', 64).filter(({ kind }) => kind !== 'state');
    expect(promised.map(({ path }) => path.split('/')[2])).toEqual(['N', 'IDCODE', 'IMP']);
  });
});

describe('names', () => {
  test('canonical is idempotent, and knows a register by its KVM id', () => {
    fc.assert(
      fc.property(encoding, (code) => {
        const once = registry.canonical(`reg/0x${sysregId(code).toString(16)}`);
        return registry.canonical(once) === once && idOf(once) === sysregId(code);
      }),
    );
    expect(registry.canonical('reg/0x603000000013c020')).toBe('reg/ID_AA64PFR0_EL1');
    expect(registry.canonical('vcpu/SVE')).toBe('vcpu/SVE');
  });

  test('the two timer registers whose ids KVM swapped have the names of what they do', () => {
    expect(wordOf(0x6030_0000_0013_df02n)).toBe('reg/KVM_REG_ARM_TIMER_CVAL');
    expect(wordOf(0x6030_0000_0013_df1an)).toBe('reg/KVM_REG_ARM_TIMER_CNT');
  });

  test('every ID register of the table has an encoding', () => {
    expect(Object.keys(ID_FIELDS).filter((name) => SYSTEM_REGISTERS[name] === undefined)).toEqual([]);
  });
});
