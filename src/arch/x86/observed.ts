/**
 * What a guest read (section `observed`) beside what the ioctls of other steps declared of the same words, and why the two
 * may differ without anything being wrong.
 */
import { fromHex } from '../../model/index.ts';
import type { ElementDifference, Hex, Observation, ObservationRule, Surface } from '../../model/index.ts';
import { idleMsrs } from './measure/idle-msrs.ts';
import { readSection } from './measure/reading.ts';
import { msrWord, parseMsrWord } from './msr-names.ts';
import type { ObservedData } from './observed-sections.ts';
import { CPUID_REGISTERS, cpuidWord } from './paths.ts';
import { LAPIC_ROWS } from './tables/lapic.ts';
import { VOLATILE_MSRS } from './volatile.ts';

const POINTER = '/sections/observed/data';

/** Nothing where no guest ran. */
export function observations(surface: Surface): Observation[] {
  const reading = readSection(surface, 'observed');
  if (reading.kind !== 'measured') return [];
  const { data } = reading;
  return [...ofCpuid(surface, data), ...ofMsrs(surface, data), ...ofApic(surface, data), ...ofTsc(surface, data)];
}

const value = (read: Hex): Observation['observed'] => ({ kind: 'value', value: fromHex(read) });

/** Registers that read as they were set are not in the section; what was set is the supported table. */
function ofCpuid(surface: Surface, { cpuid }: ObservedData): Observation[] {
  const tables = readSection(surface, 'cpuid');
  if (cpuid === null || tables.kind !== 'measured') return [];
  const differs = new Map(cpuid.differs.map((row, at) => [row.word, { ...row, at }]));
  return tables.data.supported.flatMap((row) =>
    CPUID_REGISTERS.map((register): Observation => {
      const word = cpuidWord(Number(row.leaf), Number(row.subleaf), register);
      const other = differs.get(word);
      const evidence = other === undefined ? `${POINTER}/cpuid/leaves` : `${POINTER}/cpuid/differs/${other.at}`;
      const declared = fromHex(other?.wrote ?? row[register]);
      return { word, width: 32, declared, observed: value(other?.reads ?? row[register]), evidence };
    }),
  );
}

/** Of an MSR that no list has, nothing is declared; nor of one that is listed for a unit that the guest does not have. */
function ofMsrs(surface: Surface, { msrs }: ObservedData): Observation[] {
  const listed = readSection(surface, 'msr');
  const features = readSection(surface, 'feature-msr');
  const idle = idleMsrs(surface);
  const declared = new Map<Hex, Hex | null>([
    ...(listed.kind === 'measured' ? listed.data.list.map((row) => [row.index, row.value] as const) : []),
    ...(features.kind === 'measured' ? features.data.list.map((row) => [row.index, row.vcpu] as const) : []),
  ]);
  return msrs.map((row, at): Observation => {
    const said = idle(Number(row.index)) ? null : (declared.get(row.index) ?? null);
    return {
      word: msrWord(Number(row.index)),
      width: 64,
      declared: said === null ? null : fromHex(said),
      observed: row.value === undefined ? { kind: 'fault', text: row.fault ?? 'a fault' } : value(row.value),
      evidence: `${POINTER}/msrs/${at}`,
    };
  });
}

/**
 * Remote read and LVT CMCI: KVM has the former not at all and the latter where the guest has CMCI, and leaves whatever was
 * in its buffer where a guest loads from a register that is not there (lapic.c, apic_mmio_read).
 */
export const UNREAD_APIC: readonly number[] = [0xc0, 0x2f0];

/** The version and the registers of a fresh APIC; of those that were not listed, 0. */
function ofApic(surface: Surface, { apic, mode, missing }: ObservedData): Observation[] {
  const saved = readSection(surface, 'lapic');
  if (mode === 'real' || missing.some(({ what }) => what === 'the local APIC') || saved.kind !== 'measured') return [];
  const declared = new Map(saved.data.registers.map((row) => [Number(row.offset), row.value]));
  const read = new Map(apic.map((row, at) => [Number(row.offset), { ...row, at }]));
  return LAPIC_ROWS.filter(({ offset }) => !UNREAD_APIC.includes(offset)).map(({ offset, name }): Observation => {
    const row = read.get(offset);
    return {
      word: `lapic/${name}`,
      width: 32,
      declared: fromHex(declared.get(offset) ?? '0x0'),
      observed: value(row?.value ?? '0x0'),
      evidence: row === undefined ? `${POINTER}/apic` : `${POINTER}/apic/${row.at}`,
    };
  });
}

