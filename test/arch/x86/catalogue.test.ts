import { describe, expect, test } from 'vitest';
import { registry } from '../../../src/arch/x86/index.ts';
import { catalogue } from '../../../src/arch/x86/catalogue/index.ts';
import { PROGRAM_ROWS } from '../../../src/arch/x86/catalogue/program-rows.ts';
import { SYMPTOM_ROWS } from '../../../src/arch/x86/catalogue/symptom-rows.ts';
import { fieldName, fits, symptom } from '../../../src/arch/x86/catalogue/symptoms.ts';
import { USE_ROWS } from '../../../src/arch/x86/catalogue/use-rows.ts';
import { CPUINFO_FLAGS } from '../../../src/arch/x86/tables/cpuinfo.ts';
import { QEMU_NAMES } from '../../../src/arch/x86/tables/qemu-names.ts';
import type { Element } from '../../../src/model/index.ts';

const words = catalogue.words();
const elements = words.flatMap(({ path, width }) => registry.elements(path, width));

function element(path: string): Element {
  const found = elements.find((each) => each.path === path);
  if (found === undefined) throw new Error(`no element ${path}`);
  return found;
}

const severity = (path: string): string => symptom(element(path)).severity;

/** True where an element or a word begins with the path, segment by segment; `…_` is a common beginning. */
function begins(path: string): boolean {
  return elements.some(
    (each) => each.path === path || each.path.startsWith(path) || `${each.word}/${fieldName(each)}`.startsWith(path),
  );
}

describe('the words of the catalogue', () => {
  test('are there once each, and the registry covers them', () => {
    expect(new Set(words.map(({ path }) => path)).size).toBe(words.length);
    for (const { path, width } of words) {
      const bits = registry.elements(path, width).reduce((sum, each) => sum + each.width, 0);
      expect(bits, path).toBe(width);
    }
  });

  test('have elements whose names and sources are known', () => {
    const named = elements.filter((each) => each.named);
    expect(named.length).toBeGreaterThan(1500);
    for (const each of named) {
      expect(each.description, each.path).not.toBe('');
      expect(each.source, each.path).not.toBe('');
    }
  });
});

describe('rows of the catalogue', () => {
  test('of symptoms speak of elements that there are, field by field', () => {
    for (const row of SYMPTOM_ROWS) {
      const { fields: _, ...whole } = row;
      const about = elements.filter((each) => fits(whole, each));
      expect(about.length, `${row.word} ${row.reason}`).toBeGreaterThan(0);
      for (const field of row.fields ?? []) {
        expect(
          about.some((each) => fieldName(each) === field),
          `${row.word} has no ${field}`,
        ).toBe(true);
      }
    }
  });

  test('of uses and of programs speak of elements that there are', () => {
    for (const path of Object.keys(USE_ROWS)) expect(begins(path), path).toBe(true);
    for (const { of } of PROGRAM_ROWS) expect(begins(of), of).toBe(true);
  });

  test('of names speak of single bits that the registry names too', () => {
    const unnamed = [
      ...CPUINFO_FLAGS.map(([word, bit, flag]) => ({ word, bit, name: flag })),
      ...QEMU_NAMES.map(({ word, bit, qemu, libvirt }) => ({ word, bit, name: qemu ?? libvirt })),
    ].filter(({ word, bit }) => {
      const width = word.startsWith('msr/') ? 64 : 32;
      const found = registry.elements(word, width).find(({ shift }) => shift === bit);
      return found?.named !== true || found.width !== 1;
    });
    expect(unnamed).toEqual([]);
  });
});

describe('symptoms', () => {
  test('of instructions that vanish are fatal, of hints minor, of mitigations degraded', () => {
    expect(severity('cpuid/0x7:0/ebx/avx2')).toBe('fatal');
    expect(severity('cpuid/0x7:0/ebx/erms')).toBe('minor');
    expect(severity('cpuid/0x7:0/edx/spec_ctrl')).toBe('degraded');
    expect(severity('msr/MSR_IA32_ARCH_CAPABILITIES/MDS_NO')).toBe('degraded');
  });

  test('of what a guest laid its memory out by are fatal, of what it shows minor', () => {
    expect(severity('cpuid/0x80000008:0/eax/phys_addr_bits')).toBe('fatal');
    expect(severity('cpuid/0xd:2/eax/xsave_sz')).toBe('fatal');
    expect(severity('cpuid/0x80000002:0/eax/cpu_brandid_0')).toBe('minor');
  });

  test('of the clock that a guest reads without asking again is fatal', () => {
    expect(severity('cpuid/0x40000001:0/eax/kvm_clocksource2')).toBe('fatal');
    expect(severity('tsc/khz')).toBe('fatal');
  });

  test('of a bit that nothing names is the worst that it may be', () => {
    const unnamed = registry.elements('cpuid/0x7fff:0/eax', 32)[0];
    expect(unnamed === undefined ? null : symptom(unnamed).severity).toBe('fatal');
  });

  test('every element has one', () => {
    for (const each of elements) expect(symptom(each).reason, each.path).not.toBe('');
  });
});

describe('how a value is selected', () => {
  const how = (path: string): Record<string, string | null> =>
    Object.fromEntries(catalogue.facts(element(path)).selectors.map((each) => [each.by, each.how]));

  test('of a CPUID feature by each program', () => {
    const found = how('cpuid/0x7:0/ebx/avx2');
    expect(found['kvm']).toContain('KVM_SET_CPUID2');
    expect(found['qemu']).toContain('avx2=');
    expect(found['libvirt']).toContain("name='avx2'");
    expect(found['firecracker']).toContain('bit 5');
  });

  test('of a quirk by KVM alone', () => {
    expect(how('quirk/SLOT_ZAP_ALL')).toMatchObject({ qemu: null, libvirt: null, firecracker: null });
    expect(how('quirk/SLOT_ZAP_ALL')['kvm']).toContain('KVM_CAP_DISABLE_QUIRKS2');
  });

  test('of what follows from the guest by nobody', () => {
    expect(how('cpuid/0x1:0/ecx/osxsave')['kvm']).toBeNull();
  });

  test('is told in the order kvm, qemu, libvirt, firecracker, each once', () => {
    const order = ['kvm', 'qemu', 'libvirt', 'firecracker'];
    for (const each of elements) {
      const by = catalogue.facts(each).selectors.map((selector) => selector.by);
      expect(by, each.path).toEqual(order.filter((program) => by.some((one) => one === program)));
    }
  });
});

test('aliases are what other programs call a bit', () => {
  expect(catalogue.facts(element('cpuid/0x1:0/ecx/pni')).aliases).toEqual({
    qemu: 'pni',
    libvirt: 'pni',
    linux: 'pni',
  });
});
