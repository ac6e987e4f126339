/**
 * A contract of arm64 as a `<cpu>` of libvirt's. Under KVM there is one model, the host's own CPU, of which libvirt can turn
 * off SVE, vector lengths and pointer authentication; every ID register is QEMU's and the host's.
 */
import { fieldMask } from '../../model/index.ts';
import type { Contract, ExportOutcome, Exported, Registry } from '../../model/index.ts';
import { exported } from '../export.ts';
import type { PromisedField } from '../export.ts';
import { armBits } from './arm-features.ts';
import type { ArmMap } from './cpu-map.ts';
import { xmlText } from './write-xml.ts';
import type { XmlNode } from './write-xml.ts';

interface Said {
  readonly name: string;
  readonly policy: 'require' | 'disable';
}

const PMU = 'vcpu/PMU_V3';

export function exportArm(registry: Registry, contract: Contract, map: ArmMap): Exported {
  const promised = new Map(contract.promises.map((each) => [each.word, each]));
  const isOn = (name: string): boolean | null => {
    const states = armBits(name).map(({ word, mask }) => {
      const row = promised.get(word);
      return row === undefined || (mask & ~row.mask) !== 0n ? null : (row.value & mask) === mask;
    });
    const [first = null] = states;
    return states.every((state) => state === first) ? first : null;
  };
  const hasSve = isOn('sve') === true;
  const said = [...map.features].flatMap((name): Said[] => {
    const on = isOn(name);
    // Without SVE there are no vector lengths to name.
    if (on === null || (name !== 'sve' && name.startsWith('sve') && !hasSve)) return [];
    return [{ name, policy: on ? 'require' : 'disable' }];
  });
  const counters = promised.get(PMU);
  const cpu: XmlNode = {
    name: 'cpu',
    attributes: { mode: 'host-passthrough', check: 'none' },
    content: said.map(({ name, policy }) => ({ name: 'feature', attributes: { policy, name } })),
  };
  const features: readonly XmlNode[] =
    counters === undefined
      ? []
      : [{ name: 'features', content: [{ name: 'pmu', attributes: { state: counters.value === 1n ? 'on' : 'off' } }] }];
  return exported(registry, contract, {
    target: 'libvirt',
    artefact: { text: [cpu, ...features].map((node) => xmlText(node)).join('') },
    notes: [
      `names are those of the CPU map at ${map.directory}`,
      "mode='host-passthrough': KVM gives an arm64 guest the CPU of its host; hosts of another CPU are not kept out by it",
    ],
    outcome: (element) => outcomeOf(element, said, hasSve, contract),
  });
}

function outcomeOf(
  { word, field, value }: PromisedField,
  said: readonly Said[],
  hasSve: boolean,
  { promises }: Contract,
): ExportOutcome {
  if (word === PMU) return { how: 'set', by: `<pmu state='${value === 1n ? 'on' : 'off'}'/>` };
  const mask = fieldMask(field) & (promises.find((promised) => promised.word === word)?.mask ?? 0n);
  const by = said.filter(({ name }) => armBits(name).some((bits) => bits.word === word && (bits.mask & mask) !== 0n));
  const covered = by
    .flatMap(({ name }) => armBits(name))
    .reduce((sum, bits) => (bits.word === word ? sum | bits.mask : sum), 0n);
  const [first] = by;
  // Lengths above 2048 bits have no name; no CPU has them (Arm ARM: at most 2048).
  if (first !== undefined && (value & ~(covered >> BigInt(field.shift))) === 0n) {
    return { how: 'set', by: by.map(({ name, policy }) => `<feature policy='${policy}' name='${name}'/>`).join('') };
  }
  if (word === 'sve/vector-lengths' && !hasSve && value === 0n) {
    return { how: 'inherent', why: 'a guest without SVE has no vector lengths' };
  }
  return { how: 'cannot', why: 'libvirt has no word for it: the guest gets what QEMU makes of the host' };
}
