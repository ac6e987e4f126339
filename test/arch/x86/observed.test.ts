/** What a guest read beside what the ioctls of the other steps declare, from sections as the probe writes them. */
import { describe, expect, test } from 'vitest';
import { OBSERVATION_RULES, canonicalSections, observations, registry } from '../../../src/arch/x86/index.ts';
import type { ObservedData } from '../../../src/arch/x86/observed-sections.ts';
import { X86_SHAPES } from '../../../src/arch/x86/sections.ts';
import { BEHAVIOURS } from '../../../src/arch/x86/tables/behaviours.ts';
import { observedAgainstDeclared } from '../../../src/engine/index.ts';
import { BEHAVIOUR_TESTS } from '../../../src/guest/x86/behaviour/index.ts';
import type { Json, Section, Surface } from '../../../src/model/index.ts';
import { probeSections, surfaceOf, whyNoKvm } from './surfaces.ts';

const measured = (data: Json): Section => ({ outcome: 'measured', data });

/** Leaf 1 and a few registers: what a guest under QEMU's TCG read of them on Debian's 6.12. */
const OBSERVED: ObservedData = {
  mode: 'long',
  missing: [],
  cpuid: { leaves: 1, differs: [], asked: 0, beyond: [] },
  xcr0: null,
  msrs: [
    { index: '0x10', value: '0x83db8962' },
    { index: '0x48', fault: '#GP' },
    { index: '0xce', value: '0x80000000' },
    { index: '0x1234', fault: '#GP' },
  ],
  bits: [],
  apic: [{ offset: '0x30', value: '0x50014' }],
  ioapic: { id: '0x0', version: '0x170011' },
  pic: 'in-kernel',
  pit: 'in-kernel',
  clock: { flags: '0x1', khz: 2_596_098, wall: 'written' },
  pitKhz: 2_571_242,
};

const LEAF_1 = {
  leaf: '0x1',
  subleaf: '0x0',
  flags: 0,
  eax: '0x60fb1',
  ebx: '0x800',
  ecx: '0x77fa3203',
  edx: '0x78bfbff',
};

function surface(observed: ObservedData): Surface {
  return surfaceOf(
    {
      cpuid: measured({ supported: [LEAF_1], emulated: [], hyperv: [], missing: [] }),
      msr: measured({
        list: [
          { index: '0x10', value: '0x3715a62' },
          { index: '0x48', value: '0x0' },
        ],
        unlisted: [],
        asked: 0,
      }),
      'feature-msr': measured({
        list: [{ index: '0xce', system: '0x80000000', vcpu: '0x80000000', takes: '0x0', ignored: '0x0' }],
      }),
      lapic: measured({ registers: [{ offset: '0x30', value: '0x50014' }] }),
      tsc: measured({ control: 1, vmControl: 1, khz: 2_596_098, trials: [] }),
      observed: measured(observed),
    },
    [],
  );
}

const differences = (observed: ObservedData) =>
  observedAgainstDeclared(registry, observations(surface(observed)), OBSERVATION_RULES);
const unexplained = (observed: ObservedData): string[] =>
  differences(observed)
    .filter(({ explained }) => explained === null)
    .map(({ element }) => element);

describe('an ordinary guest', () => {
  test('differs in nothing that is not explained', () => {
    expect(X86_SHAPES.observed.check(OBSERVED, '')).toBeNull();
    expect(unexplained(OBSERVED)).toEqual([]);
    const rules = differences(OBSERVED).map(({ word, explained }) => [word, explained?.rule]);
    expect(rules).toEqual([
      ['msr/MSR_IA32_TSC', 'counts'],
      ['msr/MSR_IA32_SPEC_CTRL', 'not-given'],
      ['tsc/khz', 'pit-precision'],
    ]);
  });

  test('points at what was read', () => {
    for (const { evidence } of observations(surface(OBSERVED))) {
      const found = evidence
        .split('/')
        .slice(1)
        .reduce<Json | undefined>(
          (value, key) =>
            typeof value === 'object' && value !== null ? (value as Record<string, Json>)[key] : undefined,
          { sections: { observed: measured(OBSERVED) } },
        );
      expect(found, evidence).toBeDefined();
    }
  });

  test('of an MSR that no list has, nothing is declared', () => {
    const other = observations(surface(OBSERVED)).find(({ word }) => word === 'msr/0x1234');
    expect(other).toMatchObject({ declared: null, observed: { kind: 'fault', text: '#GP' } });
  });
});

