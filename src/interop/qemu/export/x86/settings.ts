/**
 * From a contract to the properties of an x86 machine: each feature bit that this QEMU has a name for, each number, each
 * switch. What is decided here is what the arguments say and what the guest is then taken to have.
 */
import { qemuFeatureWords, qemuNames } from '../../../../arch/vmm/qemu-cpuid.ts';
import { QEMU_X86_PROPERTIES } from '../../../../arch/vmm/qemu-properties-x86.ts';
import { isSince } from '../../../../arch/vmm/qemu-version.ts';
import type { QemuVersion } from '../../../../arch/vmm/qemu-version.ts';
import type { QemuProperty } from '../../../../arch/vmm/qemu-property.ts';
import type { WordPath } from '../../../../model/index.ts';
import type { Property } from '../arguments.ts';
import { promisedField } from '../promise.ts';
import type { Promises } from '../promise.ts';
import { hypervOf } from './hyperv.ts';
import type { Hyperv } from './hyperv.ts';

export interface X86Settings {
  readonly version: QemuVersion;
  readonly model: string;
  /** Feature bits as the guest has them, by word, and those of them that an argument says, on or off. */
  readonly features: ReadonlyMap<WordPath, { readonly value: bigint; readonly said: bigint }>;
  readonly pmu: boolean;
  /** kvm=on: KVM's own leaves are there. */
  readonly kvm: boolean;
  /** Text by property; null where no text gives what was promised. */
  readonly written: ReadonlyMap<QemuProperty, string | null>;
  readonly hyperv: Hyperv;
  readonly cpu: readonly Property[];
}

/** The model without any feature, the same in every version and with every machine type (x86_cpu_base_class_init). */
export const BASE_MODEL = 'base';

export function x86Settings(promises: Promises, version: QemuVersion, model: string): X86Settings {
  const features = chosenFeatures(promises, version);
  const value = new Map(features.map(({ name, on }) => [name, on]));
  const written = new Map(
    QEMU_X86_PROPERTIES.filter(({ since }) => isSince(version, since)).flatMap((property) => {
      const text = writtenFor(promises, property);
      return text === undefined ? [] : [[property, text] as const];
    }),
  );
  const pmu = wantsPmu(promises, value);
  const kvm = promises.get('cpuid/0x40000000:0/eax')?.value !== 0n;
  // The base model is off wherever nobody says on.
  const said = features.filter(({ on }) => on || model !== BASE_MODEL);
  const hyperv = hypervOf(promises, version);
  return {
    version,
    model,
    hyperv,
    features: bitsOf(features, said),
    pmu,
    kvm,
    written,
    cpu: [
      ...numbers(written),
      ...switches(version, promises, pmu, kvm),
      ...hyperv.properties,
      ...said.map(({ name, on }) => ({ name, value: on ? 'on' : 'off' })),
    ],
  };
}

interface Feature {
  readonly name: string;
  readonly bits: readonly { readonly word: WordPath; readonly bit: number }[];
  readonly on: boolean;
}

/** A name that stands for several bits is on where all of them are promised. */
function chosenFeatures(promises: Promises, version: QemuVersion): Feature[] {
  const named = new Map<string, { word: WordPath; bit: number }[]>();
  for (const word of qemuFeatureWords(version)) {
    for (const [bit, name] of Object.entries(qemuNames(version, word))) {
      const known = named.get(name) ?? [];
      known.push({ word, bit: Number(bit) });
      named.set(name, known);
    }
  }
  return [...named].flatMap(([name, bits]): Feature[] => {
    // The repeated bits of AMD's leaf follow their first appearance.
    const own = bits.filter(({ word }) => word === bits[0]?.word);
    const wanted = own.map(({ word, bit }) => promisedField(promises, { word, shift: bit, width: 1 }));
    // Of a word that is promised in part, a bit that is not is topology or follows from something else.
    const others = own.some(({ word }, index) => wanted[index] === null && promises.has(word));
    return others ? [] : [{ name, bits: own, on: wanted.every((bit) => bit === 1n) }];
  });
}

function bitsOf(features: readonly Feature[], said: readonly Feature[]): X86Settings['features'] {
  const found = new Map<WordPath, { value: bigint; said: bigint }>();
  const add = (list: readonly Feature[], which: 'value' | 'said'): void => {
    for (const { word, bit } of list.flatMap(({ bits }) => bits)) {
      const known = found.get(word) ?? { value: 0n, said: 0n };
      found.set(word, { ...known, [which]: known[which] | (1n << BigInt(bit)) });
    }
  };
  add(
    features.filter(({ on }) => on),
    'value',
  );
  add(said, 'said');
  return found;
}

/** Undefined where the contract says nothing of it. */
function writtenFor(promises: Promises, { fields, write }: QemuProperty): string | null | undefined {
  if (fields.some((field) => promisedField(promises, field) === null)) return undefined;
  return write((word) => promises.get(word)?.value ?? 0n);
}

const numbers = (written: X86Settings['written']): Property[] =>
  [...written].flatMap(([{ name, on }, text]) => (on === 'cpu' && text !== null ? [{ name, value: text }] : []));

/** A vPMU that the contract has any part of: what it looks like is then the host's. */
function wantsPmu(promises: Promises, features: ReadonlyMap<string, boolean>): boolean {
  const leaf = promises.get('cpuid/0xa:0/eax');
  const architectural = leaf !== undefined && (leaf.value & leaf.mask & 0xffn) !== 0n;
  return architectural || ['pdcm', 'perfmon-v2', 'arch-lbr'].some((name) => features.get(name) === true);
}

/** Properties that are said always, because defaults and machine types differ. */
function switches(version: QemuVersion, promises: Promises, pmu: boolean, kvm: boolean): Property[] {
  const amd = isAmd(promises);
  const zero = [...promises.values()].every(({ word, value, mask }) => {
    return !/^cpuid\/0x[24]:/.test(word) || (value & mask) === 0n;
  });
  const frequencies = (promises.get('cpuid/0x40000010:0/eax')?.value ?? 0n) !== 0n;
  return [
    { name: 'pmu', value: onOff(pmu) },
    { name: 'kvm', value: onOff(kvm) },
    { name: 'vmware-cpuid-freq', value: onOff(frequencies) },
    ...(amd && isSince(version, '7.2') ? [{ name: 'x-vendor-cpuid-only', value: onOff(zero) }] : []),
  ];
}

const onOff = (value: boolean): string => (value ? 'on' : 'off');

/** "AuthenticAMD": the first four characters tell it from any other that QEMU knows (IS_AMD_CPU compares all twelve). */
export function isAmd(promises: Promises): boolean {
  return promises.get('cpuid/0x0:0/ebx')?.value === 0x6874_7541n;
}
