/** Reads a unit back and holds it against what was saved, register by register, or field by field of a struct. */
import { fromHex, hex } from '../model/index.ts';
import type { SavedUnit } from '../model/index.ts';
import type { StateDifference } from './restore-report.ts';
import type { BytesUnit, RegisterUnit, RunsOn, Unit } from './unit.ts';

export interface UnitComparison {
  /** Registers, or 1 for a struct; 0 for what only guest memory holds. */
  readonly compared: number;
  readonly differences: readonly StateDifference[];
}

const NOTHING: UnitComparison = { compared: 0, differences: [] };

export function compareUnit(unit: Unit, { data }: SavedUnit, runsOn: RunsOn): UnitComparison {
  if (unit.kind === 'registers' && data.kind === 'registers') {
    const differences = data.registers.flatMap(({ id, value }) => register(unit, fromHex(id), fromHex(value), runsOn));
    return { compared: data.registers.length, differences };
  }
  if (unit.kind === 'bytes' && data.kind === 'bytes') {
    return { compared: 1, differences: struct(unit, new Uint8Array(Buffer.from(data.base64, 'base64')), runsOn) };
  }
  return NOTHING;
}

function register(
  { name, word: wordOf, read }: RegisterUnit,
  id: bigint,
  saved: bigint,
  runsOn: RunsOn,
): StateDifference[] {
  const word = wordOf(id);
  const now = read(id);
  const what = { unit: name, at: hex(id), word, saved: hex(saved) };
  if (!now.ok) return [{ ...what, reads: null, errno: now.error.errnoName }];
  if (now.value === saved) return [];
  return [{ ...what, reads: hex(now.value), ...reason(runsOn, word, saved ^ now.value) }];
}

function reason(runsOn: RunsOn, word: string, changed: bigint): { because?: string } {
  const row = runsOn(word);
  return row !== null && (changed & ~row.bits) === 0n ? { because: row.because } : {};
}

function struct(unit: BytesUnit, saved: Uint8Array, runsOn: RunsOn): StateDifference[] {
  const now = unit.read();
  if (!now.ok) {
    const { errnoName: errno } = now.error;
    return [{ unit: unit.name, at: '0x0', word: unit.name, saved: hex(number(saved)), reads: null, errno }];
  }
  const named = Object.entries(unit.fields).map(([field, place]) => ({ word: `${unit.name}/${field}`, ...place }));
  return [...named, ...rest(named, Math.max(saved.length, now.value.length), unit.name)].flatMap(
    ({ word, offset, size }) => {
      const [before, after] = [saved, now.value].map((bytes) => number(bytes.subarray(offset, offset + size)));
      if (before === undefined || after === undefined || before === after) return [];
      const at = { unit: unit.name, at: hex(offset), word, saved: hex(before), reads: hex(after) };
      return [{ ...at, ...reason(runsOn, word, before ^ after) }];
    },
  );
}

interface Range {
  readonly word: string;
  readonly offset: number;
  readonly size: number;
}

/** The ranges that no field covers: reserved bytes, and what a newer kernel has put there. */
function rest(fields: readonly Range[], length: number, name: string): Range[] {
  const ranges: Range[] = [];
  let at = 0;
  const until = (end: number): void => {
    if (end > at) ranges.push({ word: `${name}/bytes ${at} to ${end - 1}`, offset: at, size: end - at });
  };
  for (const { offset, size } of fields.toSorted((a, b) => a.offset - b.offset)) {
    until(offset);
    at = Math.max(at, offset + size);
  }
  until(length);
  return ranges;
}

/** Little-endian. */
function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
