/**
 * What people want to know of an x86 element beyond how it compares: what goes wrong, what guests do with it, how a value
 * is selected, and what other programs call it. Tables in `*-rows.ts`; no verdict depends on them.
 */
import type { Catalogue, Element } from '../../../model/index.ts';
import { operation } from '../operations.ts';
import { registry } from '../registry.ts';
import { CPUINFO_FLAGS } from '../tables/cpuinfo.ts';
import { QEMU_NAMES } from '../tables/qemu-names.ts';
import type { QemuName } from '../tables/qemu-names.ts';
import { selectors } from './selectors.ts';
import { symptom } from './symptoms.ts';
import { use } from './uses.ts';
import { catalogueWords } from './words.ts';

const qemuNames: ReadonlyMap<string, QemuName> = new Map(QEMU_NAMES.map((row) => [`${row.word} ${row.bit}`, row]));
const cpuinfoFlags: ReadonlyMap<string, string> = new Map(
  CPUINFO_FLAGS.map(([word, bit, flag]) => [`${word} ${bit}`, flag]),
);

export const catalogue: Catalogue = {
  words: catalogueWords,
  facts(element) {
    const name = element.width === 1 ? (qemuNames.get(key(element)) ?? null) : null;
    const how = operation(element.word);
    return {
      symptom: symptom(element),
      use: use(element),
      operation: how,
      selectors: selectors(element, how, name),
      aliases: aliases(element, name),
      neutral: registry.neutral(element.word),
    };
  },
};

function key({ word, shift }: Pick<Element, 'word' | 'shift'>): string {
  return `${word} ${shift}`;
}

function aliases(element: Element, name: QemuName | null): Readonly<Record<string, string>> {
  const linux = element.width === 1 ? cpuinfoFlags.get(key(element)) : undefined;
  return {
    ...(typeof name?.qemu === 'string' ? { qemu: name.qemu } : {}),
    ...(typeof name?.libvirt === 'string' ? { libvirt: name.libvirt } : {}),
    ...(linux === undefined ? {} : { linux }),
  };
}
