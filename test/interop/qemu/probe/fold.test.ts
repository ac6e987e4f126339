/** What a VMM surface keeps once must unfold to exactly what QEMU said. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldCompat } from '../../../../src/interop/qemu/probe/compat.ts';
import { foldExpansions } from '../../../../src/interop/qemu/probe/expansions.ts';
import type { Expanded } from '../../../../src/interop/qemu/probe/expansions.ts';
import { groupProperties } from '../../../../src/interop/qemu/probe/properties.ts';
import { VmstateCollector } from '../../../../src/interop/qemu/probe/vmstate.ts';
import { compatProperties, cpuProperties, expandedModel, vmstateDump } from '../../../../src/model/index.ts';
import type {
  CompatProperty,
  CpuModel,
  CpuProperty,
  Json,
  MachineType,
  VmmSurface,
} from '../../../../src/model/index.ts';

const CORPUS = join(import.meta.dirname, '../../../../../shared/corpora/qemu');

const machine: MachineType = {
  alias: null,
  default: false,
  deprecated: null,
  maximumCpus: 1,
  hotpluggableCpus: false,
  numa: null,
  acpi: null,
  defaultCpu: null,
  defaultRam: null,
  compat: null,
};

const model: Omit<CpuModel, 'expansion'> = {
  type: 't',
  alias: null,
  static: false,
  migrationSafe: null,
  deprecated: null,
  unavailable: null,
};

function surface(parts: Partial<Pick<VmmSurface, 'machines' | 'cpu' | 'vmstate'>>): VmmSurface {
  return {
    format: 'evenkeel.vmm-surface/1',
    architecture: 'x86_64',
    vmm: { name: 'qemu', version: '1.2.3', package: '' },
    accelerator: 'tcg',
    host: null,
    recorded: {
      at: null,
      by: 'test',
      method: 'probe',
      command: null,
      environment: {},
      milliseconds: null,
      ioctls: null,
    },
    fingerprint: `sha256:${'0'.repeat(64)}`,
    machines: {},
    cpu: { machine: 'none', base: {}, staticProperties: null, models: {}, properties: [] },
    vmstate: { descriptions: {}, dumps: [], failed: {} },
    ...parts,
  };
}

const name = fc.constantFrom('pc-q35-9.0', 'pc-q35-9.1', 'pc-i440fx-9.1', 'pc-q35-10.0', 'microvm', 'constructor');
const property: fc.Arbitrary<CompatProperty> = fc.record({
  type: fc.constantFrom('a', 'b'),
  property: fc.constantFrom('p', 'q'),
  value: fc.constantFrom('on', 'off'),
});

describe('compat properties', () => {
  test('unfold to the lists that QEMU gave, in their order', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.array(property, { maxLength: 5 })), (lists) => {
        const folded = foldCompat(new Map(Object.entries(lists)));
        const machines = Object.fromEntries(
          Object.keys(lists).map((key) => [key, { ...machine, compat: folded.get(key) ?? null }]),
        );
        for (const [key, list] of Object.entries(lists)) {
          expect(compatProperties(surface({ machines }), key)).toEqual(list);
        }
      }),
    );
  });

  test('of an older machine type are told as what it adds to the newer one of its own family', () => {
    const [a, b]: CompatProperty[] = [
      { type: 'pci', property: 'x', value: 'on' },
      { type: 'cpu', property: 'y', value: 'off' },
    ];
    if (a === undefined || b === undefined) throw new Error('two');
    const folded = foldCompat(
      new Map([
        ['pc-i440fx-9.1', [a]],
        ['pc-q35-9.0', [a, b]],
        ['pc-q35-9.1', [a]],
      ]),
    );
    expect(folded.get('pc-q35-9.0')).toEqual({ after: 'pc-q35-9.1', properties: [b] });
  });

  test('of a machine type that is not there, or does not tell, are unknown and not empty', () => {
    expect(compatProperties(surface({ machines: { old: machine } }), 'old')).toBeNull();
    expect(compatProperties(surface({}), 'toString')).toBeNull();
  });
});

const value = fc.oneof(fc.boolean(), fc.integer(), fc.string(), fc.constant(null));
const properties = fc.dictionary(fc.constantFrom('avx', 'sse', 'level', 'vendor', '__proto__x'), value);
const answer: fc.Arbitrary<Expanded> = fc.oneof(
  fc.record({ outcome: fc.constant('expanded' as const), properties }),
  fc.record({ outcome: fc.constant('refused' as const), message: fc.string() }),
);

describe('expansions of CPU models', () => {
  test('unfold to every property that QEMU gave, and to no other', () => {
    const models = fc.constantFrom('base', 'EPYC', 'EPYC-v1', 'host');
    fc.assert(
      fc.property(fc.dictionary(models, answer), fc.option(models), (answers, alias) => {
        const { base, expansions } = foldExpansions(
          new Map(Object.entries(answers)),
          new Map(Object.keys(answers).map((key) => [key, key === 'EPYC' && alias !== 'EPYC' ? alias : null])),
        );
        const named = [...expansions].map(([key, expansion]): [string, CpuModel] => [key, { ...model, expansion }]);
        const cpu = { ...surface({}).cpu, base, models: Object.fromEntries(named) };
        for (const [key, given] of Object.entries(answers)) {
          const unfolded = expandedModel(surface({ cpu }), key);
          expect(unfolded).toEqual(given.outcome === 'expanded' ? given.properties : null);
        }
      }),
    );
  });

  test('of an unversioned name are told as those of the version that it stands for', () => {
    const epyc: Expanded = { outcome: 'expanded', properties: { avx: true } };
    const { expansions } = foldExpansions(
      new Map([
        ['EPYC', epyc],
        ['EPYC-v1', epyc],
      ]),
      new Map([['EPYC', 'EPYC-v1']]),
    );
    expect(expansions.get('EPYC')).toEqual({ outcome: 'as', model: 'EPYC-v1' });
  });
});

test('each model has the properties that its type was said to take', () => {
  const row: fc.Arbitrary<CpuProperty> = fc.record({
    name: fc.constantFrom('avx', 'pmu', 'sve'),
    type: fc.constantFrom('bool', 'int'),
  });
  const lists = fc.dictionary(
    fc.constantFrom('max', 'host', 'a64fx'),
    fc.uniqueArray(row, { selector: JSON.stringify }),
  );
  fc.assert(
    fc.property(lists, (given) => {
      const cpu = { ...surface({}).cpu, properties: groupProperties(new Map(Object.entries(given))) };
      for (const [key, rows] of Object.entries(given)) {
        expect(new Set(cpuProperties(surface({ cpu }), key).map((each) => JSON.stringify(each)))).toEqual(
          new Set(rows.map((each) => JSON.stringify(each))),
        );
      }
    }),
  );
});

const { description } = fc.letrec<{ description: Json; field: Json }>((tie) => ({
  description: fc.record(
    {
      name: fc.constantFrom('cpu', 'pci', 'cpu/x'),
      version_id: fc.nat(3),
      minimum_version_id: fc.nat(3),
      Fields: fc.array(tie('field'), { maxLength: 3 }),
      Subsections: fc.array(tie('description'), { maxLength: 2 }),
    },
    { requiredKeys: ['name', 'version_id', 'minimum_version_id'] },
  ),
  field: fc.record(
    {
      field: fc.constantFrom('irq', 'regs'),
      version_id: fc.nat(2),
      field_exists: fc.boolean(),
      num: fc.nat(2),
      size: fc.nat(8),
      Description: tie('description'),
    },
    { requiredKeys: ['field', 'version_id', 'field_exists', 'size'] },
  ),
}));

function dumpOf(machineType: string, descriptions: Readonly<Record<string, Json>>): Json {
  const sections = Object.entries(descriptions).map(([type, Description]): [string, Json] => [
    type,
    { Name: type, version_id: 1, minimum_version_id: 0, Description },
  ]);
  return { vmschkmachine: { Name: machineType }, ...Object.fromEntries(sections) };
}

describe('dumps of vmstate', () => {
  test('unfold to what QEMU wrote, of each machine type its own', () => {
    const sections = fc.dictionary(fc.constantFrom('e1000', 'nvme', 'cpu'), description);
    fc.assert(
      fc.property(sections, sections, (first, second) => {
        const collector = new VmstateCollector();
        expect(collector.add('one', dumpOf('one', first))).toBeNull();
        expect(collector.add('two', dumpOf('two', second))).toBeNull();
        const held = surface({ vmstate: collector.collected() });
        expect(vmstateDump(held, 'one')).toEqual(dumpOf('one', first));
        expect(vmstateDump(held, 'two')).toEqual(dumpOf('two', second));
      }),
    );
  });

  test("QEMU's own test files come out as they went in", (context) => {
    if (!existsSync(CORPUS)) return context.skip('the corpora are not beside the repository');
    for (const file of ['dump1.json', 'dump2.json']) {
      const dump = JSON.parse(readFileSync(join(CORPUS, file), 'utf8')) as Record<string, { Name: string }> & {
        vmschkmachine: { Name: string };
      };
      // Written by hand: one section has the Name of another, one no description, which QEMU never writes.
      const whole = Object.entries(dump).filter(
        ([type, section]) => type === 'vmschkmachine' || (section.Name === type && 'Description' in section),
      );
      expect(whole.length).toBeGreaterThan(Object.keys(dump).length - 3);
      const collector = new VmstateCollector();
      expect(collector.add(dump.vmschkmachine.Name, Object.fromEntries(whole))).toBeNull();
      const held = surface({ vmstate: collector.collected() });
      expect(vmstateDump(held, dump.vmschkmachine.Name)).toEqual(Object.fromEntries(whole));
    }
  });

  test.each<[what: string, dump: Json, where: string]>([
    ['a list', [], ''],
    ['a section that is a number', { cpu: 3 }, '/cpu'],
    ['a word that no QEMU writes', { cpu: { Name: 'cpu', version_id: 1, minimum_version_id: 1, More: 1 } }, '/cpu'],
    [
      'a section without a description',
      { cpu: { Name: 'cpu', version_id: 1, minimum_version_id: 1 } },
      '/cpu/Description',
    ],
    [
      'a field without a size',
      dumpOf('m', {
        cpu: { name: 'cpu', version_id: 1, minimum_version_id: 1, Fields: [{ field: 'x', version_id: 0 }] },
      }),
      '/cpu/Description/Fields/0',
    ],
  ])('%s is named with its place and not kept', (_, dump, where) => {
    expect(new VmstateCollector().add('m', dump)?.where).toBe(where);
  });
});
