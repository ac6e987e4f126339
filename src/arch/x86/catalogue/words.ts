/** Every word that a table names. */
import type { CatalogueWord, WordPath } from '../../../model/index.ts';
import { msrWord } from '../msr-names.ts';
import { CPUID_REGISTERS, cpuidWord } from '../paths.ts';
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
  return [
    ...cpuidWords(),
    ...of(
      32,
      [...new Set([...Object.keys(HYPERV_FIELDS), ...Object.keys(HYPERV_VALUES)])].map(
        (register) => `hyperv/${register}`,
      ),
    ),
    ...of(
      64,
      FEATURE_MSRS.map(({ index }) => msrWord(index)),
    ),
    ...of(64, stateMsrs()),
    ...of(
      1,
      QUIRKS.map(({ name }) => `quirk/${name}`),
    ),
    ...of(
      1,
      X2APIC_FLAGS.map(({ name }) => `x2apic/${name}`),
    ),
    ...SWITCHES.map(({ name, width }) => ({ path: `switch/${name}`, width })),
    ...of(
      32,
      LAPIC_ROWS.map(({ name }) => `lapic/${name}`),
    ),
    ...of(64, ['xfeature']),
    ...HOST_FACTS.map(({ word, width }) => ({ path: word, width })),
    ...of(
      64,
      [...CAPABILITY_ROWS.keys()].map((name) => `capability/${name}`),
    ),
  ];
}

function of(width: number, paths: readonly WordPath[]): CatalogueWord[] {
  return paths.map((path) => ({ path, width }));
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
      of(
        32,
        CPUID_REGISTERS.map((register) => cpuidWord(leaf, subleaf, register)),
      ),
    );
}

function stateMsrs(): WordPath[] {
  return STATE_MSRS.flatMap(({ first, last = first }) =>
    Array.from({ length: last - first + 1 }, (_, at) => msrWord(first + at)),
  );
}
