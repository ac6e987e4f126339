/** The words `switch/NAME`: behaviour that a VMM turns on and KVM does not tell afterwards. */
import type { MeasuredWord, Mechanism, Rejected, Rejection, Surface, WordLatitude } from '../../../model/index.ts';
import { fromHex } from '../../../model/index.ts';
import type { SwitchTrials } from '../sections.ts';
import { argumentOf, switchOperation, switchRow } from '../tables/switches.ts';
import type { SwitchRow } from '../tables/switches.ts';
import { areaFrom, readSection } from './reading.ts';
import type { Part } from './reading.ts';

/** A word is there where the kernel announces the capability, or takes the call all the same. */
export function measureSwitches(surface: Surface): Part {
  const reading = readSection(surface, 'switches');
  const area = areaFrom('switch', reading);
  if (reading.kind !== 'measured') return { area, words: [] };
  const words = reading.data.rows.flatMap((tried, at): MeasuredWord[] => {
    const path = `switch/${tried.name}`;
    const row = switchRow(path);
    if (row === undefined || !isThere(tried)) return [];
    return [
      {
        path,
        width: row.width,
        value: row.neutral,
        latitude: switchLatitude(row, tried),
        mechanism: mechanismOf(row),
        declared: { mask: announcedBits(row, tried), by: 'KVM_CHECK_EXTENSION' },
        evidence: `${reading.pointer}/rows/${at}`,
      },
    ];
  });
  return { area, words };
}

function isThere({ announced, trials }: SwitchTrials): boolean {
  return announced !== '0x0' || trials.some(({ outcome }) => outcome === 'accepted');
}

/** The capability's value is a mask of arguments, or says that there is one. */
function announcedBits(row: SwitchRow, { announced }: SwitchTrials): bigint {
  const effective = row.announced === 'mask' ? fromHex(announced) & argumentOf(row, 1n) : fromHex(announced);
  return effective === 0n ? 0n : (1n << BigInt(row.width)) - 1n;
}

function mechanismOf(row: SwitchRow): Mechanism | null {
  const operation = switchOperation(row);
  return operation === null ? null : { operation, until: row.until };
}

function switchLatitude(row: SwitchRow, tried: SwitchTrials): WordLatitude {
  if (row.values.length === 0) return { kind: 'unknown', why: 'no other value was tried' };
  const outcomes = row.values.map((value) => ({ value, rejection: rejectionOf(row, tried, value) }));
  const rejections = outcomes.flatMap(({ value, rejection }): Rejected[] =>
    rejection === null ? [] : [{ values: [value], rejection }],
  );
  const values = [row.neutral, ...outcomes.flatMap(({ value, rejection }) => (rejection === null ? [value] : []))];
  const otherwise: Rejection = { how: 'unknown', why: 'no other value was tried' };
  return { kind: 'values', values, otherwise, rejections };
}

/** Null where the call was taken. A call that is taken and whose effect is not announced does nothing. */
function rejectionOf(row: SwitchRow, { announced, trials }: SwitchTrials, value: bigint): Rejection | null {
  const argument = argumentOf(row, value);
  const trial = trials.find(({ flags }) => fromHex(flags) === argument);
  if (trial === undefined) return { how: 'unknown', why: 'this value was not tried' };
  if (trial.outcome !== 'accepted') return { how: 'refused', call: row.call, errno: trial.outcome };
  const effective = row.announced === 'mask' ? (fromHex(announced) & argument) !== 0n : announced !== '0x0';
  return effective ? null : { how: 'ignored', call: row.call };
}
