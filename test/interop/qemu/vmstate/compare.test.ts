/** What one QEMU saves against what another loads: difference by difference, and what the load does about it. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { compare, readDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import type { Finding, VmstateDump } from '../../../../src/interop/qemu/vmstate/index.ts';
import type { Json } from '../../../../src/model/index.ts';
import { description, dump, field, section } from './sample.ts';
import type { DescriptionJson } from './sample.ts';

const corpora = fileURLToPath(new URL('../../../../../shared/corpora/qemu/', import.meta.url));

function planted(name: string): VmstateDump {
  const read = readDump(JSON.parse(readFileSync(`${corpora}${name}.json`, 'utf8')) as Json);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function of(from: DescriptionJson, to: DescriptionJson, machine?: string): readonly Finding[] {
  return compare(dump({ device: section(from) }, machine), dump({ device: section(to) }, machine)).findings;
}

const fields = (...all: DescriptionJson[]): DescriptionJson => description('device', { Fields: all });
const counted = (name: string, size: number): DescriptionJson => field(name, size, { num: 1 });

describe('the incompatibilities that QEMU planted in its own test data', () => {
  test('are 13 from 1 to 2, each with what the load does', (context) => {
    if (!existsSync(corpora)) return context.skip('../shared/corpora/qemu is not here');
    const { problems, level, findings, caveats } = compare(planted('dump1'), planted('dump2'));
    expect(problems).toBe(13);
    expect(level).toBe('refused');
    expect(
      findings.filter(({ problems: counts }) => counts > 0).map(({ section: name, rule }) => [name, rule]),
    ).toEqual([
      ['fw_cfg', 'section-missing'],
      ['fusbh200-ehci-usb', 'section-version-too-new'],
      ['fusbh200-ehci-usb', 'field-other'],
      ['pci-serial-4x', 'entry-missing'],
      ['intel-hda-generic', 'description-missing'],
      ['cfi.pflash01', 'section-has-no-state'],
      ['megasas', 'field-missing'],
      ['PIIX3-xen', 'description-version-too-old'],
      ['PIIX3-xen', 'subsection-missing'],
      ['tpci200', 'description-renamed'],
      ['sun-fdtwo', 'description-version-too-new'],
      ['sun-fdtwo', 'subsection-missing'],
      ['usb-kbd', 'field-size'],
    ]);
    expect(caveats).toEqual([expect.stringContaining('pc-i440fx-2.1 and pc-i440fx-2.2')]);
  });

  test('are 6 the other way', (context) => {
    if (!existsSync(corpora)) return context.skip('../shared/corpora/qemu is not here');
    const { problems, findings } = compare(planted('dump2'), planted('dump1'));
    expect(problems).toBe(6);
    expect(
      findings.filter(({ problems: counts }) => counts > 0).map(({ section: name, rule }) => [name, rule]),
    ).toEqual([
      ['fw_cfg2', 'section-missing'],
      ['fusbh200-ehci-usb', 'field-other'],
      ['PIIX3-xen', 'description-version-too-new'],
      ['tpci200', 'description-renamed'],
      ['sun-fdtwo', 'description-version-too-old'],
      ['usb-kbd', 'field-size'],
    ]);
  });
});

describe("what QEMU's checker does not count", () => {
  test('a section whose version the destination no longer takes, where only the section says so', () => {
    const old = section(description('device'));
    const least = { ...section(description('device')), version_id: 2, minimum_version_id: 2 };
    const { findings } = compare(dump({ device: old }), dump({ device: least }));
    expect(findings).toEqual([
      expect.objectContaining({ rule: 'section-version-too-old', level: 'refused', problems: 0 }),
    ]);
  });

  test('a field that only the destination has, after all others: it reads what was never sent', () => {
    const [finding, ...others] = of(fields(counted('a', 4)), fields(counted('a', 4), counted('b', 4)));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: 'field-added', member: 'b', level: 'refused', problems: 0 });
  });

  test('such a field of a later version is not read, and nothing is wrong', () => {
    const later = description('device', { version_id: 2, Fields: [counted('a', 4), field('b', 4, { version_id: 2 })] });
    expect(of(fields(counted('a', 4)), later)).toEqual([]);
  });

  test('a subsection that only the destination has: harmless there, and refused on the way back', () => {
    const subsection = description('device/more', { Fields: [counted('b', 4)] });
    const more = description('device', { Fields: [counted('a', 4)], Subsections: [subsection] });
    const none = description('device', { Fields: [counted('a', 4)], Subsections: [] });
    expect(of(none, more)).toEqual([
      expect.objectContaining({ rule: 'subsection-added', member: 'device/more', level: 'same', problems: 0 }),
    ]);
    expect(of(more, none)).toEqual([
      expect.objectContaining({ rule: 'subsection-missing', member: 'device/more', level: 'refused', problems: 1 }),
    ]);
  });

  test('a subsection that the machine type turns off is never sent: pckbd/extended_state up to 6.0', () => {
    const extended = description('pckbd/extended_state', { Fields: [counted('b', 4)] });
    const newer = description('pckbd', { Fields: [counted('a', 4)], Subsections: [extended] });
    const older = description('pckbd', { Fields: [counted('a', 4)], Subsections: [] });
    const levels = (machine: string): string[] => of(newer, older, machine).map(({ level }) => level);
    expect(levels('pc-q35-6.0')).toEqual(['same']);
    expect(levels('pc-q35-6.1')).toEqual(['refused']);
    expect(levels('pc-i440fx-10.0')).toEqual(['refused']);
    expect(levels('microvm')).toEqual(['refused']);
  });
});

describe('what a load makes of other fields', () => {
  test.each<[what: string, from: DescriptionJson[], to: DescriptionJson[], level: string]>([
    ['fewer bytes: the footer is not where it should be', [counted('a', 4)], [counted('a', 2)], 'refused'],
    ['as many bytes in other fields', [counted('a', 4)], [counted('b', 2), counted('c', 2)], 'silent'],
    ['as many bytes under another name', [counted('a', 4)], [counted('b', 4)], 'unknown'],
    ['filler instead of a field', [counted('a', 4), counted('c', 1)], [counted('unused', 4), counted('c', 1)], 'lost'],
    [
      'a field instead of filler',
      [counted('unused', 4), counted('c', 1)],
      [counted('a', 4), counted('c', 1)],
      'silent',
    ],
    [
      'a field that a function decides about',
      [counted('a', 4)],
      [counted('a', 4), field('b', 4, { field_exists: true })],
      'unknown',
    ],
    ['filler of another length', [counted('unused', 8)], [counted('unused', 4)], 'refused'],
  ])('%s', (_, from, to, level) => {
    const findings = of(fields(...from), fields(...to));
    expect(findings.map((finding) => finding.level)).toEqual(expect.arrayContaining([level]));
    expect(new Set(findings.map((finding) => finding.level))).toEqual(new Set([level]));
  });

  test('without numbers of elements, as QEMU 7.2 dumps them, arrays may be as long as they have to be', () => {
    const [finding] = of(fields(field('a', 4)), fields(counted('b', 2), field('c', 2, { num: 3 })));
    expect(finding).toMatchObject({ level: 'unknown' });
    expect(finding?.text).toContain('how many elements');
  });

  test('fields that were moved into a struct are the same bytes', () => {
    const inner = description('inner', { Fields: [counted('a', 4), counted('b', 4)] });
    const moved = fields(field('s', 64, { Description: inner }), counted('c', 1));
    expect(of(fields(counted('a', 4), counted('b', 4), counted('c', 1)), moved)).toEqual([]);
  });

  test('a struct of a newer version is no reason to refuse: its version is not in the stream', () => {
    const inner = (version: number): DescriptionJson =>
      description('inner', { version_id: version, Fields: [counted('a', 4)] });
    const [finding] = of(
      fields(field('s', 64, { Description: inner(2) })),
      fields(field('s', 64, { Description: inner(1) })),
    );
    expect(finding).toMatchObject({ rule: 'description-version-too-new', level: 'same', problems: 1 });
  });

  test('names that QEMU changed and its checker does not know stay one problem for it and none for the load', () => {
    const old = description('pckbd', { Fields: [counted('pending', 1)] });
    const young = description('pckbd', { Fields: [counted('pending_tmp', 1)] });
    expect(of(old, young)).toEqual([expect.objectContaining({ rule: 'field-other', level: 'same', problems: 1 })]);
  });
});

test('a device type under its other name is the same device', () => {
  const device = section(description('ICH9LPC', { Fields: [counted('a', 4)] }));
  expect(compare(dump({ 'ICH9 LPC': device }), dump({ 'ICH9-LPC': device })).findings).toEqual([]);
});

test('only the device types that were asked for are compared', () => {
  const from = dump({ a: section(description('a')), b: section(description('b')) });
  expect(compare(from, dump({ c: section(description('c')) }), { sections: new Set(['b']) }).findings).toEqual([
    expect.objectContaining({ section: 'b', rule: 'section-missing' }),
  ]);
});
