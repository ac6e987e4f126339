import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../src/arch/arm64/catalogue/index.ts';
import { PROGRAM_ROWS } from '../../../src/arch/arm64/catalogue/program-rows.ts';
import { SYMPTOM_ROWS } from '../../../src/arch/arm64/catalogue/symptom-rows.ts';
import { USE_ROWS } from '../../../src/arch/arm64/catalogue/use-rows.ts';
import { elementsOf } from '../../../src/arch/arm64/elements.ts';
import { registry } from '../../../src/arch/arm64/index.ts';
import { namedRegisters } from '../../../src/arch/arm64/names.ts';
import { CAPABILITY_ROWS } from '../../../src/arch/arm64/tables/capabilities.ts';
import { gatesOf } from '../../../src/arch/arm64/tables/gates.ts';
import { STATE_REGISTERS, stateRow } from '../../../src/arch/arm64/tables/state-registers.ts';
import { fieldMask } from '../../../src/model/index.ts';
import type { Element, ElementFacts } from '../../../src/model/index.ts';

const words = catalogue.words();
const elements = words.flatMap(({ path, width }) => elementsOf(path, width));

function element(path: string): Element {
  const found = elements.find((each) => each.path === path);
  if (found === undefined) throw new Error(`no element ${path}`);
  return found;
}

const facts = (path: string): ElementFacts => catalogue.facts(element(path));
const how = (path: string, by: string): string | null | undefined =>
  facts(path).selectors.find((selector) => selector.by === by)?.how;

/** True where an element is the path, lies within it, or begins with it where it ends in `_`. */
const isAbout = (path: string): boolean =>
  elements.some((each) => each.path === path || each.path.startsWith(path.endsWith('_') ? path : `${path}/`));

