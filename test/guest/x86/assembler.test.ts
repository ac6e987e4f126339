import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARITHMETIC, Assembler, at, dword, indexed, qword } from '../../../src/guest/x86/assembler/index.ts';
import type { Arithmetic, Bits, Memory, Register } from '../../../src/guest/x86/assembler/index.ts';
import { assemble, disassemble, normal, whyNoBinutils } from './binutils.ts';
import { emitEveryForm } from './forms.ts';

const ORIGIN = 0x4000;

interface Program {
  readonly bytes: Uint8Array;
  readonly lines: readonly { readonly address: number; readonly text: string }[];
}

/** Every form, with the labels of the listing as numbers. */
function everyForm(bits: Bits): Program {
  const code = new Assembler(bits, ORIGIN);
  const { here, there } = emitEveryForm(code);
  const bytes = code.finish();
  const place = (name: 'here' | 'there'): string => `0x${code.address({ here, there }[name]).toString(16)}`;
  const lines = code.listing.map(({ address, text }) => ({
    address,
    text: text.replace('offset ', '').replaceAll(/\b(here|there)\b/g, (name) => place(name as 'here' | 'there')),
  }));
  return { bytes, lines };
}

/** Objdump says that real mode's addresses have a prefix, and calls the descriptor tables' wide forms by a suffix. */
function spoken(bits: Bits, text: string): string {
  return bits === 64 ? text : text.replace(/^addr32 /, '').replace(/^([sl][gi]dt)d /, '$1 ');
}

/** As may choose another form of the same: MOV of an address by itself, XCHG the other way round, MOV without MOVABS. */
function oneSpelling(text: string): string {
  return text
    .replace(/\b[A-Z]+ PTR (?=ds:)/, '')
    .replace(/^(xchg) (\w+),(\w+)$/, (_, name: string, a: string, b: string) =>
      [name, [a, b].sort().join(',')].join(' '),
    )
    .replace(/^movabs /, 'mov ');
}

describe.each([64, 16] as const)('the assembler, against binutils, %i bits', (bits) => {
  test('every form disassembles to the text of its listing', ({ skip }) => {
    const why = whyNoBinutils();
    if (why !== null) {
      if (process.env['CI'] !== undefined) throw new Error(`${why}, and CI must not skip this`);
      return skip(why);
    }
    const { bytes, lines } = everyForm(bits);
    const theirs = disassemble(bits, bytes, ORIGIN).map((row) => ({ ...row, text: spoken(bits, row.text) }));
    expect(theirs).toEqual(lines);
  });

  test('what as makes of the listing is the same instructions', ({ skip }) => {
    const why = whyNoBinutils();
    if (why !== null) {
      if (process.env['CI'] !== undefined) throw new Error(`${why}, and CI must not skip this`);
      return skip(why);
    }
    const { lines } = everyForm(bits);
    // Relative jumps are left out: as picks shorter forms, so that addresses differ behind the first of them.
    const texts = lines.map(({ text }) => text).filter((text) => !/^(j\w+|call) 0x/.test(text));
    const source = bits === 64 ? texts : texts.map((text) => text.replace(/^([sl][gi]dt) /, '$1d '));
    const theirs = disassemble(bits, assemble(bits, source, ORIGIN), ORIGIN).map(({ text }) => spoken(bits, text));
    expect(theirs.map(oneSpelling)).toEqual(texts.map(normal).map(oneSpelling));
  });
});

const REGISTERS = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r12', 'r13', 'r15'] as const;
const NARROW = ['eax', 'ecx', 'ebx', 'esp', 'ebp', 'esi', 'r10d', 'r13d'] as const;
const displacement = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, -0x80, -0x81), fc.integer());

