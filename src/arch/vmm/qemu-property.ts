/** What a property of QEMU is, for tables that both the profile and the exporter read. */
import type { Selection, WordPath } from '../../model/index.ts';
import { isSince } from './qemu-version.ts';
import type { QemuVersion } from './qemu-version.ts';

export interface QemuField {
  readonly word: WordPath;
  readonly shift: number;
  readonly width: number;
}

export interface QemuProperty {
  /** `level`. */
  readonly name: string;
  /** `-cpu MODEL,…`, `-machine TYPE,…`, `-accel kvm,…` or `-overcommit …`. */
  readonly on: 'cpu' | 'machine' | 'accel' | 'overcommit';
  /** Stands for the value where only its place is named: `N`, `on|off`. */
  readonly takes: string;
  /** The bits that a guest gets from it. */
  readonly fields: readonly QemuField[];
  readonly since: QemuVersion;
  /** The text that gives the promised fields; null where none does. Asked only where each word of `fields` is promised. */
  readonly write: (promised: (word: WordPath) => bigint) => string | null;
  readonly source: string;
}

/** `-cpu …,level=N`. */
export function propertyText({ on, name, takes }: Pick<QemuProperty, 'on' | 'name' | 'takes'>): string {
  const first = { cpu: '-cpu …,', machine: '-machine …,', accel: '-accel kvm,', overcommit: '-overcommit ' }[on];
  return `${first}${name}=${takes}`;
}

/** How this version selects a word: the properties that give bits of it; null where it has none. */
export function selectedBy(
  properties: readonly QemuProperty[],
  version: QemuVersion,
  word: WordPath,
): Selection | null {
  const found = properties.filter(
    ({ since, fields }) => isSince(version, since) && fields.some((field) => field.word === word),
  );
  const [first] = found;
  if (first === undefined) return null;
  const more = found.slice(1).map(({ name, takes }) => `,${name}=${takes}`);
  return { how: 'property', text: `${propertyText(first)}${more.join('')}` };
}

export function fieldOf({ shift, width }: QemuField, value: bigint): bigint {
  return (value >> BigInt(shift)) & ((1n << BigInt(width)) - 1n);
}

/** A word that is one number, written as it is. */
export function numberProperty(
  name: string,
  field: QemuField,
  since: QemuVersion,
  source: string,
  fits: (value: bigint) => boolean = () => true,
): QemuProperty {
  const write = (promised: (word: WordPath) => bigint): string | null => {
    const value = fieldOf(field, promised(field.word));
    return fits(value) ? value.toString() : null;
  };
  return { name, on: 'cpu', takes: 'N', fields: [field], since, write, source };
}

/** Words of one bit that go together: all 1, or all 0. */
export function switchProperty(
  on: QemuProperty['on'],
  name: string,
  words: readonly WordPath[],
  since: QemuVersion,
  source: string,
  texts: readonly [off: string, on: string] = ['off', 'on'],
): QemuProperty {
  const write = (promised: (word: WordPath) => bigint): string | null => {
    const values = new Set(words.map((word) => promised(word) & 1n));
    return values.size === 1 ? texts[values.has(1n) ? 1 : 0] : null;
  };
  const fields = words.map((word) => ({ word, shift: 0, width: 1 }));
  return { name, on, takes: texts.toReversed().join('|'), fields, since, write, source };
}
