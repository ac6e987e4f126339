/** VMM surfaces as files: the recorded ones, and such that somebody damaged or made up. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { recordedVmms } from '../../src/cli/recorded.ts';
import { toDocument, toVmmSurface, vmmFingerprint, vmmSurfaceText } from '../../src/format/index.ts';
import { compatProperties, dumpedMachines, expandedModel, vmstateDump } from '../../src/model/index.ts';
import type { Json, VmmSurface } from '../../src/model/index.ts';

function parse(path: string): Json {
  return JSON.parse(readFileSync(path, 'utf8')) as Json;
}

function surfaceAt(path: string): VmmSurface {
  const read = toVmmSurface(path, parse(path));
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

describe('recorded VMM surfaces', () => {
  const recorded = recordedVmms();

  test('are there for four versions of two architectures', () => {
    expect(recorded.length).toBe(8);
  });

  test.each(recorded)('$name is whole: fingerprint, text, every machine type and model', ({ path, name }) => {
    const surface = surfaceAt(path);
    expect(vmmFingerprint(surface)).toBe(surface.fingerprint);
    expect(vmmSurfaceText(surface)).toBe(readFileSync(path, 'utf8'));
    expect(name).toBe(`vmm/qemu-${surface.vmm.version.split('.').slice(0, 2).join('.')}/${surface.architecture}`);
    expect(dumpedMachines(surface)).toContain('none');
    for (const machine of dumpedMachines(surface)) expect(vmstateDump(surface, machine)).not.toBeNull();
    for (const model of Object.keys(surface.cpu.models)) expect(expandedModel(surface, model)).not.toBeNull();
    // Told since QEMU 9.1, which 10.0 and 11.1 are after.
    const told = Number(surface.vmm.version.split('.')[0]) >= 10;
    for (const machine of Object.keys(surface.machines)) {
      expect(compatProperties(surface, machine) !== null).toBe(told);
    }
  });

  test('10.0 says what keeps a guest of pc-q35-7.2 as it was in 7.2', () => {
    const path = recorded.find(({ name }) => name === 'vmm/qemu-10.0/x86_64')?.path ?? '';
    const rows = compatProperties(surfaceAt(path), 'pc-q35-7.2') ?? [];
    // hw/core/machine.c, hw_compat_7_2: the migration stream of e1000e without its later fields.
    expect(rows).toContainEqual({ type: 'e1000e', property: 'migrate-timadj', value: 'off' });
  });
});

type Edit = (json: Record<string, Json>) => void;

/** An x86_64 surface with one thing changed. */
function edited(edit: Edit): Json {
  const path = recordedVmms().find(({ name }) => name === 'vmm/qemu-10.0/x86_64')?.path ?? '';
  const json = parse(path) as Record<string, Json>;
  edit(json);
  return json;
}

function at(json: Json | undefined, ...keys: readonly string[]): Record<string, Json> {
  const found = keys.reduce<Json | undefined>((value, key) => (value as Record<string, Json>)[key], json);
  return found as Record<string, Json>;
}

describe('a VMM surface is refused with the place of what is wrong where', () => {
  test.each<[what: string, edit: Edit, says: RegExp]>([
    ['it is of a later version', (json) => (json['format'] = 'evenkeel.vmm-surface/2'), /newer Evenkeel/],
    ['the architecture is unknown', (json) => (json['architecture'] = 'ppc64'), /x86_64/],
    ['a machine type lacks its CPUs', (json) => delete at(json, 'machines', 'pc-q35-9.2')['maximumCpus'], /number/],
    [
      'machine types come after each other in a circle',
      (json) => (at(json, 'machines', 'pc-q35-10.0', 'compat')['after'] = 'pc-q35-9.2'),
      /in a circle/,
    ],
    [
      'a machine type comes after one that is not there',
      (json) => (at(json, 'machines', 'pc-q35-9.2', 'compat')['after'] = 'toString'),
      /no machine type toString/,
    ],
    [
      'a model is as another that is not there',
      (json) => (at(json, 'cpu', 'models', 'EPYC')['expansion'] = { outcome: 'as', model: 'EPYC-v99' }),
      /no model EPYC-v99/,
    ],
    [
      'a description is not there',
      (json) => delete at(json, 'vmstate', 'descriptions')['PCIDevice'],
      /no description PCIDevice/,
    ],
    [
      'a description contains itself',
      (json) => (at(json, 'vmstate', 'descriptions', 'PCIDevice')['subsections'] = ['PCIDevice']),
      /contains itself/,
    ],
    [
      'a few lines stand for more fields than any QEMU has',
      (json) => {
        const descriptions = at(json, 'vmstate', 'descriptions');
        for (let level = 0; level < 60; level++) {
          const inner = level === 0 ? [] : [`level ${level - 1}`, `level ${level - 1}`];
          descriptions[`level ${level}`] = { name: 'x', versionId: 0, minimumVersionId: 0, subsections: inner };
        }
        descriptions['PCIDevice'] = { name: 'x', versionId: 0, minimumVersionId: 0, subsections: ['level 59'] };
      },
      /unfolds to more than/,
    ],
  ])('%s', (_, edit, says) => {
    const read = toDocument('file.json', edited(edit));
    expect(read.ok).toBe(false);
    expect(read.ok ? '' : read.error.message).toMatch(says);
    expect(read.ok ? null : read.error.place).not.toBeNull();
  });

  test('a name is one that every object has', () => {
    const surface = toVmmSurface(
      'file.json',
      edited((json) => (at(json, 'machines')['x'] = at(json, 'machines', 'microvm'))),
    );
    if (!surface.ok) throw new Error(surface.error.message);
    expect(vmstateDump(surface.value, 'constructor')).toBeNull();
    expect(expandedModel(surface.value, 'constructor')).toBeNull();
  });
});
