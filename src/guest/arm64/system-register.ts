/** System registers as operations name them. */
import { GROUP, groupOf, restOf } from '../../arch/arm64/ids.ts';
import { idOf } from '../../arch/arm64/names.ts';
import { SYSTEM_REGISTERS } from '../../arch/arm64/tables/system-registers.ts';

/** The architecture's generic name of a system register, for those that have no other (Arm ARM, C5.1.5). */
const GENERIC = /^S([23])_([0-7])_C(\d+)_C(\d+)_([0-7])$/;

/**
 * The 16-bit encoding of a register by its name, `ID_AA64PFR0_EL1`, `DBGBVR3_EL1`, or by its generic name,
 * `S3_0_C0_C7_7`. A name that is neither is a bug of the caller and throws.
 */
export function encodingOf(name: string): number {
  const known = SYSTEM_REGISTERS[name];
  if (known !== undefined) return known;
  const parts = GENERIC.exec(name)?.slice(1).map(Number);
  if (parts !== undefined) {
    const [op0 = 0, op1 = 0, crn = 0, crm = 0, op2 = 0] = parts;
    if (crn < 16 && crm < 16) return (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
  }
  const id = idOf(`reg/${name}`);
  if (id === null || groupOf(id) !== GROUP.sysreg) throw new RangeError(`no system register is called ${name}`);
  return restOf(id);
}

/** The generic name of an encoding. */
export function genericName(encoding: number): string {
  const part = (shift: number, bits: number): number => (encoding >> shift) & ((1 << bits) - 1);
  return `S${part(14, 2)}_${part(11, 3)}_C${part(7, 4)}_C${part(3, 4)}_${part(0, 3)}`;
}
