/**
 * The write to KVM that selects a word's value, from its path. Which values a host takes is the surface's to say; this is
 * the call that would be made (KVM API document: KVM_SET_ONE_REG, KVM_ARM_VCPU_INIT, KVM_CREATE_VM, KVM_ENABLE_CAP;
 * Documentation/virt/kvm/devices/ for attributes).
 */
import type { Mechanism, Operation, Stage, WordPath } from '../../model/index.ts';
import type { BehaviourRow } from '../behaviour.ts';
import { gicWord } from './elements.ts';
import { idOf } from './names.ts';
import { behaviourTest } from './tables/behaviours.ts';
import { observedRegister } from './tables/observed-registers.ts';
import { switchOperation, switchRow } from './tables/switches.ts';
import { VCPU_ATTRIBUTES } from './tables/vcpu-attributes.ts';
import { VCPU_FEATURES } from './tables/vcpu-features.ts';
import { GIC_REGISTERS } from './vgic.ts';

const DEVICES = { v2: 'vgic-v2', v3: 'vgic-v3', its: 'its' } as const;

/** Capabilities that a VMM turns on for a VM by the call alone, and whose effect a guest sees. */
const SELECTED_CAPABILITIES: ReadonlySet<string> = new Set(['KVM_CAP_ARM_MTE']);

/**
 * Null for what nothing selects: facts about the host, and values that are more than a word holds or the VMM's own, such as
 * the address of the memory for steal time.
 */
export function operation(word: WordPath): Operation | null {
  const behaves = behaviourTest(word);
  if (behaves !== undefined) return enabledFor(behaves);
  if (observedRegister(word) !== undefined) return null;
  const id = idOf(word);
  if (id !== null) return { call: 'KVM_SET_ONE_REG', id };
  if (word === 'vm/ipa-size') return { call: 'KVM_CREATE_VM' };
  const enabled = switchRow(word);
  if (enabled !== undefined) return switchOperation(enabled);
  const [area = '', name = ''] = word.split('/');
  switch (area) {
    case 'vgic':
      return gicOperation(word);
    case 'vcpu':
      return vcpuFeature(name);
    case 'vcpu-attribute':
      return vcpuAttribute(name);
    case 'capability':
      return SELECTED_CAPABILITIES.has(name)
        ? { call: 'KVM_ENABLE_CAP', on: 'vm', capability: name, argument: 0, bit: 0n, set: 1n }
        : null;
    default:
      return null;
  }
}

/** What a behaviour follows from is selected there; what a capability alone turns on is named here too. */
function enabledFor({ settings: [setting], own }: BehaviourRow): Operation | null {
  const followed = setting === undefined || own === true ? null : operation(setting.word);
  return followed?.call === 'KVM_ENABLE_CAP' ? followed : null;
}

/**
 * Registers of a redistributor or CPU interface belong to one vCPU: on a vGICv3 bits 63:32 of the attribute are its
 * affinity, on a vGICv2 bits 39:32 its index (arm-vgic-v3.rst, arm-vgic.rst). These are those of the first vCPU, 0.
 */
function gicOperation(word: WordPath): Operation | null {
  const row = GIC_REGISTERS.find(({ device, name }) => word === gicWord(device, name));
  if (row === undefined) return null;
  return {
    call: 'KVM_SET_DEVICE_ATTR',
    on: DEVICES[row.device],
    group: row.group,
    attribute: BigInt(row.offset),
    bytes: row.width === 32 ? 4 : 8,
  };
}

function vcpuFeature(name: string): Operation | null {
  const feature = VCPU_FEATURES.find((row) => row.name === name)?.bit;
  return feature === undefined ? null : { call: 'KVM_ARM_VCPU_INIT', feature };
}

function vcpuAttribute(name: string): Operation | null {
  const row = VCPU_ATTRIBUTES.find((candidate) => candidate.name === name);
  if (row === undefined || row.bytes === null) return null;
  const { group, attribute, bytes } = row;
  return { call: 'KVM_SET_DEVICE_ATTR', on: 'vcpu', group, attribute, bytes };
}

/** The same with its deadline, as a surface's words have it. */
export function mechanism(word: WordPath, until: Stage): Mechanism | null {
  const found = operation(word);
  return found === null ? null : { operation: found, until };
}
