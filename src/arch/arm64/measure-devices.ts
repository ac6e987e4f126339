/** Words of the interrupt controllers, of vCPU attributes and of the VM. */
import { fromHex, isHex } from '../../model/index.ts';
import type { MeasuredWord, Surface, WordLatitude } from '../../model/index.ts';
import { gicWord } from './elements.ts';
import { fieldsFromTrials, refusedBy, valueLatitude, wasAccepted } from './latitude.ts';
import { mechanism } from './operations.ts';
import { dataOf } from './read-sections.ts';
import type { AttributeTrials, GicRegister, GicSection, VcpuAttributesSection, VmSection } from './sections.ts';
import { GIC_REGISTERS } from './vgic.ts';

const SET_ATTRIBUTE = 'KVM_SET_DEVICE_ATTR';

export function deviceWords(surface: Surface): MeasuredWord[] {
  // The guest has a vGICv3; a vGICv2 is another guest's, but for a host that has nothing else.
  const hasV3 = surface.sections['vgic-v3']?.outcome !== 'absent';
  return [
    ...(hasV3 ? gicWords(surface, 'vgic-v3', 'v3') : gicWords(surface, 'vgic-v2', 'v2')),
    ...gicWords(surface, 'its', 'its'),
    ...attributeWords(surface),
    ...vmWords(surface),
  ];
}

function gicWords(surface: Surface, section: string, device: 'v2' | 'v3' | 'its'): MeasuredWord[] {
  const data = dataOf<GicSection>(surface, section);
  if (data === null) return [];
  return data.registers.flatMap((register, index): MeasuredWord[] => {
    const row = GIC_REGISTERS.find((candidate) => candidate.device === device && candidate.name === register.name);
    if (row === undefined) return [];
    const value = isHex(register.after) ? fromHex(register.after) : null;
    return [
      {
        path: gicWord(device, register.name),
        width: row.width,
        value,
        latitude: gicLatitude(register, value, row.fields),
        mechanism: mechanism(
          gicWord(device, register.name),
          register.trials.some(tookAnother(value)) ? 'before-first-run' : 'before-device-init',
        ),
        evidence: `/sections/${section}/data/registers/${index}/after`,
      },
    ];
  });
}

function gicLatitude(
  register: GicRegister,
  value: bigint | null,
  fields: Parameters<typeof fieldsFromTrials>[1],
): WordLatitude {
  if (value === null) return { kind: 'unknown', why: `its default could not be read: ${register.after}` };
  // What takes before initialization is as good: a VMM makes its settings in whatever order the device wants.
  const other = tookAnother(value);
  const trials =
    register.trials.some(other) || !register.trialsBefore.some(other) ? register.trials : register.trialsBefore;
  if (trials.length === 0) return { kind: 'unknown', why: 'no write was tried' };
  return fieldsFromTrials(value, fields, trials, SET_ATTRIBUTE);
}

function tookAnother(value: bigint | null): (trial: { readonly wrote: string; readonly outcome: string }) => boolean {
  return ({ wrote, outcome }) => outcome === 'taken' && isHex(wrote) && fromHex(wrote) !== value;
}

/** Attributes whose value a guest observes; the others are the VMM's tools. */
const OBSERVED: Readonly<Record<string, 'value' | 'presence'>> = {
  KVM_ARM_VCPU_TIMER_IRQ_VTIMER: 'value',
  KVM_ARM_VCPU_TIMER_IRQ_PTIMER: 'value',
  KVM_ARM_VCPU_PVTIME_IPA: 'presence',
};

function attributeWords(surface: Surface): MeasuredWord[] {
  const data = dataOf<VcpuAttributesSection>(surface, 'vcpu-attributes');
  if (data === null) return [];
  return data.attributes.flatMap((attribute, index): MeasuredWord[] => {
    const form = OBSERVED[attribute.name];
    if (form === undefined || attribute.has !== true) return [];
    return [
      {
        path: `vcpu-attribute/${attribute.name}`,
        width: form === 'value' ? 32 : 1,
        value: form === 'value' ? readValue(attribute) : 1n,
        latitude: form === 'value' ? attributeLatitude(attribute) : presence(attribute),
        mechanism: mechanism(`vcpu-attribute/${attribute.name}`, 'before-first-run'),
        evidence: `/sections/vcpu-attributes/data/attributes/${index}`,
      },
    ];
  });
}

function readValue({ reads }: AttributeTrials): bigint | null {
  return reads !== undefined && isHex(reads) ? fromHex(reads) : null;
}

function attributeLatitude(attribute: AttributeTrials): WordLatitude {
  const own = readValue(attribute);
  const found = valueLatitude(attribute.trials, SET_ATTRIBUTE);
  return found.kind === 'values' && own !== null ? { ...found, values: [own, ...found.values] } : found;
}

/** A VMM that turns on everything gives the guest an address; one that does not leaves the feature out. */
function presence({ trials }: AttributeTrials): WordLatitude {
  const offered = trials.some(({ outcome }) => outcome === 'taken');
  const values = offered ? [0n, 1n] : [0n];
  return { kind: 'values', values, otherwise: refusedBy(SET_ATTRIBUTE, 'ENXIO') };
}

function vmWords(surface: Surface): MeasuredWord[] {
  const data = dataOf<VmSection>(surface, 'vm');
  if (data === null) return [];
  /** What machine type 0 means (api.rst, KVM_CREATE_VM). */
  const IPA_DEFAULT = 40n;
  const IPA_SMALLEST = 32;
  // Every size between the smallest, the default and the largest that was taken (api.rst, KVM_CREATE_VM: 32 to the limit).
  const largest = Math.max(...data.ipaSizes.map(([bits, outcome]) => (outcome === 'taken' ? bits : 0)));
  const taken = largest > IPA_SMALLEST ? largest - IPA_SMALLEST + 1 : 0;
  const sizes = [IPA_DEFAULT, ...Array.from({ length: taken }, (_, index) => BigInt(IPA_SMALLEST + index))];
  const refusal = data.ipaSizes.find(([, outcome]) => !wasAccepted(outcome))?.[1] ?? 'EINVAL';
  const mte = data.enable.findIndex(([name]) => name === 'KVM_CAP_ARM_MTE');
  return [
    {
      path: 'vm/ipa-size',
      width: 8,
      value: data.ipaSizes[0]?.[1] === 'taken' ? IPA_DEFAULT : null,
      latitude: { kind: 'values', values: [...new Set(sizes)], otherwise: refusedBy('KVM_CREATE_VM', refusal) },
      mechanism: mechanism('vm/ipa-size', 'vm-created'),
      evidence: '/sections/vm/data/ipaSizes',
    },
    {
      path: 'capability/KVM_CAP_ARM_MTE',
      width: 1,
      // Off until a VMM enables it.
      value: 0n,
      latitude: {
        kind: 'values',
        values: data.enable[mte]?.[1] === 'taken' ? [0n, 1n] : [0n],
        otherwise: refusedBy('KVM_ENABLE_CAP', 'EINVAL'),
      },
      mechanism: mechanism('capability/KVM_CAP_ARM_MTE', 'before-vcpu'),
      evidence: mte < 0 ? '/sections/vm/data/enable' : `/sections/vm/data/enable/${mte}`,
    },
  ];
}
