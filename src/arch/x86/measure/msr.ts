/** The MSR words of a surface: state to carry, and feature MSRs with what can be made of them. */
import type { MeasuredWord, Rejection, Restore, Surface, WordLatitude, WordPath } from '../../../model/index.ts';
import { fieldMask, fromHex } from '../../../model/index.ts';
import { elements } from '../elements.ts';
import { isFeatureMsr } from '../msr-elements.ts';
import { msrWord } from '../msr-names.ts';
import type { FeatureMsrRow, MsrRow } from '../sections.ts';
import { VOLATILE_MSRS } from '../volatile.ts';
import { idleMsrs } from './idle-msrs.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part } from './reading.ts';

const ALL = 0xffff_ffff_ffff_ffffn;
/** KVM_SET_MSRS says how many MSRs it set; that it stopped at one is all there is to know. */
export const MSR_REFUSED: Rejection = { how: 'refused', call: 'KVM_SET_MSRS', errno: 'a short count' };
const IGNORED: Rejection = { how: 'ignored', call: 'KVM_SET_MSRS' };

/**
 * Without those that are listed and cannot be read, and those of units that the guest does not have: they hold no
 * state, although some kernels list them and read them as 0.
 */
export function measureMsrs(surface: Surface): Part {
  const reading = readSection(surface, 'msr');
  if (reading.kind !== 'measured') return { area: areaFrom('msr', reading), words: [] };
  const idle = idleMsrs(surface);
  const words = reading.data.list.flatMap((row, at): MeasuredWord[] => {
    const index = Number(row.index);
    if (isFeatureMsr(index) || row.value === null || holdsNothing(row) || idle(index)) return [];
    return [listedWord(row, fromHex(row.value), `${reading.pointer}/list/${at}`)];
  });
  return { area: areaFrom('msr', reading), words };
}

/** Read and written only while the APIC's timer is in TSC-deadline mode (Intel SDM volume 3, 12.5.4.1); a fresh one is not. */
const MSR_IA32_TSC_DEADLINE = 0x6e0;

/** No write of any bit of it was kept, and nothing that the guest can do before changes that. */
export function holdsNothing({ index, holds }: Pick<MsrRow, 'index' | 'holds'>): boolean {
  return holds === 'nothing' && Number(index) !== MSR_IA32_TSC_DEADLINE;
}

function listedWord(row: MsrRow, value: bigint, evidence: string): MeasuredWord {
  return {
    path: msrWord(Number(row.index)),
    width: 64,
    value: VOLATILE_MSRS.has(Number(row.index)) ? null : value,
    latitude: stateLatitude(row),
    mechanism: { operation: { call: 'KVM_SET_MSRS', index: Number(row.index) }, until: 'any-time' },
    evidence,
  };
}

/**
 * MSRs that the host does not list and reads all the same: what came of writing back what they read, and of each bit. And
 * those that it lists and that hold nothing: any value is taken, and is gone.
 */
export function restoredMsrs(surface: Surface): ReadonlyMap<WordPath, Restore> {
  const reading = readSection(surface, 'msr');
  if (reading.kind !== 'measured') return new Map();
  const vain = reading.data.list.flatMap((row, at): [WordPath, Restore][] => {
    if (row.value === null || !holdsNothing(row)) return [];
    const bits = { taken: 0n, dropped: ALL, otherwise: MSR_REFUSED };
    const evidence = `${reading.pointer}/list/${at}`;
    return [[msrWord(Number(row.index)), { value: fromHex(row.value), outcome: { how: 'taken' }, bits, evidence }]];
  });
  return new Map([
    ...vain,
    ...reading.data.unlisted.flatMap((row, at): [WordPath, Restore][] => {
      if (row.value === null) return [];
      const restore: Restore = {
        value: fromHex(row.value),
        outcome: row.write === undefined ? { how: 'taken' } : row.write === 'refused' ? MSR_REFUSED : IGNORED,
        ...bitsOf(row),
        evidence: `${reading.pointer}/unlisted/${at}`,
      };
      return [[msrWord(Number(row.index)), restore]];
    }),
  ]);
}

/** Recordings of before bits were tried have none. */
function bitsOf({ takes, ignored }: MsrRow): Pick<Restore, 'bits'> {
  if (takes === undefined || ignored === undefined) return {};
  return { bits: { taken: fromHex(takes), dropped: fromHex(ignored), otherwise: MSR_REFUSED } };
}

/** One write was tried: the value that reads; of some, each bit. */
function stateLatitude({ write, holds }: MsrRow): WordLatitude {
  if (write === 'refused' || holds === 'zero') return { kind: 'fixed', otherwise: MSR_REFUSED };
  if (write !== undefined) return { kind: 'unknown', why: `a write of the value that it had made it ${write}` };
  return { kind: 'unknown', why: 'only its own value was written back' };
}

/** Those that only KVM_GET_MSR_INDEX_LIST has, as PLATFORM_INFO up to 6.12, are taken from there. */
export function measureFeatureMsrs(surface: Surface): Part {
  const reading = readSection(surface, 'feature-msr');
  const area = areaFrom('feature-msr', reading);
  if (reading.kind !== 'measured') return { area, words: [] };
  const words = reading.data.list.flatMap((row, at): MeasuredWord[] => {
    if (row.vcpu === null || !isFeatureMsr(Number(row.index))) return [];
    return [
      {
        path: msrWord(Number(row.index)),
        width: 64,
        value: fromHex(row.vcpu),
        latitude: featureLatitude(fromHex(row.vcpu), row),
        mechanism: { operation: { call: 'KVM_SET_MSRS', index: Number(row.index) }, until: 'before-first-run' },
        evidence: `${reading.pointer}/list/${at}`,
      },
    ];
  });
  const known = new Set(reading.data.list.map(({ index }) => index));
  const listed = readSection(surface, 'msr');
  if (listed.kind !== 'measured') return { area, words };
  const others = listed.data.list.flatMap((row, at): MeasuredWord[] => {
    if (row.value === null || known.has(row.index) || !isFeatureMsr(Number(row.index))) return [];
    return [listedWord(row, fromHex(row.value), `${listed.pointer}/list/${at}`)];
  });
  return { area, words: [...words, ...others] };
}

/**
 * KVM takes bits of some of these MSRs that it does not support (ARCH_CAPABILITIES, on most kernels all 64): the guest
 * then reads them and they are not true. So a feature bit can be set where the system fd lists it, all else as tried.
 */
function featureLatitude(value: bigint, row: FeatureMsrRow): WordLatitude {
  const takes = fromHex(row.takes);
  const supported = row.system === null ? 0n : fromHex(row.system);
  const untrue = elements(msrWord(Number(row.index)), 64)
    .filter(({ comparison }) => comparison === 'subset')
    .reduce((mask, element) => mask | fieldMask(element), 0n);
  const settable = ~value & takes & ~(untrue & ~supported) & ALL;
  const clearable = value & takes;
  const ignored = fromHex(row.ignored) | (takes & untrue & ~supported);
  const otherwise = ignored !== 0n && (takes | ignored) === ALL ? IGNORED : MSR_REFUSED;
  if (settable === 0n && clearable === 0n) return { kind: 'fixed', otherwise };
  return { kind: 'bits', clearable, settable, otherwise };
}
