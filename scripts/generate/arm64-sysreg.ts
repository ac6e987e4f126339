/** Reads the two forms in which a kernel tree names system registers. Facts only: names, encodings, bit ranges. */

export interface SysregField {
  readonly name: string;
  readonly shift: number;
  readonly width: number;
  /** True where the values are enumerated, which in ID registers means the ID scheme. */
  readonly enumeration: boolean;
  readonly signed: boolean;
}

export interface SysregDescription {
  readonly name: string;
  readonly encoding: number;
  /** Ordered from the lowest bit; reserved bits are left out. */
  readonly fields: readonly SysregField[];
}

/** op0[15:14] op1[13:11] CRn[10:7] CRm[6:3] op2[2:0], as in the low 16 bits of a KVM register id. */
export function encode(op0: number, op1: number, crn: number, crm: number, op2: number): number {
  return (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
}

/** The blocks `Sysreg NAME op0 op1 CRn CRm op2` … `EndSysreg` of arch/arm64/tools/sysreg. */
export function parseSysreg(text: string): SysregDescription[] {
  const shared = new Map<string, readonly SysregField[]>();
  const registers: { name: string; encoding: number; fields: SysregField[]; uses: string | null; alias: boolean }[] =
    [];
  let fields: SysregField[] = [];
  let sharedName = '';
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [keyword = '', first = '', second = ''] = words;
    const current = registers.at(-1);
    if (keyword === 'Sysreg') {
      const [op0 = 0, op1 = 0, crn = 0, crm = 0, op2 = 0] = words.slice(2).map(Number);
      fields = [];
      registers.push({ name: first, encoding: encode(op0, op1, crn, crm, op2), fields, uses: null, alias: false });
    } else if (keyword === 'SysregFields') {
      fields = [];
      sharedName = first;
    } else if (keyword === 'EndSysregFields') shared.set(sharedName, fields);
    else if (keyword === 'Fields' && current !== undefined) current.uses = first;
    else if (keyword === 'Mapping' && current !== undefined) current.alias = true;
    else if (/^(Field|Enum|UnsignedEnum|SignedEnum)$/.test(keyword)) {
      const [msb = 0, lsb = msb] = first.split(':').map(Number);
      fields.push({
        name: second,
        shift: lsb,
        width: msb - lsb + 1,
        enumeration: keyword !== 'Field',
        signed: keyword === 'SignedEnum',
      });
    }
  }
  return registers
    .filter(({ alias }) => !alias)
    .map(({ name, encoding, fields: own, uses }) => ({
      name,
      encoding,
      fields: [...(uses === null ? own : (shared.get(uses) ?? []))].sort((a, b) => a.shift - b.shift),
    }));
}

/** The plain `SYS_NAME sys_reg(…)` definitions of asm/sysreg.h with op0 2 or 3; aliases and macros are left out. */
export function parseSysregHeader(text: string): Map<string, number> {
  const found = new Map<string, number>();
  const taken = new Set<number>();
  for (const match of text.matchAll(/^#define\s+SYS_([A-Z0-9_]+)\s+sys_reg\(([\d,\s]+)\)/gm)) {
    const name = match[1] ?? '';
    const [op0 = 0, op1 = 0, crn = 0, crm = 0, op2 = 0] = (match[2] ?? '').split(',').map(Number);
    const encoding = encode(op0, op1, crn, crm, op2);
    if ((op0 !== 2 && op0 !== 3) || /_EL[01]2$/.test(name) || /^(AARCH32|BARRIER)_/.test(name) || taken.has(encoding))
      continue;
    taken.add(encoding);
    found.set(name, encoding);
  }
  return found;
}