/**
 * The rate that KVM's clock tells the guest, and the rate that the guest finds by the PIT; not in the lab, where an emulated
 * kernel on a busy machine may find a rate that is many times off.
 */
function ofTsc(surface: Surface, { clock, pitKhz }: ObservedData): Observation[] {
  const rate = readSection(surface, 'tsc');
  if (rate.kind !== 'measured' || rate.data.khz === null) return [];
  const declared = BigInt(rate.data.khz);
  const found = [
    { khz: clock?.khz ?? null, evidence: `${POINTER}/clock/khz` },
    { khz: isEmulated(surface) ? null : pitKhz, evidence: BY_PIT },
  ];
  return found.flatMap(({ khz, evidence }): Observation[] =>
    khz === null
      ? []
      : [{ word: 'tsc/khz', width: 64, declared, observed: { kind: 'value', value: BigInt(khz) }, evidence }],
  );
}

/** As the lab records its machines. */
function isEmulated({ recorded }: Surface): boolean {
  return recorded.environment['machine']?.includes('accel=tcg') ?? false;
}

const BY_PIT = `${POINTER}/pitKhz`;
/** Parts per hundred: some ten milliseconds, with an exit to KVM at either end. */
const PIT_TOLERANCE = 10n;

const APIC_BASE = 0x1b;
const EFER = 0xc000_0080;
const LONG_MODE = 0x500n;

/** MSRs that the guest's CPU runs by, and what the guest is in. */
const ofThisGuest = ({ observation }: ElementDifference): string | null => {
  switch (parseMsrWord(observation.word)) {
    case APIC_BASE:
      return 'the vCPU whose MSRs were listed has no APIC in the kernel, the one that the guest runs on has';
    case EFER:
      return observation.observed.kind === 'value' && observation.observed.value === LONG_MODE
        ? 'the guest runs in long mode, a fresh vCPU begins in real mode'
        : null;
    default:
      return null;
  }
};

/** The range of Hyper-V's synthetic MSRs (TLFS, chapter 2). */
const isHyperv = (index: number): boolean => index >= 0x4000_0000 && index <= 0x4000_01ff;

/** SMBASE is there in system management mode alone (AMD APM volume 2, 10.2.3); the VMM saves it. */
const SMBASE = 0x9e;

export const OBSERVATION_RULES: readonly ObservationRule[] = [
  {
    id: 'topology',
    explains: ({ element, observed }) =>
      element.kind === 'topology' && observed !== null ? "the VMM's to choose: each vCPU has its own" : null,
  },
  { id: 'this-guest', explains: ofThisGuest },
  {
    id: 'hyperv-not-given',
    explains: ({ observation, observed }) =>
      observed === null && isHyperv(parseMsrWord(observation.word) ?? -1)
        ? "Hyper-V's MSRs answer a guest that has its leaves in CPUID; the VMM reads them all the same"
        : null,
  },
  {
    id: 'counts',
    explains: ({ observation }) =>
      VOLATILE_MSRS.has(parseMsrWord(observation.word) ?? -1) ? 'it goes on counting' : null,
  },
  {
    id: 'not-given',
    explains: ({ declared, observed, observation }) =>
      observed === null && declared === 0n && parseMsrWord(observation.word) !== null
        ? 'the guest is not given it; KVM reads it as 0 for the VMM, which may save it all the same'
        : null,
  },
  {
    id: 'smm-only',
    explains: ({ observation, observed }) =>
      observed === null && parseMsrWord(observation.word) === SMBASE
        ? 'a guest has it in system management mode alone'
        : null,
  },
  {
    id: 'pit-precision',
    explains({ observation, declared, observed }) {
      if (observation.evidence !== BY_PIT || observed === null) return null;
      const distance = declared > observed ? declared - observed : observed - declared;
      return distance * 100n <= declared * PIT_TOLERANCE
        ? 'measured within some ten milliseconds, with an exit to KVM at either end'
        : null;
    },
  },
];
