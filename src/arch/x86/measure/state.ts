/** What a fresh vCPU's state looks like, and facts about the host that bear on carrying it: APIC, XSAVE, TSC, nesting. */
import type { Area, MeasuredWord, Surface, WordLatitude } from '../../../model/index.ts';
import { fromHex } from '../../../model/index.ts';
import type { X86Sections } from '../sections.ts';
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

function fact(path: string, value: bigint | number | null, evidence: string): MeasuredWord {
  const word = value === null ? null : BigInt.asUintN(64, BigInt(value));
  return { path, width: 64, value: word, latitude: HOST_FACT, mechanism: null, evidence };
}

export function measureState(surface: Surface): Part[] {
  return [
    part(surface, 'lapic', lapic),
    part(surface, 'xsave', xsave),
    part(surface, 'tsc', tsc),
    part(surface, 'nested', nested),
    part(surface, 'pmu', pmu),
    part(surface, 'msr-control', msrControl),
    xfeature(surface),
  ];
}

const lapic: Derive<'lapic'> = ({ registers }, pointer) =>
  registers.map(({ offset, value }, at) => ({
    path: `lapic/${LAPIC_REGISTERS[Number(offset)] ?? offset}`,
    width: 32,
    value: fromHex(value),
    latitude: UNTRIED,
    mechanism: { call: 'KVM_SET_LAPIC', target: `offset=${offset}`, until: 'any-time' },
    evidence: `${pointer}/registers/${at}`,
  }));

const xsave: Derive<'xsave'> = ({ size, ungiven, unknown }, pointer) => [
  fact('xsave/size', size, `${pointer}/size`),
  // 1: KVM_SET_XSAVE takes an xfeature that the guest's CPUID was not given, and KVM_GET_XSAVE gives it back.
  ...(ungiven === null
    ? []
    : [
        fact('xsave/takes-ungiven', ungiven.outcome === 'accepted' ? 1 : 0, `${pointer}/ungiven/outcome`),
        fact(
          'xsave/gives-ungiven',
          (fromHex(ungiven.reads) & ~fromHex(ungiven.guest)) === 0n ? 0 : 1,
          `${pointer}/ungiven/reads`,
        ),
      ]),
  fact('xsave/takes-unknown', unknown.outcome === 'accepted' ? 1 : 0, `${pointer}/unknown/outcome`),
];

/** The kernel says it since KVM_X86_XCOMP_GUEST_SUPP; what CPUID says is among the CPUID words. */
function xfeature(surface: Surface): Part {
  const reading = readSection(surface, 'xsave');
  const area = areaFrom('xfeature', reading);
  if (reading.kind !== 'measured' || reading.data.guestSupported === null) return { area, words: [] };
  return { area, words: [fact('xfeature', fromHex(reading.data.guestSupported), `${reading.pointer}/guestSupported`)] };
}

/** kHz are the host's and vary from boot to boot; whether they can be scaled does not. */
const tsc: Derive<'tsc'> = ({ control, trials }, pointer) => [
  {
    ...fact('tsc/khz', null, `${pointer}/khz`),
    mechanism: { call: 'KVM_SET_TSC_KHZ', target: 'kHz', until: 'before-first-run' },
  },
  fact('tsc/control', control, `${pointer}/control`),
  ...trials.map(({ factor, outcome }, at) =>
    fact(factor === '2' ? 'tsc/faster' : 'tsc/slower', outcome === 'taken' ? 1 : 0, `${pointer}/trials/${at}/outcome`),
  ),
];

const nested: Derive<'nested'> = ({ maximum, format, size }, pointer) => [
  fact('nested/maximum', maximum, `${pointer}/maximum`),
  fact('nested/format', format, `${pointer}/format`),
  fact('nested/size', size, `${pointer}/size`),
];

const pmu: Derive<'pmu'> = ({ capability }, pointer) => [fact('pmu/capability', capability, `${pointer}/capability`)];

const msrControl: Derive<'msr-control'> = ({ userSpaceTrials, filterTrials }, pointer) => [
  fact('msr-control/user-space', accepted(userSpaceTrials), `${pointer}/userSpaceTrials`),
  fact('msr-control/filter', accepted(filterTrials), `${pointer}/filterTrials`),
];

/** The flags that were accepted, together. */
function accepted(trials: readonly { readonly flags: `0x${string}`; readonly outcome: string }[]): bigint {
  return trials.reduce((sum, { flags, outcome }) => (outcome === 'accepted' ? sum | fromHex(flags) : sum), 0n);
}
