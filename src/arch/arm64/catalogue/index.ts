/**
 * What people want to know of an arm64 element beyond how it compares: what goes wrong, what guests do with it, how a value
 * is selected, and what other programs call it. No verdict depends on it.
 */
import type { Catalogue, Element } from '../../../model/index.ts';
import { operation } from '../operations.ts';
import { registry } from '../registry.ts';
import { VCPU_FEATURES } from '../tables/vcpu-features.ts';
import { USES } from './loss.ts';
import { selectors } from './selectors.ts';
import { fieldMeaning, symptom } from './symptoms.ts';
import { USE_ROWS } from './use-rows.ts';
import { catalogueWords } from './words.ts';

export const catalogue: Catalogue = {
  words: catalogueWords,
  facts(element) {
    const how = operation(element.word);
    return {
      symptom: symptom(element),
      use: use(element),
      operation: how,
      selectors: selectors(element, how),
      aliases: aliases(element),
      neutral: registry.neutral(element.word),
    };
  },
};

function use(element: Element): string | null {
  for (let end = element.path.length; end > 0; end = element.path.lastIndexOf('/', end - 1)) {
    const row = USE_ROWS[element.path.slice(0, end)];
    if (row !== undefined) return row;
  }
  const meaning = element.kind === 'state' ? null : fieldMeaning(element);
  return meaning === null ? null : USES[meaning.loss];
}

/** QEMU's and libvirt's names of what one switch of theirs decides alone. */
const PROGRAM_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'vcpu/SVE': { qemu: 'sve', libvirt: 'sve' },
  'vcpu/PTRAUTH_ADDRESS': { qemu: 'pauth', libvirt: 'pauth' },
  'vcpu/PTRAUTH_GENERIC': { qemu: 'pauth', libvirt: 'pauth' },
  'vcpu/PMU_V3': { qemu: 'pmu', libvirt: 'pmu' },
  'vcpu-attribute/KVM_ARM_VCPU_PVTIME_IPA': { qemu: 'kvm-steal-time' },
};

function aliases(element: Element): Readonly<Record<string, string>> {
  const linux = fieldMeaning(element)?.linux ?? null;
  const feature = VCPU_FEATURES.find(({ name }) => element.word === `vcpu/${name}`);
  return {
    ...PROGRAM_NAMES[element.word],
    ...(linux === null ? {} : { linux }),
    ...(feature === undefined ? {} : { kvm: `KVM_ARM_VCPU_${feature.name}` }),
  };
}
