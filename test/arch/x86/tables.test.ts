/** The tables against the kernel's own lists and against machines that were measured. */
import { describe, expect, test } from 'vitest';
import { measure, registry } from '../../../src/arch/x86/index.ts';
import { msrWord } from '../../../src/arch/x86/msr-names.ts';
import { CAPABILITY_ROWS, FOREIGN_CAPABILITY } from '../../../src/arch/x86/tables/capabilities.ts';
import { FEATURE_MSRS } from '../../../src/arch/x86/tables/msr-fields.ts';
import { SAVED_MSRS } from '../../../src/arch/x86/tables/saved-msrs.ts';
import { STATE_MSRS } from '../../../src/arch/x86/tables/state-msrs.ts';
import { VMX_MSRS } from '../../../src/arch/x86/tables/vmx-msrs.ts';
import { CAPABILITY_NAMES } from '../../../src/kvm/capabilities.ts';
import { recordedSurfaces } from './surfaces.ts';

const stateIndexes = STATE_MSRS.flatMap(({ first, last = first }) =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at),
);
const featureIndexes = FEATURE_MSRS.map(({ index }) => index);

describe('MSRs', () => {
  test('that any kernel may save are a row, each of one table', () => {
    const indexes = [...stateIndexes, ...featureIndexes];
    expect(new Set(indexes).size).toBe(indexes.length);
    expect(SAVED_MSRS.filter((index) => !indexes.includes(index)).map(msrWord)).toEqual([]);
  });

  test('have a neutral value that a vCPU has which has run nothing', () => {
    const recorded = recordedSurfaces();
    expect(recorded.length).toBeGreaterThan(0);
    for (const { name, surface } of recorded) {
      for (const { path, value } of measure(surface).words.values()) {
        const neutral = registry.neutral(path);
        if (registry.area(path) !== 'msr' || neutral === null || value === null) continue;
        expect(value, `${name} ${path}`).toBe(neutral);
      }
    }
  });
});

describe('VMX controls', () => {
  test('that a destination forces are a loss, those that it offers none', () => {
    for (const { index, lowRest } of VMX_MSRS) {
      if (lowRest === undefined) continue;
      for (const { path, shift, comparison } of registry.elements(msrWord(index), 64)) {
        expect(comparison, path).toBe(shift < 32 ? 'higher-safe' : 'subset');
      }
    }
  });

  test('are named alike in both halves', () => {
    for (const { index, lowRest } of VMX_MSRS) {
      if (lowRest === undefined) continue;
      const named = registry.elements(msrWord(index), 64).filter((element) => element.named);
      const names = (low: boolean): string[] =>
        named.filter(({ shift }) => shift < 32 === low).map(({ path }) => path.replace(/^.*\/(must|may)_/, ''));
      expect(names(true), msrWord(index)).toEqual(names(false));
    }
  });
});

describe('capabilities', () => {
  test('of x86 are a row each, and no row is of none', () => {
    const names = Object.values(CAPABILITY_NAMES);
    const missing = names.filter((name) => !FOREIGN_CAPABILITY.test(name) && !CAPABILITY_ROWS.has(name));
    expect(missing).toEqual([]);
    expect([...CAPABILITY_ROWS.keys()].filter((name) => !names.includes(name))).toEqual([]);
  });

  test('are no promise: two hosts that differ in them alone show a guest the same', () => {
    for (const name of CAPABILITY_ROWS.keys()) {
      expect(registry.elements(`capability/${name}`, 64).map(({ kind }) => kind)).toEqual(['derived']);
    }
  });
});
