import { describe, expect, test } from 'vitest';
import { check, diff, pin } from '../../../src/engine/index.ts';
import { canonicalSections, measure, registry } from '../../../src/arch/x86/index.ts';
import { X86_SHAPES } from '../../../src/arch/x86/sections.ts';
import type { Json, MeasuredSurface, Section, Surface } from '../../../src/model/index.ts';
import { probeSections, recordedSurfaces, surfaceOf, whyNoKvm } from './surfaces.ts';

const recorded = recordedSurfaces();

/** A surface of real shape, small enough to read: one leaf with AVX2 that can be hidden, as KVM on SVM or VMX says. */
function small(
  changes: {
    readonly residue?: `0x${string}`;
    readonly modules?: readonly string[];
    readonly ebx?: `0x${string}`;
  } = {},
): Surface {
  const ebx = changes.ebx ?? '0x20';
  const trial = { differs: [], refused: [], sets: 1 };
  const residue =
    changes.residue === undefined ? [] : [{ word: 'cpuid/0x7:0/ebx', wrote: '0x0', reads: changes.residue }];
  const sections: Record<string, Section> = {
    cpuid: measured({
      supported: [{ leaf: '0x7', subleaf: '0x0', flags: 1, eax: '0x0', ebx, ecx: '0x0', edx: '0x0' }],
      emulated: null,
      hyperv: null,
      missing: [],
    }),
    'cpuid-latitude': measured({ base: trial, cleared: { ...trial, differs: [] }, ones: trial, values: [] }),
    'cpuid-observed': measured({
      mode: 'real-mode',
      leaves: 1,
      base: { ended: 'halted', differs: [] },
      cleared: { ended: 'halted', differs: residue },
    }),
  };
  return surfaceOf(sections, changes.modules ?? ['kvm', 'kvm_amd']);
}

const measured = (data: Json): Section => ({ outcome: 'measured', data });

function verdict(from: MeasuredSurface, to: MeasuredSurface): ReturnType<typeof check> {
  const contract = pin(registry, [from], { name: 'test', hosts: ['a host'] });
  if (!contract.ok) throw new Error(contract.error.message);
  return check(registry, contract.value, to);
}

const levelOf = (from: Surface, to: Surface, element: string): string =>
  verdict(measure(from), measure(to)).reasons.find((reason) => reason.element === element)?.level ?? 'same';

describe('what can be made of CPUID', () => {
  test('a feature that the destination adds can be hidden, one that it lacks cannot be added', () => {
    const [with2, without] = [small(), small({ ebx: '0x0' })];
    expect(levelOf(without, with2, 'cpuid/0x7:0/ebx/avx2')).toBe('selectable');
    // Setting it is accepted, and the instructions are not there.
    expect(levelOf(with2, without, 'cpuid/0x7:0/ebx/avx2')).toBe('silent');
  });

  test('a feature that a guest still reads after it was masked cannot be hidden', () => {
    expect(levelOf(small({ ebx: '0x0' }), small({ residue: '0x20' }), 'cpuid/0x7:0/ebx/avx2')).toBe('silent');
  });

  test('under kvm_pvm no mask counts, and the surface says so', () => {
    const pvm = small({ modules: ['kvm', 'kvm_pvm'] });
    expect(levelOf(small({ ebx: '0x0' }), pvm, 'cpuid/0x7:0/ebx/avx2')).toBe('silent');
    expect(measure(pvm).caveats.join()).toContain('kvm_pvm');
    expect(measure(small()).caveats).toEqual([]);
  });

  test('a guest that did not run proves nothing, and the surface says so', () => {
    const surface = small();
    const sections = {
      ...surface.sections,
      'cpuid-observed': { outcome: 'deadline', milliseconds: 10_000, during: 'KVM_RUN' } as const,
    };
    expect(measure({ ...surface, sections }).caveats.join()).toContain('KVM_RUN');
  });

  test('without the trials the latitude is unknown', () => {
    const surface = small();
    const { 'cpuid-latitude': _, ...sections } = surface.sections;
    expect(measure({ ...surface, sections }).words.get('cpuid/0x7:0/ebx')?.latitude.kind).toBe('unknown');
  });
});

describe('state to carry', () => {
  const lists = (list: Json, unlisted: Json = []): Surface => {
    const surface = small();
    return { ...surface, sections: { ...surface.sections, msr: measured({ list, unlisted, asked: 1 }) } };
  };

  test('counters that a kernel lists although the guest has no PMU are no state', () => {
    const words = measure(
      lists([
        { index: '0xc1', value: '0x0' },
        { index: '0x277', value: '0x0' },
      ]),
    ).words;
    expect([...words.keys()].filter((word) => word.startsWith('msr/'))).toEqual(['msr/MSR_IA32_CR_PAT']);
  });

  test('an MSR that only the source lists is no obstacle where the destination takes it', () => {
    const source = lists([{ index: '0x1d9', value: '0x0' }]);
    const element = 'msr/MSR_IA32_DEBUGCTLMSR';
    expect(levelOf(source, lists([]), element)).toBe('refused');
    expect(levelOf(source, lists([], [{ index: '0x1d9', value: '0x1' }]), element)).toBe('same');
    // That it takes the value of a guest that does not use it says nothing of one that does.
    expect(levelOf(source, lists([], [{ index: '0x1d9', value: '0x0' }]), element)).toBe('unknown');
    expect(levelOf(source, lists([], [{ index: '0x1d9', value: '0x0', write: 'refused' }]), element)).toBe('refused');
  });

  test('what varies from run to run has no value', () => {
    expect(measure(lists([{ index: '0x10', value: '0x1234' }])).words.get('msr/MSR_IA32_TSC')?.value).toBeNull();
  });
});

