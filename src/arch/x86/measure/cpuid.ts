/** The CPUID words of a surface, and those that Hyper-V's interface would add. */
import type { FieldValues, MeasuredWord, Rejection, Surface, WordLatitude } from '../../../model/index.ts';
import { fromHex } from '../../../model/index.ts';
import { cpuidElements } from '../cpuid-elements.ts';
import { mechanism } from '../operations.ts';
import { CPUID_REGISTERS, cpuidWord } from '../paths.ts';
import type { CpuidData, CpuidLatitudeData, CpuidObservedData } from '../sections.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part, Reading } from './reading.ts';
import { latitudeOf, movable } from './cpuid-latitude.ts';
import { vmmFeatures } from './vmm-features.ts';

const IGNORED: Rejection = { how: 'ignored', call: 'KVM_SET_CPUID2' };

export function measureCpuid(surface: Surface): {
  readonly parts: readonly Part[];
  readonly caveats: readonly string[];
} {
  const tables = readSection(surface, 'cpuid');
  const tried = readSection(surface, 'cpuid-latitude');
  const seen = readSection(surface, 'cpuid-observed');
  if (tables.kind !== 'measured') {
    return {
      parts: [
        { area: areaFrom('cpuid', tables), words: [] },
        { area: areaFrom('hyperv', tables), words: [] },
      ],
      caveats: [],
    };
  }
  const observed = seen.kind === 'measured' ? seen.data : null;
  const unmasked = passesCpuidThrough(surface);
  const given = vmmFeatures(surface, tables.data.emulated ?? []);
  const words = tables.data.supported.flatMap((row, at) =>
    CPUID_REGISTERS.map((register): MeasuredWord => {
      const path = cpuidWord(Number(row.leaf), Number(row.subleaf), register);
      const value = defaultOf(path, fromHex(row[register]), tried, observed);
      return {
        path,
        width: 32,
        value,
        latitude: unmasked
          ? { kind: 'fixed', otherwise: IGNORED }
          : latitude(path, value, tried, observed, given.get(path) ?? 0n),
        mechanism: mechanism(path, 'before-first-run'),
        evidence: `${tables.pointer}/supported/${at}/${register}`,
      };
    }),
  );
  return {
    parts: [
      { area: areaFrom('cpuid', tables), words },
      { area: areaFrom('hyperv', tables), words: hypervWords(tables.data, tables.pointer) },
    ],
    caveats: caveats(unmasked, seen),
  };
}

/** What a guest with the supported table reads: what was observed, else what KVM gave back, else the table. */
function defaultOf(
  path: string,
  supported: bigint,
  tried: Reading<CpuidLatitudeData>,
  observed: CpuidObservedData | null,
): bigint {
  const row =
    (observed?.base.ended === 'halted' ? observed.base.differs.find(({ word }) => word === path) : undefined) ??
    (tried.kind === 'measured' ? tried.data.base.differs.find(({ word }) => word === path) : undefined);
  return row === undefined ? supported : fromHex(row.reads);
}

function latitude(
  path: string,
  value: bigint,
  tried: Reading<CpuidLatitudeData>,
  observed: CpuidObservedData | null,
  given: bigint,
): WordLatitude {
  if (tried.kind !== 'measured') return { kind: 'unknown', why: tried.why };
  const values = tried.data.values
    .filter((row) => row.word === path)
    .map((row): FieldValues => ({ shift: row.shift, width: row.width, values: row.takes.map(fromHex) }));
  return latitudeOf(cpuidElements(path), value, movable(path, value, tried.data, observed), given, values);
}

/**
 * Leaves that describe: vendor, interface, version, how long to spin, limits. A guest reads what its table says, and nothing in
 * KVM goes by them (arch/x86/kvm/hyperv.c, kvm_hv_set_cpuid) but by the interface, without which the rest has no effect.
 */
const HYPERV_DATA = /^hyperv\/0x(?:4000000[0125]:0\/e[abcd]x|40000004:0\/ebx)$/;
const WHOLE_REGISTER = 0xffff_ffffn;

/**
 * Nobody is given these leaves by default: a VMM adds those that it wants. So a word is 0, and what KVM lists can be
 * set in it.
 */
function hypervWords(tables: CpuidData, pointer: string): MeasuredWord[] {
  return (tables.hyperv ?? []).flatMap((row, at) =>
    CPUID_REGISTERS.map((register): MeasuredWord => {
      const path = cpuidWord(Number(row.leaf), Number(row.subleaf), register).replace('cpuid/', 'hyperv/');
      const settable = HYPERV_DATA.test(path) ? WHOLE_REGISTER : fromHex(row[register]);
      return {
        path,
        width: 32,
        value: 0n,
        latitude: { kind: 'bits', clearable: 0n, settable, otherwise: IGNORED },
        mechanism: mechanism(cpuidWord(Number(row.leaf), Number(row.subleaf), register), 'before-first-run'),
        evidence: `${pointer}/hyperv/${at}/${register}`,
      };
    }),
  );
}

/**
 * Under PVM a guest executes CPUID on the CPU wherever it runs in hardware; KVM shows it the mask only where it
 * emulates. What was tried there proves nothing.
 */
function passesCpuidThrough(surface: Surface): boolean {
  return surface.host?.modules.some(({ name }) => name === 'kvm_pvm') ?? false;
}

function caveats(unmasked: boolean, seen: Reading<CpuidObservedData>): string[] {
  if (unmasked) {
    return [
      'the KVM module is kvm_pvm: KVM_SET_CPUID2 accepts CPUID masks and a guest does not see them; no value of CPUID can be selected here',
    ];
  }
  if (seen.kind !== 'measured') return [`no guest was seen to read CPUID: ${seen.why}`];
  const { base, cleared } = seen.data;
  const failed = [base, cleared].find(({ ended }) => ended !== 'halted');
  return failed === undefined ? [] : [`no guest was seen to read CPUID: it ended with ${failed.ended}`];
}
