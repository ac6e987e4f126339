import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { registry } from '../../../src/arch/x86/index.ts';
import { classify, cpuidElements } from '../../../src/arch/x86/cpuid-elements.ts';
import { msrWord, parseMsrWord } from '../../../src/arch/x86/msr-names.ts';
import { CPUID_REGISTERS, cpuidWord, parseCpuidWord } from '../../../src/arch/x86/paths.ts';
import { CPUID_EXTRA_FIELDS } from '../../../src/arch/x86/tables/cpuid-extra.ts';
import { CPUID_FIELDS } from '../../../src/arch/x86/tables/cpuid-fields.ts';
import { CPUID_KINDS } from '../../../src/arch/x86/tables/cpuid-kinds.ts';
import { FEATURE_MSRS } from '../../../src/arch/x86/tables/msr-fields.ts';
import { HYPERV_FIELDS } from '../../../src/arch/x86/tables/hyperv.ts';
import { MSR_NAMES } from '../../../src/arch/x86/tables/msr-names.ts';
import { LAPIC_REGISTERS, QUIRKS, X2APIC_FLAGS } from '../../../src/arch/x86/tables/words.ts';
import { expectCovered } from './covered.ts';

const leaves = [...new Set([...CPUID_FIELDS, ...CPUID_EXTRA_FIELDS].map(([leaf]) => leaf))];
const cpuidPath = fc
  .record({
    leaf: fc.oneof(fc.constantFrom(...leaves), fc.nat({ max: 0xffff_ffff })),
    subleaf: fc.nat({ max: 64 }),
    register: fc.constantFrom(...CPUID_REGISTERS),
  })
  .map(({ leaf, subleaf, register }) => cpuidWord(leaf, subleaf, register));

/** Every word that a table speaks of, with its width. */
const tabled: readonly (readonly [word: string, width: number])[] = [
  ...FEATURE_MSRS.map(({ index }) => [msrWord(index), 64] as const),
  ...MSR_NAMES.map(([index]) => [msrWord(index), 64] as const),
  ...QUIRKS.map(({ name }) => [`quirk/${name}`, 1] as const),
  ...X2APIC_FLAGS.map(({ name }) => [`x2apic/${name}`, 1] as const),
  ...Object.values(LAPIC_REGISTERS).map((name) => [`lapic/${name}`, 32] as const),
  ['xfeature', 64],
  ...Object.keys(HYPERV_FIELDS).map((word) => [`hyperv/${word}`, 32] as const),
];

describe('elements of a word', () => {
  test('cover every bit of every CPUID register exactly once, known leaf or not', () => {
    fc.assert(fc.property(cpuidPath, (word) => expectCovered(word, 32)));
  });

  test('cover every CPUID register that the table has', () => {
    for (const [leaf, first, last] of [...CPUID_FIELDS, ...CPUID_EXTRA_FIELDS]) {
      for (const subleaf of [first, last]) {
        for (const register of CPUID_REGISTERS) expectCovered(cpuidWord(leaf, subleaf, register), 32);
      }
    }
  });

  test('cover every bit of MSRs, quirks, flags and registers exactly once', () => {
    for (const [word, width] of tabled) expectCovered(word, width);
  });

  test('a bit without a name is compared as a feature', () => {
    const unnamed =
      cpuidElements('cpuid/0x7:0/ecx').find(({ named }) => !named) ?? cpuidElements('cpuid/0x7fff:0/eax')[0];
    expect(unnamed).toMatchObject({ kind: 'feature', comparison: 'subset', width: 1 });
  });
});

describe('the CPUID tables', () => {
  test('classify every field of more than one bit', () => {
    const gaps = [...CPUID_FIELDS, ...CPUID_EXTRA_FIELDS].flatMap(([leaf, first, last, register, , width, name]) =>
      width > 1
        ? [first, last]
            .filter((subleaf) => classify({ leaf, subleaf, register }, name, width) === null)
            .map((subleaf) => `${cpuidWord(leaf, subleaf, register)}/${name}`)
        : [],
    );
    expect(gaps).toEqual([]);
  });

  test('every row of the classification names fields that exist', () => {
    const fields = [...CPUID_FIELDS, ...CPUID_EXTRA_FIELDS];
    for (const row of CPUID_KINDS) {
      if (row.names === 'all' || row.names === undefined) continue;
      for (const name of row.names) {
        const there = fields.some(
          ([leaf, first, last, register, , , field]) =>
            leaf === row.leaf &&
            field === name &&
            (row.register ?? register) === register &&
            (row.subleaf === undefined || (first <= row.subleaf && row.subleaf <= last)),
        );
        expect(there, `0x${row.leaf.toString(16)} ${name}`).toBe(true);
      }
    }
  });

  test('what a guest switches on at run time is no promise', () => {
    const kinds = ['cpuid/0x1:0/ecx', 'cpuid/0x7:0/ecx', 'cpuid/0x1:0/ebx']
      .flatMap((word) => registry.elements(word, 32))
      .filter(({ path }) => /osxsave|ospke|local_apic_id/.test(path))
      .map(({ path, kind }) => [path, kind]);
    expect(kinds).toEqual([
      ['cpuid/0x1:0/ecx/osxsave', 'derived'],
      ['cpuid/0x7:0/ecx/ospke', 'derived'],
      ['cpuid/0x1:0/ebx/local_apic_id', 'derived'],
    ]);
  });
});

describe('paths', () => {
  test('of CPUID words are read back as they were made', () => {
    fc.assert(
      fc.property(cpuidPath, (word) => {
        const name = parseCpuidWord(word);
        expect(name === null ? null : cpuidWord(name.leaf, name.subleaf, name.register)).toBe(word);
      }),
    );
  });

  test('of MSRs are the same by number and by name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...MSR_NAMES.map(([index]) => index)), fc.nat({ max: 0xffff_ffff })),
        (index) => {
          const word = registry.canonical(`msr/0x${index.toString(16)}`);
          expect(registry.canonical(word)).toBe(word);
          expect(parseMsrWord(word)).toBe(index);
        },
      ),
    );
  });
});
