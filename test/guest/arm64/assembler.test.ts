/**
 * Every instruction form of the assembler against binutils for aarch64 (Debian: binutils-aarch64-linux-gnu): both
 * assemble the same line, and the words are compared. Where binutils is not installed the test says so; CI has it.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as a64 from '../../../src/guest/arm64/assembler/index.ts';
import type { Item } from '../../../src/guest/arm64/assembler/index.ts';

/** What we write, and what binutils is given. Several words are one item list. */
const FORMS: readonly (readonly [item: Item | readonly Item[], text: string])[] = [
  [a64.movz(3, 0xbeef), 'movz x3, #0xbeef'],
  [a64.movz(30, 0xffff, 48), 'movz x30, #0xffff, lsl #48'],
  [a64.movk(0, 0x1234, 16), 'movk x0, #0x1234, lsl #16'],
  [a64.movk(0, 0x1234, 32), 'movk x0, #0x1234, lsl #32'],
  [a64.mov(7, 0x1234_0000_0000_5678n), 'movz x7, #0x5678; movk x7, #0x1234, lsl #48'],
  [a64.mov(7, 0), 'movz x7, #0'],
  [
    a64.mov(7, -1n),
    'movz x7, #0xffff; movk x7, #0xffff, lsl #16; movk x7, #0xffff, lsl #32; movk x7, #0xffff, lsl #48',
  ],
  [a64.movRegister(9, 27), 'mov x9, x27'],
  [a64.movSp(9, a64.SP), 'mov x9, sp'],
  [a64.movSp(a64.SP, 9), 'mov sp, x9'],
  [a64.mvn(4, 5), 'mvn x4, x5'],
  [a64.adr(12, 'back'), 'adr x12, back'],
  [a64.adr(12, 'ahead'), 'adr x12, ahead'],
  [a64.addImmediate(1, 2, 4095), 'add x1, x2, #4095'],
  [a64.addImmediate(1, a64.SP, 3, 12), 'add x1, sp, #3, lsl #12'],
  [a64.subImmediate(a64.SP, a64.SP, 16), 'sub sp, sp, #16'],
  [a64.cmpImmediate(17, 100), 'cmp x17, #100'],
  [a64.add(1, 2, 3), 'add x1, x2, x3'],
  [a64.add(1, 2, 3, 63), 'add x1, x2, x3, lsl #63'],
  [a64.sub(1, 2, 3, 4), 'sub x1, x2, x3, lsl #4'],
  [a64.and(1, 2, 3), 'and x1, x2, x3'],
  [a64.orr(1, 2, 3, 12), 'orr x1, x2, x3, lsl #12'],
  [a64.eor(1, 2, 3), 'eor x1, x2, x3'],
  [a64.bic(1, 2, 3), 'bic x1, x2, x3'],
  [a64.cmp(28, 29), 'cmp x28, x29'],
  [a64.ubfx(1, 2, 16, 8), 'ubfx x1, x2, #16, #8'],
  [a64.lslImmediate(1, 2, 3), 'lsl x1, x2, #3'],
  [a64.lslImmediate(1, 2, 63), 'lsl x1, x2, #63'],
  [a64.lsrImmediate(1, 2, 3), 'lsr x1, x2, #3'],
  [a64.lsl(1, 2, 3), 'lsl x1, x2, x3'],
  [a64.madd(1, 2, 3, 4), 'madd x1, x2, x3, x4'],
  [a64.b('back'), 'b back'],
  [a64.b('ahead'), 'b ahead'],
  [a64.bl('back'), 'bl back'],
  ...(['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'hi', 'ls', 'ge', 'lt', 'gt', 'le'] as const).map(
    (condition) => [a64.bCond(condition, 'ahead'), `b.${condition} ahead`] as const,
  ),
  [a64.bCond('ne', 'back'), 'b.ne back'],
  [a64.cbz(5, 'back'), 'cbz x5, back'],
  [a64.cbnz(5, 'ahead'), 'cbnz x5, ahead'],
  [a64.tbz(6, 63, 'back'), 'tbz x6, #63, back'],
  [a64.tbnz(6, 5, 'ahead'), 'tbnz x6, #5, ahead'],
  [a64.br(16), 'br x16'],
  [a64.blr(16), 'blr x16'],
  [a64.ret(), 'ret'],
  [a64.ret(3), 'ret x3'],
  [a64.ERET, 'eret'],
  [a64.ldr(8, 1, 2, 4095), 'ldrb w1, [x2, #4095]'],
  [a64.ldr(16, 1, 2, 8190), 'ldrh w1, [x2, #8190]'],
  [a64.ldr(32, 1, 2, 16380), 'ldr w1, [x2, #16380]'],
  [a64.ldr(64, 1, a64.SP, 32760), 'ldr x1, [sp, #32760]'],
  [a64.str(8, 1, 2, 1), 'strb w1, [x2, #1]'],
  [a64.str(16, 1, 2), 'strh w1, [x2]'],
  [a64.str(32, 1, 2, 8), 'str w1, [x2, #8]'],
  [a64.str(64, a64.XZR, 2, 8), 'str xzr, [x2, #8]'],
  [a64.ldrLiteral(8, 'ahead'), 'ldr x8, ahead'],
  [a64.ldrLiteral(8, 'back'), 'ldr x8, back'],
  [a64.ldrIndexed(1, 2, 3), 'ldr x1, [x2, x3, lsl #3]'],
  [a64.strIndexed(1, 2, 3), 'str x1, [x2, x3, lsl #3]'],
  [a64.ldp(1, 2, 3, 504), 'ldp x1, x2, [x3, #504]'],
  [a64.ldp(1, 2, a64.SP, 16, 'post'), 'ldp x1, x2, [sp], #16'],
  [a64.ldp(1, 2, 3, 16, 'pre'), 'ldp x1, x2, [x3, #16]!'],
  [a64.stp(1, 2, 3, -512), 'stp x1, x2, [x3, #-512]'],
  [a64.stp(29, 30, a64.SP, -16, 'pre'), 'stp x29, x30, [sp, #-16]!'],
  [a64.stp(1, 2, 3, 16, 'post'), 'stp x1, x2, [x3], #16'],
  [a64.ldxr(1, 2), 'ldxr x1, [x2]'],
  [a64.stxr(1, 2, 3), 'stxr w1, x2, [x3]'],
  [a64.ldar(1, 2), 'ldar x1, [x2]'],
  [a64.stlr(1, 2), 'stlr x1, [x2]'],
  // MIDR_EL1, VBAR_EL1, CNTV_CTL_EL0, ICC_SRE_EL1, and an ID register that has no name.
  [a64.mrs(1, 0xc000), 'mrs x1, midr_el1'],
  [a64.msr(0xc600, 30), 'msr vbar_el1, x30'],
  [a64.mrs(1, 0xdf19), 'mrs x1, cntv_ctl_el0'],
  [a64.msr(0xc665, 2), 'msr s3_0_c12_c12_5, x2'],
  [a64.mrs(2, 0xc03f), 'mrs x2, s3_0_c0_c7_7'],
  [a64.mrs(2, 0x8012), 'mrs x2, mdscr_el1'],
  [a64.msrImmediate('SPSel', 1), 'msr spsel, #1'],
  [a64.msrImmediate('DAIFSet', 15), 'msr daifset, #15'],
  [a64.msrImmediate('DAIFClr', 2), 'msr daifclr, #2'],
  [a64.tlbi('vmalle1'), 'tlbi vmalle1'],
  [a64.tlbi('vmalle1is'), 'tlbi vmalle1is'],
  [a64.ic('iallu'), 'ic iallu'],
  [a64.ic('ialluis'), 'ic ialluis'],
  [a64.dc('zva', 1), 'dc zva, x1'],
  [a64.dc('cvau', 1), 'dc cvau, x1'],
  [a64.dc('civac', 1), 'dc civac, x1'],
  [a64.dsb(), 'dsb sy'],
  [a64.dsb('ish'), 'dsb ish'],
  [a64.dmb(), 'dmb sy'],
  [a64.dmb('ish'), 'dmb ish'],
  [a64.ISB, 'isb'],
  [a64.NOP, 'nop'],
  [a64.WFE, 'wfe'],
  [a64.WFI, 'wfi'],
  [a64.SEV, 'sev'],
  [a64.svc(0xffff), 'svc #0xffff'],
  [a64.hvc(), 'hvc #0'],
  [a64.smc(1), 'smc #1'],
  [a64.brk(2), 'brk #2'],
  [a64.ldrQ(31, 2, 65520), 'ldr q31, [x2, #65520]'],
  [a64.strQ(0, 2), 'str q0, [x2]'],
  [a64.moviZero(4), 'movi v4.2d, #0'],
  [a64.dup(4, 5), 'dup v4.2d, x5'],
  [a64.umov(4, 5, 0), 'mov x4, v5.d[0]'],
  [a64.umov(4, 5, 1), 'mov x4, v5.d[1]'],
  [a64.ldrZ(31, 2, -256), 'ldr z31, [x2, #-256, mul vl]'],
  [a64.ldrZ(1, 2), 'ldr z1, [x2]'],
  [a64.strZ(1, 2, 255), 'str z1, [x2, #255, mul vl]'],
  [a64.ldrP(15, 2, 9), 'ldr p15, [x2, #9, mul vl]'],
  [a64.strP(15, 2, -1), 'str p15, [x2, #-1, mul vl]'],
  [a64.ptrue(3), 'ptrue p3.b'],
  [a64.rdffr(3), 'rdffr p3.b'],
  [a64.wrffr(3), 'wrffr p3.b'],
  [a64.rdvl(3), 'rdvl x3, #1'],
  [a64.rdvl(3, -32), 'rdvl x3, #-32'],
  [a64.dupZ(3, 4), 'dup z3.d, x4'],
];

const items = (form: Item | readonly Item[]): readonly Item[] => [form].flat();
const words = (bytes: Uint8Array): string[] =>
  Array.from({ length: bytes.length / 4 }, (_, at) =>
    new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * at, true).toString(16),
  );