describe('quirks', () => {
  const FLAG = { flags: '0x1', outcome: 'accepted' };
  const latitude = (call: string, effects: Json): string | undefined => {
    const surface = small();
    const quirk = measured({ call, valid: null, trials: [FLAG], effects });
    const words = measure({ ...surface, sections: { ...surface.sections, quirk } }).words;
    return words.get('quirk/LINT0_REENABLED')?.latitude.kind;
  };
  const effect = (disabled: string): Json => [
    { quirk: 'LINT0_REENABLED', shows: 'LAPIC 0x350', enabled: '0x700', disabled },
  ];

  test('one whose effect was seen can be selected, whatever the call promises', () => {
    expect(latitude('KVM_CAP_DISABLE_QUIRKS', effect('0x10000'))).toBe('values');
  });

  test('one that is accepted and does nothing cannot', () => {
    expect(latitude('KVM_CAP_DISABLE_QUIRKS2', effect('0x700'))).toBe('fixed');
  });

  test('success of KVM_CAP_DISABLE_QUIRKS alone proves nothing: it accepts any mask', () => {
    expect(latitude('KVM_CAP_DISABLE_QUIRKS', [])).toBe('unknown');
    expect(latitude('KVM_CAP_DISABLE_QUIRKS2', [])).toBe('values');
  });
});

describe('sections that are not what they should be', () => {
  test('make their area unknown, with the place of the fault', () => {
    const surface = small();
    const sections = { ...surface.sections, msr: measured({ list: [{ index: 'sixteen', value: null }] }) };
    const area = measure({ ...surface, sections }).areas.get('msr');
    expect(area).toMatchObject({ measured: false });
    expect(area?.evidence).toContain('/sections/msr/data/list/0/index');
  });

  test('a missing section is an unknown area, one that the host said it lacks a measured one', () => {
    const areas = measure({
      ...small(),
      sections: { nested: { outcome: 'absent', reason: 'no such capability' } },
    }).areas;
    expect(areas.get('nested')?.measured).toBe(true);
    expect(areas.get('cpuid')?.measured).toBe(false);
  });
});

describe('recorded surfaces', () => {
  test('are there', () => {
    expect(recorded.length).toBeGreaterThan(0);
  });

  test('every section has the shape that the registry reads', () => {
    for (const { name, surface } of recorded) expectShapes(name, surface.sections);
  });

  test('a host is the same as itself', () => {
    for (const { name, surface } of recorded) {
      const words = measure(surface);
      const found = verdict(words, words);
      expect(
        found.reasons.filter(({ level }) => level !== 'unknown'),
        name,
      ).toEqual([]);
      expect(diff(registry, words, words), name).toEqual([]);
    }
  });

  test('every word has a default that its own latitude holds', () => {
    for (const { name, surface } of recorded) {
      for (const word of measure(surface).words.values()) {
        if (word.value === null || word.latitude.kind !== 'bits') continue;
        expect(word.latitude.clearable & ~word.value, `${name} ${word.path}`).toBe(0n);
        expect(word.latitude.settable & word.value, `${name} ${word.path}`).toBe(0n);
      }
    }
  });
});

function expectShapes(name: string, sections: Surface['sections']): void {
  for (const [section, shape] of Object.entries(X86_SHAPES)) {
    const found = sections[section];
    expect(found, `${name} has no ${section}`).toBeDefined();
    if (found?.outcome === 'measured') expect(shape.check(found.data, `/sections/${section}/data`), name).toBeNull();
  }
}

describe('this host', () => {
  test(
    'probed twice, it gives the same canonical sections, each of its shape, and the same machine',
    { timeout: 60_000 },
    (context) => {
      const why = whyNoKvm();
      if (why !== null) return context.skip(why);
      const [first, second] = [probeSections(), probeSections()];
      expectShapes('this host', first);
      expect(canonicalSections(first)).toEqual(canonicalSections(second));
      const modules = first['host']?.outcome === 'measured' ? JSON.stringify(first['host'].data) : '';
      const [a, b] = [first, second].map((sections) =>
        measure(surfaceOf(sections, modules.includes('kvm_pvm') ? ['kvm_pvm'] : [])),
      );
      if (a === undefined || b === undefined) throw new Error('two surfaces were measured');
      expect(a.words.size).toBeGreaterThan(200);
      expect(verdict(a, b).level).toBe('same');
    },
  );
});
