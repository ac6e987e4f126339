/**
 * The fields of an ID register: those of the table, and the rest in pieces, so that together they cover every bit
 * once. Used to compare values and to decide what to try when a register is probed.
 */
import { decodeSysreg, groupOf, GROUP, restOf } from './ids.ts';
import { ID_FIELDS } from './tables/id-fields.ts';
import type { IdFieldRow } from './tables/id-fields.ts';
import { SYSTEM_REGISTERS } from './tables/system-registers.ts';

export interface RegisterField {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
  readonly rule: IdFieldRow[3];
  readonly signed: boolean;
  readonly source: IdFieldRow[5] | 'unnamed';
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(SYSTEM_REGISTERS).map(([name, encoding]) => [encoding, name]),
);

/** The architecture's name of a system register, by encoding. */
export function systemRegisterName(encoding: number): string | undefined {
  return NAMES.get(encoding);
}

/**
 * CCSIDR_EL1 without FEAT_CCIDX (Arm ARM D19.2.24; the four policy bits as in DDI 0487 A to C, UNKNOWN since); KVM
 * gives 32 bits, one register a cache.
 */
const CCSIDR_FIELDS: readonly IdFieldRow[] = [
  ['LineSize', 0, 3, 'exact', 'unsigned', 'number'],
  ['Associativity', 3, 10, 'exact', 'unsigned', 'number'],
  ['NumSets', 13, 15, 'exact', 'unsigned', 'number'],
  ['WA', 28, 1, 'exact', 'unsigned', 'number'],
  ['RA', 29, 1, 'exact', 'unsigned', 'number'],
  ['WB', 30, 1, 'exact', 'unsigned', 'number'],
  ['WT', 31, 1, 'exact', 'unsigned', 'number'],
];

/** MIDR_EL1 (Arm ARM D19.2.109). */
const MIDR_FIELDS: readonly IdFieldRow[] = [
  ['Revision', 0, 4, 'exact', 'unsigned', 'number'],
  ['PartNum', 4, 12, 'exact', 'unsigned', 'number'],
  ['Architecture', 16, 4, 'exact', 'unsigned', 'number'],
  ['Variant', 20, 4, 'exact', 'unsigned', 'number'],
  ['Implementer', 24, 8, 'exact', 'unsigned', 'number'],
];

/**
 * PMCR_EL0 (Arm ARM D19.5.11): mostly state, but how many counters there are (N) and whose they are is what a guest was
 * promised.
 */
const PMCR_FIELDS: readonly IdFieldRow[] = [
  ['E', 0, 1, 'exact', 'unsigned', 'number'],
  ['P', 1, 1, 'exact', 'unsigned', 'number'],
  ['C', 2, 1, 'exact', 'unsigned', 'number'],
  ['D', 3, 1, 'exact', 'unsigned', 'number'],
  ['X', 4, 1, 'exact', 'unsigned', 'number'],
  ['DP', 5, 1, 'exact', 'unsigned', 'number'],
  ['LC', 6, 1, 'exact', 'unsigned', 'number'],
  ['LP', 7, 1, 'exact', 'unsigned', 'number'],
  ['FZO', 9, 1, 'exact', 'unsigned', 'number'],
  ['N', 11, 5, 'lower-safe', 'unsigned', 'number'],
  ['IDCODE', 16, 8, 'exact', 'unsigned', 'number'],
  ['IMP', 24, 8, 'exact', 'unsigned', 'number'],
  ['FZS', 32, 1, 'exact', 'unsigned', 'number'],
];

function tableOf(id: bigint): readonly IdFieldRow[] {
  if (groupOf(id) === GROUP.demux) return CCSIDR_FIELDS;
  const name = systemRegisterName(restOf(id));
  if (name === 'MIDR_EL1') return MIDR_FIELDS;
  if (name === 'PMCR_EL0') return PMCR_FIELDS;
  // REVIDR_EL1 and AIDR_EL1 are IMPLEMENTATION DEFINED as a whole.
  if (name === 'REVIDR_EL1' || name === 'AIDR_EL1') return [['Value', 0, 64, 'exact', 'unsigned', 'number']];
  return (name === undefined ? undefined : ID_FIELDS[name]) ?? [];
}

/**
 * All fields of an ID register of `width` bits, from the lowest bit up.
 *
 * Bits that no table names: in the ID scheme (op1 0) they are cut at multiples of 4, and each piece
 * compares as an unsigned lower-safe number, because that is what the architecture promises of every field it has not
 * defined yet (Arm ARM, "Principles of the ID scheme"); a nibble compared bit by bit would call 1 -> 2 a loss. Where
 * the scheme does not hold, each unnamed bit is a feature bit of its own.
 */
export function registerFields(id: bigint, width: number): readonly RegisterField[] {
  const step = followsIdScheme(id) ? 4 : 1;
  const fields: RegisterField[] = [];
  let at = 0;
  const unnamed = (end: number): void => {
    while (at < end) {
      const stop = Math.min(end, at - (at % step) + step);
      const name = stop - at === 1 ? `bit${at}` : `bits_${stop - 1}_${at}`;
      fields.push({ name, shift: at, width: stop - at, rule: 'lower-safe', signed: false, source: 'unnamed' });
      at = stop;
    }
  };
  for (const [name, shift, bits, rule, signedness, source] of tableOf(id)) {
    if (shift + bits > width) continue;
    unnamed(shift);
    fields.push({ name, shift, width: bits, rule, signed: signedness === 'signed', source });
    at = shift + bits;
  }
  unnamed(width);
  return fields;
}

/** True in the part of the feature ID space that holds ID registers proper: op0 3, op1 0, CRn 0, CRm 0-7. */
function followsIdScheme(id: bigint): boolean {
  if (groupOf(id) !== GROUP.sysreg) return false;
  const { op0, op1, crn, crm } = decodeSysreg(restOf(id));
  return op0 === 3 && op1 === 0 && crn === 0 && crm <= 7;
}