/** Any base, index and displacement; the index is never the stack pointer. */
const memory: fc.Arbitrary<Memory> = fc.oneof(
  fc
    .record({ base: fc.constantFrom(...REGISTERS), displacement })
    .map(({ base, displacement }) => at(base, displacement)),
  fc
    .record({
      base: fc.constantFrom(null, ...REGISTERS),
      index: fc.constantFrom(...REGISTERS.filter((name) => name !== 'rsp')),
      scale: fc.constantFrom(1, 2, 4, 8),
      displacement,
    })
    .map(({ base, index, scale, displacement }) => indexed(base, index, scale, displacement)),
  fc.record({ base: fc.constantFrom(...NARROW), displacement }).map(({ base, displacement }) => at(base, displacement)),
);
const names = Object.keys(ARITHMETIC) as Arithmetic[];
const register: fc.Arbitrary<Register> = fc.constantFrom(...REGISTERS, ...NARROW, 'al', 'bl', 'dx', 'si');
const emission = fc.oneof(
  fc.record({ to: register, from: memory }).map(
    ({ to, from }) =>
      (code: Assembler) =>
        code.mov(to, from),
  ),
  fc.record({ to: memory, from: register }).map(
    ({ to, from }) =>
      (code: Assembler) =>
        code.mov(to, from),
  ),
  fc.record({ to: memory, value: fc.integer() }).map(
    ({ to, value }) =>
      (code: Assembler) =>
        code.mov(qword(to), value),
  ),
  fc.record({ name: fc.constantFrom(...names), to: memory, value: fc.integer() }).map(
    ({ name, to, value }) =>
      (code: Assembler) =>
        code.arithmetic(name, dword(to), value),
  ),
  fc.record({ name: fc.constantFrom(...names), to: register, from: memory }).map(
    ({ name, to, from }) =>
      (code: Assembler) =>
        code.arithmetic(name, to, from),
  ),
);

describe('the assembler, against binutils', () => {
  test('whatever the operands, objdump reads what was meant', ({ skip }) => {
    const why = whyNoBinutils();
    if (why !== null) {
      if (process.env['CI'] !== undefined) throw new Error(`${why}, and CI must not skip this`);
      return skip(why);
    }
    fc.assert(
      fc.property(fc.array(emission, { minLength: 50, maxLength: 300 }), (emissions) => {
        const code = new Assembler(64, ORIGIN);
        for (const emit of emissions) emit(code);
        const meant = code.listing.map(({ address, text }) => ({ address, text }));
        expect(disassemble(64, code.finish(), ORIGIN)).toEqual(meant);
      }),
      { numRuns: 8 },
    );
  });
});

describe('the assembler', () => {
  test('an address in both modes is the same place', () => {
    for (const bits of [64, 16] as const) {
      const code = new Assembler(bits, ORIGIN);
      code.mov(dword(at(0x1000)), 1);
      // disp32 before the immediate, the last eight bytes.
      expect([...code.finish().slice(-8)]).toEqual([0x00, 0x10, 0, 0, 1, 0, 0, 0]);
    }
  });

  test('a jump over more than its form can reach is refused', () => {
    const code = new Assembler(16, 0);
    const far = code.label('far');
    code.jmp(far);
    code.data(new Uint8Array(0x8000));
    code.bind(far);
    expect(() => code.finish()).toThrow(/far is too far away/);
  });

  test.for<readonly [string, (code: Assembler) => void]>([
    ['64-bit registers in real mode', (code) => code.mov('rax', 1)],
    ['memory of unknown width', (code) => code.mov(at(0x1000), 1)],
    ['operands of two widths', (code) => code.mov('eax', 'bl')],
    ['a 64-bit immediate in memory', (code) => code.mov(qword(at('eax')), 1n << 40n)],
    ['LOCK of a register', (code) => code.unary('inc', 'eax', 'lock')],
    ['an address above 2 GiB without a register', (code) => code.mov('eax', at(0xfee0_0030))],
    ['memory on both sides', (code) => code.mov(at('eax'), at('ebx'))],
    ['IRETQ in real mode', (code) => code.instruction('iretq')],
  ])('refuses %s', ([, emit]) => {
    expect(() => emit(new Assembler(16, ORIGIN))).toThrow(RangeError);
  });

  test('a label that was never bound is named', () => {
    const code = new Assembler(64, ORIGIN);
    code.jmp(code.label('nowhere'));
    expect(() => code.finish()).toThrow(/nowhere was never bound/);
  });
});
