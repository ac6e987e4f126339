/**
 * What varies from run to run on one host, in one table: section, entry, and why. The fingerprint is taken without
 * these, and no contract promises them.
 */
import { hex } from '../../model/index.ts';
import type { Json, Section } from '../../model/index.ts';
import { isObject } from './shape.ts';

interface VolatileRow {
  readonly section: string;
  /** The lists or objects below the data that hold the entry: `['list']`. */
  readonly within: readonly string[];
  /** Which entries of a list: all members equal. Left out: all, or `within` is no list. */
  readonly where?: Readonly<Record<string, Json>>;
  /** The member that varies, and if only some bits of it do, which. Left out of the canonical form. */
  readonly member: string;
  readonly bits?: bigint;
  readonly why: string;
}

const MSRS: readonly (readonly [index: number, why: string])[] = [
  [0x10, 'the time stamp counter'],
  [0x3b, 'TSC_ADJUST: holds what a write to the time stamp counter changed'],
  [0x4000_0010, "Hyper-V's VP runtime: time that the vCPU ran"],
  [0x4000_0020, "Hyper-V's reference time"],
  [0x4000_0022, "Hyper-V's TSC frequency: calibrated at each boot of the host"],
];

/** What a guest reads of clocks and counters besides. */
const OBSERVED_MSRS: readonly (readonly [index: number, why: string])[] = [
  ...MSRS,
  [0x12, "KVM's clock of old: where the guest keeps it"],
  [0xe7, 'MPERF: counts cycles'],
  [0xe8, 'APERF: counts cycles'],
  [0x4b56_4d01, "KVM's clock: where the guest keeps it"],
];

export const VOLATILE_MSRS: ReadonlySet<number> = new Set(MSRS.map(([index]) => index));

/** The processor that answered KVM_GET_SUPPORTED_CPUID shows its own APIC id. */
const APIC_IDS: readonly (readonly [leaf: number, member: string, bits: bigint])[] = [
  [0x1, 'ebx', 0xff00_0000n],
  [0xb, 'edx', 0xffff_ffffn],
  [0x1f, 'edx', 0xffff_ffffn],
  [0x8000_001e, 'eax', 0xffff_ffffn],
  [0x8000_0026, 'edx', 0xffff_ffffn],
];

const VOLATILE: readonly VolatileRow[] = [
  ...APIC_IDS.map(([leaf, member, bits]): VolatileRow => ({
    section: 'cpuid',
    within: ['supported'],
    where: { leaf: hex(leaf) },
    member,
    bits,
    why: 'the APIC id of the CPU that the probe ran on',
  })),
  ...MSRS.flatMap(([index, why]) =>
    (['list', 'unlisted'] as const).flatMap((list) =>
      ['value', 'fresh', 'write'].map((member): VolatileRow => ({
        section: 'msr',
        within: [list],
        where: { index: hex(index) },
        member,
        why,
      })),
    ),
  ),
  { section: 'tsc', within: [], member: 'khz', why: 'calibrated at each boot of the host' },
  { section: 'tsc', within: ['trials'], member: 'wrote', why: 'a multiple of the kHz' },
  { section: 'tsc', within: ['trials'], member: 'reads', why: 'a multiple of the kHz' },
  ...OBSERVED_MSRS.map(([index, why]): VolatileRow => ({
    section: 'observed',
    within: ['msrs'],
    where: { index: hex(index) },
    member: 'value',
    why,
  })),
  {
    section: 'observed',
    within: ['clock'],
    member: 'flags',
    why: 'whether the host found its time stamp counters to agree at this boot',
  },
  { section: 'observed', within: ['clock'], member: 'khz', why: 'calibrated at each boot of the host' },
  { section: 'observed', within: [], member: 'pitKhz', why: 'measured anew' },
  { section: 'cpuid-latitude', within: ['base'], member: 'sets', why: 'how the probe searched, not what it found' },
  { section: 'cpuid-latitude', within: ['cleared'], member: 'sets', why: 'how the probe searched, not what it found' },
  { section: 'cpuid-latitude', within: ['ones'], member: 'sets', why: 'how the probe searched, not what it found' },
];

/** The sections without what varies; those that did not come to data stay as they are. */
export function canonicalSections(sections: Readonly<Record<string, Section>>): Readonly<Record<string, Section>> {
  return Object.fromEntries(
    Object.entries(sections).map(([name, section]) => {
      const rows = VOLATILE.filter((row) => row.section === name);
      if (rows.length === 0 || section.outcome !== 'measured') return [name, section];
      return [name, { ...section, data: rows.reduce((data, row) => without(data, row.within, row), section.data) }];
    }),
  );
}

function without(data: Json, within: readonly string[], row: VolatileRow): Json {
  const [next, ...rest] = within;
  if (Array.isArray(data)) return data.map((item: Json) => without(item, within, row));
  if (!isObject(data)) return data;
  if (next !== undefined) {
    const inner = data[next];
    return inner === undefined ? data : { ...data, [next]: without(inner, rest, row) };
  }
  if (!Object.entries(row.where ?? {}).every(([key, value]) => data[key] === value)) return data;
  const { [row.member]: value, ...others } = data;
  if (value === undefined) return data;
  if (row.bits === undefined || typeof value !== 'string') return others;
  return { ...data, [row.member]: hex(BigInt(value) & ~row.bits) };
}
