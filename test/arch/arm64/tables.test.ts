/**
 * The tables against facts gathered elsewhere: the reference material beside the project, and a kernel tree named by
 * EVENKEEL_LINUX_TREE. Where they are absent the tests say that they did not run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { checkRules } from '../../../scripts/generate/arm64-rules.ts';
import { parseSysreg } from '../../../scripts/generate/arm64-sysreg.ts';
import { ID_FIELDS } from '../../../src/arch/arm64/tables/id-fields.ts';
import { SYSTEM_REGISTERS } from '../../../src/arch/arm64/tables/system-registers.ts';

const reference = fileURLToPath(new URL('../../../../shared/reference/', import.meta.url));
const fieldsFile = join(reference, 'arm64-id-register-fields.json');
const sysregFile = join(reference, 'arm64-sysreg.txt');
const tree = process.env['EVENKEEL_LINUX_TREE'];

type Rules = Readonly<
  Record<
    string,
    {
      readonly fields: readonly {
        readonly field: string;
        readonly shift: number;
        readonly signed: boolean;
        readonly type: string;
      }[];
    }
  >
>;
/** The reference's shape, as its README says. */
const readRules = (): Rules => JSON.parse(readFileSync(fieldsFile, 'utf8')) as Rules;

const COMPARISON: Readonly<Record<string, string>> = {
  FTR_LOWER_SAFE: 'lower-safe',
  FTR_HIGHER_SAFE: 'higher-safe',
  FTR_HIGHER_OR_ZERO_SAFE: 'higher-or-zero',
  FTR_EXACT: 'exact',
};

describe("Linux's rules for ID register fields", () => {
  test('are those of the reference, but for what KVM overrides', (context) => {
    if (!existsSync(fieldsFile)) context.skip('there is no ../shared/reference');
    let compared = 0;
    for (const [register, { fields }] of Object.entries(readRules())) {
      for (const { shift, signed, type } of fields) {
        const row = ID_FIELDS[register]?.find(([, at]) => at === shift);
        if (row === undefined || row[5] === 'kvm') continue;
        compared++;
        expect([register, row[0], row[3], row[4]]).toEqual([
          register,
          row[0],
          COMPARISON[type],
          signed ? 'signed' : 'unsigned',
        ]);
      }
    }
    expect(compared).toBeGreaterThan(250);
  });

  test('agree with the kernel tree in EVENKEEL_LINUX_TREE', (context) => {
    if (tree === undefined) return context.skip('EVENKEEL_LINUX_TREE is not set');
    const cpufeature = readFileSync(join(tree, 'arch/arm64/kernel/cpufeature.c'), 'utf8');
    expect(checkRules(readRules(), cpufeature)).toEqual([]);
  });

  test('a table that disagrees with the kernel is noticed', () => {
    const table = { X: { fields: [{ field: 'X_EL1_A', signed: false, type: 'FTR_EXACT' }] } };
    const kernel = 'ARM64_FTR_BITS(FTR_HIDDEN, FTR_STRICT, FTR_LOWER_SAFE, X_EL1_A_SHIFT, 4, 0),';
    expect(checkRules(table, kernel)).toEqual(['X_EL1_A: table FTR_EXACT, kernel FTR_LOWER_SAFE']);
    expect(checkRules(table, '')).toEqual(['no ARM64_FTR_BITS row was found']);
  });
});

describe('names and encodings', () => {
  test('are those of the register descriptions', (context) => {
    if (!existsSync(sysregFile)) context.skip('there is no ../shared/reference');
    const described = parseSysreg(readFileSync(sysregFile, 'utf8'));
    expect(described.length).toBeGreaterThan(200);
    for (const { name, encoding } of described) expect(SYSTEM_REGISTERS[name], name).toBe(encoding);
  });

  test('a block is read with its encoding, its fields from the lowest bit up, and the sign of an enumeration', () => {
    const text =
      'Sysreg\tT_EL1\t3\t0\t0\t4\t0\nRes0\t63:8\nField\t7:4\tB\nSignedEnum\t3:0\tA\n\t0b0000\tIMP\nEndEnum\nEndSysreg\n';
    expect(parseSysreg(text)).toEqual([
      {
        name: 'T_EL1',
        encoding: 0xc020,
        fields: [
          { name: 'A', shift: 0, width: 4, enumeration: true, signed: true },
          { name: 'B', shift: 4, width: 4, enumeration: false, signed: false },
        ],
      },
    ]);
  });
});
