import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultChoices, measure, registryFor } from '../../../src/arch/index.ts';
import { pin } from '../../../src/engine/index.ts';
import { promisedFields } from '../../../src/interop/export.ts';
import { exportKubevirt } from '../../../src/interop/kubevirt/contract.ts';
import { contractKey, isLabelKey, ownLabels } from '../../../src/interop/kubevirt/index.ts';
import { yamlText } from '../../../src/interop/kubevirt/yaml.ts';
import { describeContract } from '../../../src/interop/libvirt/described.ts';
import { exportOpenstack } from '../../../src/interop/openstack/contract.ts';
import { CUSTOM_TRAIT, TRAITS, contractTrait } from '../../../src/interop/openstack/index.ts';
import type { Contract, Exported } from '../../../src/model/index.ts';
import { recordings } from '../recorded.ts';

const MAP = '/usr/share/libvirt/cpu_map';
const WHY_NOT = existsSync(MAP) ? '' : `: skipped, there is no ${MAP} (Debian: libvirt-daemon-system)`;
if (WHY_NOT !== '' && process.env['EVENKEEL_LAB_REQUIRED'] === '1') throw new Error(WHY_NOT);

const CONTRACTS = (await recordings()).map(({ name, surface }): readonly [string, Contract] => {
  const choices = defaultChoices(surface.architecture);
  const measured = measure(surface, choices['vcpu'] === undefined ? {} : { vcpu: choices['vcpu'] });
  const options = { name, hosts: [''], names: [name], choices, settings: new Map<string, bigint>(), except: [] };
  const pinned = pin(registryFor(surface.architecture), [measured], options);
  if (!pinned.ok) throw new Error(pinned.error.message);
  return [name, pinned.value];
});

function exported(contract: Contract, target: typeof exportKubevirt): Exported {
  const registry = registryFor(contract.architecture);
  const described = describeContract(registry, contract, { map: MAP });
  if (!described.ok) throw new Error(described.error.message);
  const found = target(registry, contract, described.value);
  const all = [...found.set, ...found.inherent, ...found.cannot].map(({ element }) => element);
  expect(all.toSorted()).toEqual(
    promisedFields(registry, contract)
      .map(({ element }) => element)
      .toSorted(),
  );
  return found;
}

describe.skipIf(WHY_NOT !== '')(`a contract for clusters${WHY_NOT}`, () => {
  test.each(CONTRACTS)('of %s in a VirtualMachine: what is said to be set is in it', (_, contract) => {
    const { artefact, set } = exported(contract, exportKubevirt);
    if (contract.architecture === 'arm64') expect(artefact.text).not.toContain('features');
    else expect(set.length).toBeGreaterThan(0);
    for (const { by } of set) {
      const [field, text = ''] = by.split(': ');
      switch (field) {
        case 'cpu.features': {
          for (const each of text.split(', ')) {
            const [name, policy] = each.split(' ');
            expect(artefact.text).toContain(`- name: "${name}"\n              policy: "${policy}"`);
          }
          break;
        }
        case 'cpu.model':
          expect(artefact.text).toContain(`model: "${text}"`);
          break;
        case 'nodeSelector':
          expect(isLabelKey(text)).toBe(true);
          expect(artefact.text).toContain(`"${text}": "true"`);
          break;
        default:
          for (const part of field?.split('.') ?? []) expect(artefact.text).toContain(`${part}:`);
      }
    }
    // Nodes are told the same key.
    expect(artefact.text).toContain(`key: "${contractKey(contract)}"`);
    expect(ownLabels('sha256:0', [{ contract, level: 'same' }]).map(({ key }) => key)).toContain(contractKey(contract));
  });

  test.each(CONTRACTS)(
    'of %s for nova: what is said to be set is in it, and every trait is one that a host can have',
    (_, contract) => {
      const { artefact, set } = exported(contract, exportOpenstack);
      const specs = (artefact.arguments ?? []).filter((_word, at) => at % 2 === 1);
      expect(
        (artefact.arguments ?? []).filter((_word, at) => at % 2 === 0).every((word) => word === '--property'),
      ).toBe(true);
      const flags = /^cpu_model_extra_flags = (.*)$/m.exec(artefact.text)?.[1]?.split(', ') ?? [];
      expect(set.length).toBeGreaterThan(0);
      // Nothing is turned on or off of which nothing is promised.
      const said = new Set(set.flatMap(({ by }) => by.split(/: |, /)));
      expect(flags.filter((flag) => !said.has(flag))).toEqual([]);
      for (const { by } of set) {
        const [field, text = ''] = by.split(': ');
        if (field === 'cpu_model_extra_flags') expect(flags).toEqual(expect.arrayContaining(text.split(', ')));
        else if (field === 'cpu_models') expect(artefact.text).toContain(`cpu_models = ${text}\n`);
        else expect(specs).toContain(by);
      }
      const traits = specs.flatMap((spec) => /^trait:(\w+)=required$/.exec(spec)?.[1] ?? []);
      expect(traits).toContain(contractTrait(contract));
      const reported = new Set(TRAITS.filter((row) => row.reported).map(({ trait }) => trait));
      for (const trait of traits) expect(CUSTOM_TRAIT.test(trait) || reported.has(trait), trait).toBe(true);
    },
  );
});

test('YAML: mappings, sequences of mappings, and texts that would else be numbers', () => {
  const text = yamlText({
    spec: { features: [{ name: '3dnow', on: true }, { name: '0x10' }], retries: 8191n, 'a/b': 'yes' },
  });
  expect(text).toBe(
    [
      'spec:',
      '  features:',
      '    - name: "3dnow"',
      '      on: true',
      '    - name: "0x10"',
      '  retries: 8191',
      '  "a/b": "yes"',
      '',
    ].join('\n'),
  );
});
