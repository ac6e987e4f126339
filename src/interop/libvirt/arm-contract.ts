/**
 * A domain of aarch64 as a contract. Its XML can say next to nothing: a model stands for a part number alone, and of features
 * only SVE, its vector lengths and pointer authentication have names.
 */
import { defaultChoices } from '../../arch/index.ts';
import { CONTRACT_FORMAT, err, ok } from '../../model/index.ts';
import type { Contract, Promised, Result } from '../../model/index.ts';
import { armBits } from './arm-features.ts';
import type { ArmMap } from './cpu-map.ts';
import { readDefinition } from './definition.ts';
import type { CpuDefinition } from './definition.ts';
import type { DomainParts } from './locate.ts';
import { unknownAreas } from './unknown-areas.ts';
import { machineNote } from './x86-contract.ts';
import type { GuestContract } from './x86-contract.ts';
import { childOf, fault } from './xml.ts';
import type { XmlFault } from './xml.ts';

const UNSTATED = "libvirt's XML of an aarch64 guest states its features by name, which are few, and nothing else";
/** MIDR_EL1: implementer in bits 31:24, part number in 15:4 (Arm ARM, D24.2). */
const IMPLEMENTER_SHIFT = 24n;
const PART_SHIFT = 4n;

export function armContract(parts: DomainParts, map: ArmMap, name: string): Result<GuestContract, XmlFault> {
  if (parts.cpu === null) return err(fault(parts.line, 'the domain has no <cpu>: what the guest has is not said'));
  const read = readDefinition(parts.cpu);
  if (!read.ok) return read;
  const definition = read.value;
  const features = featuresOf(definition, map);
  if (!features.ok) return features;
  const model = modelOf(definition, map);
  if (!model.ok) return model;
  const promises = [...model.value, ...features.value, ...pmu(parts)];
  if (promises.length === 0) {
    const message = `mode='${definition.mode}' and no feature: the guest's CPU depends on the host; pin the contract from the surface of that host`;
    return err(fault(definition.line, message));
  }
  const machine = childOf(parts.os ?? undefined, 'type')?.attributes.get('machine');
  const contract: Contract = {
    format: CONTRACT_FORMAT,
    architecture: 'arm64',
    name: parts.name ?? name,
    pinnedFrom: [],
    promises,
    carries: [],
    unknown: unknownAreas('arm64', UNSTATED),
    choices: { ...defaultChoices('arm64'), ...(machine === undefined ? {} : { machine }) },
  };
  return ok({ contract, notes: machine === undefined ? [] : [machineNote(machine)] });
}

function featuresOf({ features }: CpuDefinition, map: ArmMap): Result<readonly Promised[], XmlFault> {
  const words = new Map<string, Promised>();
  for (const { name, policy, line } of features) {
    if (!map.features.has(name)) {
      return err(fault(line, `CPU feature '${name}' is not in libvirt's CPU map at ${map.directory}`));
    }
    if (policy === 'optional') continue;
    const isOn = policy === 'require' || policy === 'force';
    for (const { word, width, mask } of armBits(name)) {
      const before = words.get(word) ?? { word, width, value: 0n, mask: 0n };
      words.set(word, { word, width, mask: before.mask | mask, value: isOn ? before.value | mask : before.value });
    }
  }
  return ok([...words.values()]);
}

function modelOf({ model }: CpuDefinition, map: ArmMap): Result<readonly Promised[], XmlFault> {
  // `max` and `host` are QEMU's own, and stand for no CPU.
  if (model === null || model.name === 'max' || model.name === 'host') return ok([]);
  const known = map.models.get(model.name);
  if (known === undefined) {
    return err(fault(model.line, `CPU model '${model.name}' is not in libvirt's CPU map at ${map.directory}`));
  }
  const implementer = known.vendor === null ? undefined : map.vendors.get(known.vendor);
  const fields: readonly (readonly [value: bigint, mask: bigint])[] = [
    ...(implementer === undefined ? [] : [[implementer << IMPLEMENTER_SHIFT, 0xffn << IMPLEMENTER_SHIFT] as const]),
    ...(known.part === null ? [] : [[known.part << PART_SHIFT, 0xfffn << PART_SHIFT] as const]),
  ];
  if (fields.length === 0) return ok([]);
  const value = fields.reduce((sum, [field]) => sum | field, 0n);
  const mask = fields.reduce((sum, [, field]) => sum | field, 0n);
  return ok([{ word: 'reg/MIDR_EL1', width: 64, value, mask }]);
}

function pmu({ features }: DomainParts): readonly Promised[] {
  const state = childOf(features ?? undefined, 'pmu')?.attributes.get('state');
  if (state !== 'on' && state !== 'off') return [];
  return [{ word: 'vcpu/PMU_V3', width: 1, value: state === 'on' ? 1n : 0n, mask: 1n }];
}