describe('a guest that sees something else', () => {
  test('a feature that was not given is a finding', () => {
    const differs = [{ word: 'cpuid/0x1:0/ecx', wrote: '0x77fa3203', reads: '0x77fa320b' }] as const;
    const cpuid = { leaves: 1, differs, asked: 0, beyond: [] };
    expect(unexplained({ ...OBSERVED, cpuid })).toEqual(['cpuid/0x1:0/ecx/monitor']);
  });

  test('a feature MSR with another value, or that faults, is a finding', () => {
    const msrs = (row: ObservedData['msrs'][number]) => ({ ...OBSERVED, msrs: [row] });
    expect(unexplained(msrs({ index: '0xce', value: '0x0' }))).toHaveLength(1);
    expect(unexplained(msrs({ index: '0xce', fault: '#GP' }))).toEqual(['msr/MSR_PLATFORM_INFO']);
  });

  test('a clock that runs at another rate is a finding, one that was measured roughly is not', () => {
    const clock = { flags: '0x1', khz: 1_298_049, wall: 'written' } as const;
    expect(unexplained({ ...OBSERVED, clock })).toEqual(['tsc/khz']);
    expect(unexplained({ ...OBSERVED, pitKhz: 1_298_049 })).toEqual(['tsc/khz']);
    expect(unexplained({ ...OBSERVED, pitKhz: 2_500_000 })).toEqual([]);
  });
});

test('clocks and counters are no part of the fingerprint', () => {
  const other: ObservedData = {
    ...OBSERVED,
    msrs: OBSERVED.msrs.map((row) => (row.index === '0x10' ? { ...row, value: '0x1' } : row)),
    clock: { flags: '0x1', khz: 2_596_099, wall: 'written' },
    pitKhz: 2_600_000,
  };
  const canonical = (data: ObservedData) => canonicalSections({ observed: measured(data) });
  expect(canonical(other)).toEqual(canonical(OBSERVED));
  expect(canonical({ ...OBSERVED, pit: 'absent' })).not.toEqual(canonical(OBSERVED));
});

test('every program tries a behaviour of the table, and none is tried twice', () => {
  const rows = new Set(BEHAVIOURS.map(({ id }) => id));
  for (const { id } of BEHAVIOUR_TESTS) expect(rows).toContain(id);
  expect(new Set(BEHAVIOUR_TESTS.map(({ id }) => id)).size).toBe(BEHAVIOUR_TESTS.length);
});

test(
  'a guest on this host reads what it was given of its APIC, and meets the quirk that can be switched',
  { timeout: 60_000 },
  (context) => {
    const why = whyNoKvm();
    if (why !== null) return context.skip(why);
    const sections = probeSections();
    const { observed, behaviour } = sections;
    if (observed?.outcome === 'absent') return context.skip(observed.reason);
    expect(observed?.outcome).toBe('measured');
    const read = observations(surfaceOf(sections, []));
    const apic = read.filter(({ word }) => word.startsWith('lapic/'));
    expect(apic.length).toBeGreaterThan(0);
    expect(observedAgainstDeclared(registry, apic, OBSERVATION_RULES)).toEqual([]);
    expect(behaviour?.outcome).toBe('measured');
    const rows = behaviour?.outcome === 'measured' ? JSON.stringify(behaviour.data) : '';
    expect(rows).toContain('"id":"lint0-reenabled","outcome":"ext-int"');
    expect(rows).toContain('"selected":"quirk/LINT0_REENABLED=0","outcome":"masked"');
  },
);
