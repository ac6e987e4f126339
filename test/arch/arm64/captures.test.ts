/** Real machines: every word that they show is classified, bit by bit, and says what it is. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { elementsOf } from '../../../src/arch/arm64/elements.ts';
import { measure, registry } from '../../../src/arch/arm64/index.ts';
import { catalogue } from '../../../src/arch/arm64/catalogue/index.ts';
import { operation } from '../../../src/arch/arm64/operations.ts';
import type { VcpuAttributesSection, VcpusSection } from '../../../src/arch/arm64/sections.ts';
import { observedRegister } from '../../../src/arch/arm64/tables/observed-registers.ts';
import { VCPU_ATTRIBUTES } from '../../../src/arch/arm64/tables/vcpu-attributes.ts';
import { readFingerprint } from '../../../src/interop/firecracker/index.ts';
import { fieldMask } from '../../../src/model/index.ts';
import type { Element, Json, MeasuredWord, Surface } from '../../../src/model/index.ts';

const recorded = fileURLToPath(new URL('../../../surfaces/arm64/', import.meta.url));
const firecracker = fileURLToPath(new URL('../../../../shared/corpora/firecracker/', import.meta.url));
const reference = fileURLToPath(new URL('../../../../shared/reference/arm64-id-register-fields.json', import.meta.url));

/** Written by this program. */
const surfaces = globSync('**/*.json', { cwd: recorded })
  .sort()
  .map((file) => JSON.parse(readFileSync(`${recorded}${file}`, 'utf8')) as Surface);

/** The section that every recorded surface has; its data is of the step's type. */
function dataOf<Data>(surface: Surface, name: string): Data {
  const section = surface.sections[name];
  if (section?.outcome !== 'measured') throw new Error(`no section ${name}`);
  return section.data as Data;
}

/** Of every kind of vCPU that was recorded. */
function wordsOf(surface: Surface): MeasuredWord[] {
  const { combinations } = dataOf<VcpusSection>(surface, 'vcpus');
  return combinations.flatMap(({ name }) => [...measure(surface, { vcpu: name }).words.values()]);
}

function distinct(words: readonly MeasuredWord[]): readonly MeasuredWord[] {
  return [...new Map(words.map((word) => [`${word.path} ${word.width}`, word])).values()];
}

/** Registers of the ID space without a field: KVM lists those too that the architecture has not given out. */
const RESERVED = /^reg\/(0x603000000013c0[0-3]|ID_AA64AFR1_EL1$)/;

/** What is wrong with a word's elements, in words. */
function faults({ path, width }: MeasuredWord): string[] {
  const elements = elementsOf(path, width);
  let covered = 0n;
  const overlaps = elements.filter((element) => {
    const overlapping = (covered & fieldMask(element)) !== 0n;
    covered |= fieldMask(element);
    return overlapping;
  });
  return [
    ...overlaps.map((element) => `${element.path}: overlaps`),
    ...(covered === (1n << BigInt(width)) - 1n ? [] : [`${path}: bits are left out`]),
    ...elements.flatMap(textFaults),
    ...(elements.some(({ named }) => named) || RESERVED.test(path) ? [] : [`${path}: unnamed`]),
  ];
}

function textFaults(element: Element): string[] {
  const { path, word, description, source, named } = element;
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!named) return description.includes('no table names') && source !== '' ? [] : [`${path}: unnamed, and not said`];
  const bare = [name, word, `${word.split('/')[1]}.${name}`, '', 'a fact'].includes(description);
  return [
    ...(bare || /no table/.test(description) ? [`${path}: described as ${description}`] : []),
    ...(source === '' || /no table/.test(source) ? [`${path}: no source`] : []),
  ];
}

describe('every word is covered once and says what it is', () => {
  test('on the recorded surfaces, whatever the vCPU', () => {
    const words = distinct(surfaces.flatMap(wordsOf));
    expect(words.length).toBeGreaterThan(400);
    expect(words.flatMap(faults)).toEqual([]);
  });

  test('in Firecracker fingerprints of Arm servers', (context) => {
    if (!existsSync(firecracker)) return context.skip('../shared/corpora/firecracker is not here');
    const files = globSync('fingerprint_ARM_*.json', { cwd: firecracker });
    expect(files.length).toBeGreaterThan(0);
    const words = files.flatMap((file) => {
      // A file that the reader checks.
      const read = readFingerprint(JSON.parse(readFileSync(`${firecracker}${file}`, 'utf8')) as Json);
      if (!read.ok) throw new Error(`${file}: ${read.error.message}`);
      return [...measure(read.value).words.values()];
    });
    expect(words.length).toBeGreaterThan(1000);
    expect(distinct(words).flatMap(faults)).toEqual([]);
  });

  test('and is a word of the catalogue, as wide, unless the architecture has not named it', () => {
    const known = new Map(catalogue.words().map(({ path, width }) => [path, width]));
    const missing = distinct(surfaces.flatMap(wordsOf))
      .filter(({ path, width }) => !path.startsWith('reg/0x') && known.get(path) !== width)
      .map(({ path, width }) => `${path} ${width}`);
    expect(missing).toEqual([]);
  });
});

