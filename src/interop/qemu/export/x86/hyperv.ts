/** Hyper-V's leaves: which properties give what was promised, and what the guest then reads. */
import {
  QEMU_HYPERV,
  QEMU_HYPERV_ALWAYS,
  QEMU_HYPERV_CONSTANTS,
  QEMU_HYPERV_NUMBERS,
} from '../../../../arch/vmm/qemu-hyperv.ts';
import { isSince } from '../../../../arch/vmm/qemu-version.ts';
import type { QemuVersion } from '../../../../arch/vmm/qemu-version.ts';
import { extract } from '../../../../model/index.ts';
import type { ExportOutcome, WordPath } from '../../../../model/index.ts';
import type { PromisedField } from '../../../export.ts';
import type { Property } from '../arguments.ts';
import { promisedField } from '../promise.ts';
import type { Promises } from '../promise.ts';

export interface Hyperv {
  readonly properties: readonly Property[];
  /** By word: the whole value, and the bits that an argument says. Null: the guest has no such leaves. */
  readonly words: ReadonlyMap<WordPath, { readonly value: bigint; readonly said: bigint }> | null;
}

/** Bits that a switch of KVM stands for besides CPUID. */
const SWITCHES: Readonly<Record<WordPath, string>> = {
  'switch/HYPERV_SYNIC': 'hv-synic',
  'switch/HYPERV_SYNIC2': 'hv-synic',
  'switch/HYPERV_DIRECT_TLBFLUSH': 'hv-tlbflush-direct',
  'switch/HYPERV_ENFORCE_CPUID': 'hv-enforce-cpuid',
};

/** Where the vendor's twelve characters are. */
export const HYPERV_VENDOR: readonly WordPath[] = ['ebx', 'ecx', 'edx'].map(
  (register) => `hyperv/0x40000000:0/${register}`,
);

export function hypervOf(promises: Promises, version: QemuVersion): Hyperv {
  const promised = (word: WordPath): bigint => {
    const found = promises.get(word);
    return found === undefined ? 0n : found.value & found.mask;
  };
  if (promised('hyperv/0x40000001:0/eax') === 0n) return { properties: [], words: null };
  const chosen = QEMU_HYPERV.filter(
    ({ since, bits }) =>
      isSince(version, since) && Object.entries(bits).every(([word, mask]) => (promised(word) & mask) === mask),
  );
  const numbers = QEMU_HYPERV_NUMBERS.flatMap((field) => {
    const value = isSince(version, field.since) ? promisedField(promises, field) : null;
    return value === null ? [] : [{ ...field, value }];
  });
  const vendor = vendorText(promised);
  const words = hypervWords(
    chosen.map(({ name }) => name),
    numbers,
    vendor === null ? [] : HYPERV_VENDOR.map((word) => ({ word, value: promised(word) })),
  );
  const enforced = promised('switch/HYPERV_ENFORCE_CPUID') !== 0n && isSince(version, '7.2');
  return {
    properties: [
      ...chosen.map(({ name }) => ({ name, value: 'on' })),
      ...(enforced ? [{ name: 'hv-enforce-cpuid', value: 'on' }] : []),
      ...numbers.map(({ name, value }) => ({ name, value: value.toString() })),
      ...(vendor === null ? [] : [{ name: 'hv-vendor-id', value: vendor }]),
    ],
    words,
  };
}

type Words = Map<WordPath, { readonly value: bigint; readonly said: bigint }>;

/** What a guest reads that has these properties on: hyperv_fill_cpuids. */
export function hypervWords(
  on: readonly string[],
  numbers: readonly {
    readonly word: WordPath;
    readonly shift: number;
    readonly width: number;
    readonly value: bigint;
  }[],
  vendor: readonly { readonly word: WordPath; readonly value: bigint }[],
): Words {
  const words: Words = new Map();
  const add = (word: WordPath, value: bigint, said: bigint): void => {
    const known = words.get(word) ?? { value: 0n, said: 0n };
    words.set(word, { value: known.value | value, said: known.said | said });
  };
  for (const [word, value] of Object.entries(QEMU_HYPERV_CONSTANTS)) add(word, value, 0n);
  for (const [word, value] of Object.entries(QEMU_HYPERV_ALWAYS)) add(word, value, 0n);
  for (const { name, bits } of QEMU_HYPERV) {
    if (on.includes(name)) for (const [word, mask] of Object.entries(bits)) add(word, mask, mask);
  }
  // HV_APIC_ACCESS_RECOMMENDED goes with hv-vapic where hv-avic is off.
  if (on.includes('hv-vapic') && !on.includes('hv-avic')) add('hyperv/0x40000004:0/eax', 0x8n, 0n);
  add('hyperv/0x40000000:0/eax', words.has('hyperv/0x4000000a:0/eax') ? 0x4000_000an : 0x4000_0005n, 0n);
  for (const { word, shift, width, value } of numbers) {
    add(word, value << BigInt(shift), ((1n << BigInt(width)) - 1n) << BigInt(shift));
  }
  for (const { word, value } of vendor) add(word, value, 0xffff_ffffn);
  return words;
}

/** "Microsoft Hv"; QEMU takes twelve characters at most and fills with zeros. Null where no text gives it. */
function vendorText(promised: (word: WordPath) => bigint): string | null {
  const bytes = HYPERV_VENDOR.flatMap((word) =>
    [0n, 8n, 16n, 24n].map((shift) => Number((promised(word) >> shift) & 0xffn)),
  );
  const text = String.fromCharCode(...bytes).replace(/\0+$/, '');
  return /^[ -+\x2d-~]+$/.test(text) ? text : null;
}

/** Null where the element is not of Hyper-V's interface. */
export function hypervOutcome(hyperv: Hyperv, { word, field, value }: PromisedField): ExportOutcome | null {
  const property = SWITCHES[word];
  if (property !== undefined) {
    const on = hyperv.properties.some(({ name }) => name === property);
    if (on !== (value !== 0n)) return { how: 'cannot', why: `it goes with ${property}`, gives: on ? 1n : 0n };
    return on ? { how: 'set', by: `${property}=on` } : { how: 'inherent', why: `it goes with ${property}` };
  }
  if (!word.startsWith('hyperv/')) return null;
  if (hyperv.words === null) {
    return value === 0n
      ? { how: 'inherent', why: "no hv- property is on, and Hyper-V's leaves are not there" }
      : { how: 'cannot', why: "without Hv#1 in 0x40000001 there are none of Hyper-V's leaves", gives: 0n };
  }
  const given = hyperv.words.get(word) ?? { value: 0n, said: 0n };
  const gives = extract(field, given.value);
  if (gives !== value) return { how: 'cannot', why: 'no set of hv- properties gives this', gives };
  return extract(field, given.said) === 0n
    ? { how: 'inherent', why: "QEMU's own with Hyper-V's leaves" }
    : { how: 'set', by: 'hv- properties' };
}
