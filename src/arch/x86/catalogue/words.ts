/** Every word that a table names. */
import type { CatalogueWord } from '../../../model/index.ts';
import { BEHAVIOUR_WIDTH, behaviourWord } from '../../behaviour.ts';
import { msrDescription } from '../msr-elements.ts';
import { msrWord } from '../msr-names.ts';
import { CPUID_REGISTERS, cpuidWord } from '../paths.ts';
import { BEHAVIOURS } from '../tables/behaviours.ts';
import { CAPABILITY_ROWS } from '../tables/capabilities.ts';
import { CPUID_EXTRA_FIELDS } from '../tables/cpuid-extra.ts';
import { CPUID_FIELDS } from '../tables/cpuid-fields.ts';
import { HOST_FACTS } from '../tables/host-facts.ts';
import { HYPERV_FIELDS, HYPERV_VALUES } from '../tables/hyperv.ts';
import { LAPIC_ROWS } from '../tables/lapic.ts';
import { FEATURE_MSRS } from '../tables/msr-fields.ts';
import { STATE_MSRS } from '../tables/state-msrs.ts';
import { SWITCHES } from '../tables/switches.ts';
import { QUIRKS, X2APIC_FLAGS } from '../tables/words.ts';

/** Each once, in the order in which a contract is read: CPUID, MSRs, switches, state, the host. */
export function catalogueWords(): readonly CatalogueWord[] {
  const hyperv = new Set([...Object.keys(HYPERV_FIELDS), ...Object.keys(HYPERV_VALUES)]);
  return [
    ...cpuidWords(),
    ...[...hyperv].map((register) => ({ path: `hyperv/${register}`, width: 32 })),
    ...[...FEATURE_MSRS.map(({ index }) => index), ...stateMsrs()].map(msr),
    ...QUIRKS.map(({ name }) => ({ path: `quirk/${name}`, width: 1 })),
    ...X2APIC_FLAGS.map(({ name }) => ({ path: `x2apic/${name}`, width: 1 })),
    ...SWITCHES.map(({ name, width }) => ({ path: `switch/${name}`, width })),
    ...BEHAVIOURS.map(({ id, description }) => ({ path: behaviourWord(id), width: BEHAVIOUR_WIDTH, description })),
    ...LAPIC_ROWS.map(({ name, description }) => ({ path: `lapic/${name}`, width: 32, description })),
    { path: 'xfeature', width: 64, description: 'XSAVE components that a guest can be given' },
    ...HOST_FACTS.map(({ word, width }) => ({ path: word, width })),
    ...[...CAPABILITY_ROWS.keys()].map((name) => ({ path: `capability/${name}`, width: 64 })),
  ];
}

function msr(index: number): CatalogueWord {
  const description = msrDescription(index);
  return { path: msrWord(index), width: 64, ...(description === null ? {} : { description }) };
}

/** All four registers of each subleaf that has a field, in the order of leaf and subleaf. */
function cpuidWords(): CatalogueWord[] {
  const subleaves = new Map<string, readonly [leaf: number, subleaf: number]>();
  for (const [leaf, first, last] of [...CPUID_FIELDS, ...CPUID_EXTRA_FIELDS]) {
    for (let subleaf = first; subleaf <= last; subleaf++) subleaves.set(`${leaf}:${subleaf}`, [leaf, subleaf]);
  }
  return [...subleaves.values()]
    .toSorted(([a, i], [b, j]) => a - b || i - j)
    .flatMap(([leaf, subleaf]) =>
      CPUID_REGISTERS.map((register) => ({ path: cpuidWord(leaf, subleaf, register), width: 32 })),
    );
}

function stateMsrs(): number[] {
  return STATE_MSRS.flatMap(({ first, last = first }) =>
    Array.from({ length: last - first + 1 }, (_, at) => first + at),
  );
}