/** The words that binutils makes of lines of assembly. */
function reference(lines: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-a64-'));
  try {
    writeFileSync(join(folder, 'in.s'), `.arch armv8.5-a+sve\n${lines.join('\n')}\n`);
    execFileSync('aarch64-linux-gnu-as', ['-o', join(folder, 'out.o'), join(folder, 'in.s')], { stdio: 'pipe' });
    execFileSync('aarch64-linux-gnu-objcopy', [
      '-O',
      'binary',
      '-j',
      '.text',
      join(folder, 'out.o'),
      join(folder, 'out'),
    ]);
    return words(new Uint8Array(readFileSync(join(folder, 'out'))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the assembler', () => {
  test('makes of every instruction what binutils makes of it', (context) => {
    if (spawnSync('aarch64-linux-gnu-as', ['--version']).status !== 0) {
      if (process.env['CI'] !== undefined)
        throw new Error('CI must not skip this: it installs binutils-aarch64-linux-gnu');
      context.skip('aarch64-linux-gnu-as is not installed: apt-get install binutils-aarch64-linux-gnu');
    }
    for (const [form, text] of FORMS) {
      const ours = a64.assemble(0x4000_0000, [
        a64.label('back'),
        { zeros: 64 },
        ...items(form),
        { zeros: 64 },
        a64.label('ahead'),
      ]);
      const theirs = reference(['back: .zero 64', ...text.split('; '), '.zero 64', 'ahead:']);
      expect(words(ours.bytes), text).toEqual(theirs);
    }
  });

  test('is tried with every instruction that it exports', () => {
    const source = readFileSync(new URL(import.meta.url), 'utf8');
    const untried = Object.keys(a64).filter((name) => !new RegExp(`a64\\.${name}\\b`).test(source));
    expect(untried).toEqual(['LR']);
  });

  test('a constant is what its instructions put together', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }), (value) => {
        let register = 0n;
        for (const item of a64.mov(0, value)) {
          if (typeof item !== 'number') throw new Error('a constant refers to no label');
          const shift = BigInt(((item >>> 21) & 3) * 16);
          const bits = BigInt((item >>> 5) & 0xffff) << shift;
          const keeps = ((item >>> 29) & 3) === 3;
          register = keeps ? (register & ~(0xffffn << shift)) | bits : bits;
        }
        expect(register).toBe(value);
      }),
    );
  });

  test('says what does not fit, where a label is missing, and where it is there twice', () => {
    expect(() => a64.addImmediate(0, 0, 4096)).toThrow(RangeError);
    expect(() => a64.ldr(64, 0, 0, 4)).toThrow('4 is no multiple of 8');
    expect(() => a64.movRegister(0, 32)).toThrow(RangeError);
    expect(() => a64.mrs(0, 0x4000)).toThrow('op0 2 and 3');
    expect(() => a64.assemble(0, [a64.b('nowhere')])).toThrow('no label nowhere');
    expect(() => a64.assemble(0, [a64.label('a'), a64.label('a')])).toThrow('twice');
    expect(() => a64.assemble(0, [a64.tbz(0, 0, 'far'), { zeros: 32768 }, a64.label('far')])).toThrow(RangeError);
  });

  test('places data and labels by address', () => {
    const program = a64.assemble(0x4000_0004, [
      a64.NOP,
      { align: 16 },
      a64.label('data'),
      { quad: 0x1122_3344_5566_7788n },
      { bytes: Uint8Array.of(1, 2, 3, 4) },
      { align: 8 },
      { address: 'code' },
      a64.label('code'),
      ...a64.movLabel(0, 'data'),
    ]);
    expect(a64.addressOf(program, 'data')).toBe(0x4000_0010);
    expect(a64.addressOf(program, 'code')).toBe(0x4000_0028);
    expect(new DataView(program.bytes.buffer).getBigUint64(0x1c, true)).toBe(0x4000_0028n);
    expect(new DataView(program.bytes.buffer).getBigUint64(0xc, true)).toBe(0x1122_3344_5566_7788n);
    // movz x0, #0x10; movk x0, #0x4000, lsl #16
    expect(words(program.bytes).slice(-2)).toEqual(['d2800200', 'f2a80000']);
    expect(() => a64.addressOf(program, 'other')).toThrow('no label other');
  });
});