describe('the words of the catalogue', () => {
  test('are there once each, and every named element says what it is and from where that is known', () => {
    expect(new Set(words.map(({ path }) => path)).size).toBe(words.length);
    expect(elements.filter(({ named }) => named).length).toBeGreaterThan(1000);
    const silent = elements.filter(
      ({ named, description, source }) => named && (source === '' || /^$|no table/.test(description)),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test('hold every register that has a name, and none of them is a mystery', () => {
    const mysteries = namedRegisters().filter(([word]) => elementsOf(word, 64).every(({ named }) => !named));
    // The one ID register that the architecture keeps for later as a whole.
    expect(mysteries.map(([word]) => word)).toEqual(['reg/ID_AA64AFR1_EL1']);
  });
});

describe('rows', () => {
  test('of symptoms, uses and programs speak of elements that there are', () => {
    const paths = [...Object.keys(SYMPTOM_ROWS), ...Object.keys(USE_ROWS), ...PROGRAM_ROWS.map(({ of }) => of)];
    expect(paths.filter((path) => !isAbout(path))).toEqual([]);
  });

  test('of state registers each describe a register that the architecture or KVM names', () => {
    const names = namedRegisters().map(([word]) => word.slice(word.indexOf('/') + 1));
    const idle = STATE_REGISTERS.filter((row) => !names.some((name) => stateRow(name) === row));
    expect(idle.map((row) => row.names.source)).toEqual([]);
  });

  test('of capabilities lead to words that there are', () => {
    const paths = new Set(words.map(({ path }) => path));
    const astray = [...CAPABILITY_ROWS.values()].filter(({ word }) => word !== null && !paths.has(word));
    expect(astray).toEqual([]);
  });
});

describe('what goes wrong', () => {
  test('is fatal where code is undefined or caches are cleaned by too large steps', () => {
    for (const path of [
      'reg/ID_AA64ISAR0_EL1/ATOMIC',
      'reg/ID_AA64PFR0_EL1/SVE',
      'reg/CTR_EL0/DminLine',
      'reg/ID_AA64MMFR0_EL1/PARANGE',
      'vgic/v3/GICD_IIDR/Revision',
      'reg/X0',
    ]) {
      expect(facts(path).symptom.severity, path).toBe('fatal');
    }
  });

  test('is less where only counters, debuggers or descriptions suffer', () => {
    for (const path of ['reg/ID_AA64DFR0_EL1/PMUVer', 'reg/ID_AA64DFR0_EL1/BRPs', 'reg/PMCR_EL0/N']) {
      expect(facts(path).symptom.severity, path).toBe('degraded');
    }
    for (const path of ['cache/CCSIDR/L1D/NumSets', 'reg/ID_AA64ISAR1_EL1/DGH']) {
      expect(facts(path).symptom.severity, path).toBe('minor');
    }
  });
});

describe('how a value is selected', () => {
  test('by KVM, always the first; null where nothing selects it', () => {
    for (const each of elements) expect(catalogue.facts(each).selectors[0]?.by, each.path).toBe('kvm');
    expect(how('reg/ID_AA64PFR0_EL1/CSV3', 'kvm')).toBe('KVM_SET_ONE_REG: id=0x603000000013c020 bits 60 to 63');
    expect(how('capability/KVM_CAP_MAX_VCPUS', 'kvm')).toBeNull();
  });

  test('by QEMU and libvirt where they have a property, and not where they have none', () => {
    expect(how('vcpu/SVE', 'qemu')).toContain('sve=');
    expect(how('reg/ID_AA64ISAR1_EL1/APA', 'libvirt')).toContain("name='pauth'");
    expect(how('reg/ID_AA64ISAR0_EL1/RNDR', 'qemu')).toBeNull();
    expect(how('vgic/v3/GICD_IIDR/Revision', 'qemu')).toBeNull();
  });

  test('by a Firecracker template, which names the register as KVM does', () => {
    expect(how('reg/ID_AA64PFR0_EL1/CSV3', 'firecracker')).toContain('addr 0x603000000013c020');
    expect(how('reg/X0', 'firecracker')).toBeUndefined();
  });
});

describe('other names and neutral values', () => {
  test('/proc/cpuinfo of Linux is given for features that programs see', () => {
    expect(facts('reg/ID_AA64ISAR0_EL1/ATOMIC').aliases['linux']).toContain('atomics');
    expect(facts('reg/ID_AA64MMFR0_EL1/PARANGE').aliases['linux']).toBeUndefined();
  });

  test('every neutral value of state has a reason and a source', () => {
    const neutral = STATE_REGISTERS.flatMap((row) => (row.neutral === null ? [] : [row.neutral]));
    expect(neutral.length).toBeGreaterThan(20);
    for (const { reason, source } of neutral) expect([reason, source]).not.toContain('');
  });

  test('what a guest always uses has none', () => {
    for (const name of ['X0', 'PC', 'SP_EL0', 'TTBR0_EL1', 'VBAR_EL1', 'APIAKEYLO_EL1', 'Z0', 'V0']) {
      expect(registry.neutral(`reg/${name}`), name).toBeNull();
    }
    expect(registry.neutral('reg/TCR2_EL1')).toBe(0n);
    expect(registry.neutral('reg/OSLSR_EL1')).toBe(8n);
  });

  test('state that a feature gives is out of reach without it, and other state never', () => {
    expect(gatesOf('TCR2_EL1')).toEqual([{ word: 'reg/ID_AA64MMFR3_EL1', bits: 0xfn }]);
    expect(gatesOf('PMEVCNTR3_EL0')).toEqual([{ word: 'reg/ID_AA64DFR0_EL1', bits: 0xf00n }]);
    expect(gatesOf('APIAKEYLO_EL1')).toHaveLength(3);
    for (const name of ['X0', 'TTBR0_EL1', 'PC', 'PSTATE', 'PAR_EL1', 'DACR32_EL2']) {
      expect(gatesOf(name), name).toEqual([]);
    }
    const gated = namedRegisters().flatMap(([word]) => registry.gates?.(word) ?? []);
    for (const { word, bits } of gated) {
      expect(
        elementsOf(word, 64).some((field) => fieldMask(field) === bits && field.named),
        word,
      ).toBe(true);
    }
  });
});