/** The reference's shape, as its README says. */
type Reference = Readonly<
  Record<
    string,
    {
      readonly fields: readonly { readonly shift: number; readonly width: number | string; readonly signed: boolean }[];
    }
  >
>;

/** What a guest never touched must not keep it from moving: kernels fill some registers with parts of one constant. */
test('on a vCPU that has run nothing, state is at its neutral value or at the constant of KVM', () => {
  const RESET = 0x1de7_ec7e_dbad_c0den;
  let neutral = 0;
  const used = new Set<string>();
  for (const { path, value } of surfaces.flatMap(wordsOf)) {
    const idle = registry.neutral(path);
    const state = path.startsWith('reg/') && elementsOf(path, 64).every(({ kind }) => kind === 'state');
    if (!state || value === null || idle === null) continue;
    const differs = ((value ^ idle) & ~(registry.status?.(path) ?? 0n)) !== 0n;
    if (differs && (value & ~RESET) !== 0n) used.add(path);
    if (!differs) neutral++;
  }
  expect(neutral).toBeGreaterThan(1000);
  expect([...used]).toEqual([]);
});

test("fields are signed where the kernel's table says so", (context) => {
  if (!existsSync(reference)) return context.skip('../shared/reference is not here');
  const table = JSON.parse(readFileSync(reference, 'utf8')) as Reference;
  let signed = 0;
  for (const [register, { fields }] of Object.entries(table)) {
    const elements = elementsOf(`reg/${register}`, 64);
    for (const field of fields) {
      const element = elements.find(({ shift }) => shift === field.shift);
      if (element === undefined || element.width !== Number(field.width)) continue;
      expect(element.signed, element.path).toBe(field.signed);
      if (field.signed) signed++;
    }
  }
  expect(signed).toBeGreaterThan(5);
});

describe('the call that selects a word', () => {
  test('is the one by which the recorded host was asked for it', () => {
    for (const surface of surfaces) {
      const { attributes } = dataOf<VcpuAttributesSection>(surface, 'vcpu-attributes');
      const rows = attributes.filter(({ name }) => VCPU_ATTRIBUTES.some((row) => row.name === name));
      expect(rows.length).toBeGreaterThan(4);
      for (const { name, attribute } of rows) {
        const row = VCPU_ATTRIBUTES.find((candidate) => candidate.name === name);
        expect(`${row?.group}:0x${row?.attribute.toString(16)}`, name).toBe(attribute);
      }
    }
  });

  test('is there for every register, and for nothing that only follows', () => {
    const words = distinct(surfaces.flatMap(wordsOf)).map(({ path }) => path);
    // What only a guest can read, KVM has no call for.
    const settable = words.filter(
      (path) => /^(reg|cache|sve|vgic|vcpu|vm)\//.test(path) && observedRegister(path) === undefined,
    );
    expect(settable.length).toBeGreaterThan(300);
    expect(settable.filter((path) => operation(path) === null)).toEqual([]);
    const announced = words.filter((path) => path.startsWith('capability/') && operation(path) !== null);
    expect(announced).toEqual(['capability/KVM_CAP_ARM_MTE']);
  });

  test('names registers, features, attributes and capabilities as KVM does', () => {
    expect(operation('reg/ID_AA64PFR0_EL1')).toEqual({ call: 'KVM_SET_ONE_REG', id: 0x6030_0000_0013_c020n });
    expect(operation('cache/CCSIDR/L1I')).toEqual({ call: 'KVM_SET_ONE_REG', id: 0x6020_0000_0011_0001n });
    expect(operation('vcpu/SVE')).toEqual({ call: 'KVM_ARM_VCPU_INIT', feature: 4 });
    expect(operation('vm/ipa-size')).toEqual({ call: 'KVM_CREATE_VM' });
    expect(operation('vgic/v3/GICD_IIDR')).toEqual({
      call: 'KVM_SET_DEVICE_ATTR',
      on: 'vgic-v3',
      group: 1,
      attribute: 8n,
      bytes: 4,
    });
    expect(operation('capability/KVM_CAP_ARM_MTE')).toMatchObject({ call: 'KVM_ENABLE_CAP', on: 'vm', bit: 0n });
    expect(operation('vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA')).toBeNull();
  });
});
