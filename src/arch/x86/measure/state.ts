/** What a fresh vCPU's state looks like, and facts about the host that bear on carrying it: APIC, xfeatures, nesting. */
import type { Area, MeasuredWord, Surface, WordLatitude } from '../../../model/index.ts';
import { fromHex, hex } from '../../../model/index.ts';
import type { X86Sections } from '../sections.ts';
import { LAPIC_ROWS } from '../tables/lapic.ts';
import { LAPIC_REGISTERS } from '../tables/words.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part } from './reading.ts';

const UNTRIED: WordLatitude = { kind: 'unknown', why: 'no other value was tried' };
const HOST_FACT: WordLatitude = { kind: 'fixed', otherwise: { how: 'unknown', why: 'a property of the host' } };

type Derive<Name extends keyof X86Sections> = (data: X86Sections[Name], pointer: string) => readonly MeasuredWord[];

function part<Name extends keyof X86Sections>(surface: Surface, name: Name, derive: Derive<Name>): Part {
  const reading = readSection(surface, name);
  const area: Area = areaFrom(name, reading);
  return { area, words: reading.kind === 'measured' ? derive(reading.data, reading.pointer) : [] };
}

/** Nothing that a guest sees; what a mechanism or a restore depends on. */
export function hostFact(path: string, value: bigint | number | null, evidence: string): MeasuredWord {
  const word = value === null ? null : BigInt.asUintN(64, BigInt(value));
  return { path, width: 64, value: word, latitude: HOST_FACT, mechanism: null, evidence };
}

export function measureState(surface: Surface): Part[] {
  return [
    part(surface, 'lapic', lapic),
    part(surface, 'nested', nested),
    part(surface, 'pmu', pmu),
    part(surface, 'msr-control', msrControl),
    xfeature(surface),
  ];
}

/** All registers of the page: those that the section does not have are 0. */
const lapic: Derive<'lapic'> = ({ registers }, pointer) => {
  const listed = new Map(registers.map(({ offset }, at) => [Number(offset), at]));
  const offsets = [...new Set([...listed.keys(), ...LAPIC_ROWS.map(({ offset }) => offset)])];
  return offsets.map((offset) => {
    const at = listed.get(offset);
    const row = at === undefined ? undefined : registers[at];
    return {
      path: `lapic/${LAPIC_REGISTERS[offset] ?? hex(offset)}`,
      width: 32,
      value: row === undefined ? 0n : fromHex(row.value),
      latitude: UNTRIED,
      mechanism: { operation: { call: 'KVM_SET_LAPIC', offset }, until: 'any-time' },
      evidence: at === undefined ? `${pointer}/registers` : `${pointer}/registers/${at}`,
    };
  });
};

/** The kernel says it since KVM_X86_XCOMP_GUEST_SUPP; what CPUID says is among the CPUID words. */
function xfeature(surface: Surface): Part {
  const reading = readSection(surface, 'xsave');
  const area = areaFrom('xfeature', reading);
  if (reading.kind !== 'measured' || reading.data.guestSupported === null) return { area, words: [] };
  return {
    area,
    words: [hostFact('xfeature', fromHex(reading.data.guestSupported), `${reading.pointer}/guestSupported`)],
  };
}

const nested: Derive<'nested'> = ({ maximum, format, size }, pointer) => [
  hostFact('nested/maximum', maximum, `${pointer}/maximum`),
  hostFact('nested/format', format, `${pointer}/format`),
  hostFact('nested/size', size, `${pointer}/size`),
];

const pmu: Derive<'pmu'> = ({ capability }, pointer) => [
  hostFact('pmu/capability', capability, `${pointer}/capability`),
];

const msrControl: Derive<'msr-control'> = ({ userSpaceTrials, filterTrials }, pointer) => [
  hostFact('msr-control/user-space', accepted(userSpaceTrials), `${pointer}/userSpaceTrials`),
  hostFact('msr-control/filter', accepted(filterTrials), `${pointer}/filterTrials`),
];

/** The flags that were accepted, together. */
function accepted(trials: readonly { readonly flags: `0x${string}`; readonly outcome: string }[]): bigint {
  return trials.reduce((sum, { flags, outcome }) => (outcome === 'accepted' ? sum | fromHex(flags) : sum), 0n);
}
