/** Files that are none: each gives one fault with its place, in bounded time, and nothing is read of it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTemplate, readFingerprint, readGuestConfig, readTemplate } from '../../../src/interop/firecracker/index.ts';
import { bitmapText } from '../../../src/interop/firecracker/bitmap.ts';
import { templateJson } from '../../../src/interop/firecracker/write.ts';
import type { Json } from '../../../src/model/index.ts';

const leaf = (changes: { readonly [key: string]: Json } = {}): Json => ({
  cpuid_modifiers: [
    { leaf: '0x7', subleaf: '0x0', flags: 1, modifiers: [{ register: 'ebx', bitmap: '0bx1' }], ...changes },
  ],
});
const msr = (addr: Json, bitmap: Json): Json => ({ msr_modifiers: [{ addr, bitmap }] });
const register = (addr: Json, bitmap: Json): Json => ({ reg_modifiers: [{ addr, bitmap }] });
/** ID_AA64PFR0_EL1, of 64 bits. */
const PFR0 = '0x603000000013c020';

const faultOf = (document: Json): string => {
  const read = readTemplate(document);
  return read.ok ? 'read' : `${read.error.pointer}: ${read.error.message}`;
};

describe('a template that Firecracker does not take is refused with the place of its fault', () => {
  test.each<[what: string, document: Json, fault: string]>([
    ['an unknown member', { msr_modifier: [] }, '/msr_modifier: unknown member'],
    ['a member that needs escapes', { 'a/b~c': [] }, '/a~1b~0c: unknown member'],
    ['both architectures', { cpuid_modifiers: [], reg_modifiers: [] }, '/reg_modifiers: is of arm64'],
    ['an object for a list', { msr_modifiers: {} }, '/msr_modifiers: expected an array'],
    ['null for a list', { msr_modifiers: null }, '/msr_modifiers: expected an array'],
    ['a number without its prefix', msr('266', '0b1'), '/msr_modifiers/0/addr: expected a number with its prefix'],
    ['a number for a text', msr(266, '0b1'), '/msr_modifiers/0/addr: expected a string'],
    ['an MSR of 33 bits', msr('0x100000000', '0b1'), '/msr_modifiers/0/addr: expected at most 32 bits'],
    ['no bitmap', { msr_modifiers: [{ addr: '0x10a' }] }, '/msr_modifiers/0/bitmap: is missing'],
    ['a bitmap of other digits', msr('0x10a', '0b012'), '/msr_modifiers/0/bitmap: expected "0b"'],
    ['a bitmap without digits', msr('0x10a', '0b__'), '/msr_modifiers/0/bitmap: expected "0b"'],
    ['a bitmap of 65 digits', msr('0x10a', `0b${'x'.repeat(65)}`), '/msr_modifiers/0/bitmap: expected at most 64'],
    ['a megabyte of digits', msr('0x10a', `0b${'1'.repeat(1 << 20)}`), '/msr_modifiers/0/bitmap: expected at most 64'],
    ['a megabyte of separators', msr('0x10a', `0b${'_'.repeat(1 << 20)}`), '/msr_modifiers/0/bitmap: expected at most'],
    [
      'an MSR twice',
      { msr_modifiers: ['0x10a', '0x010a'].map((addr) => ({ addr, bitmap: '0b1' })) },
      '/msr_modifiers/1: 0x10a is there twice',
    ],
    [
      'a register that is none',
      leaf({ modifiers: [{ register: 'rax', bitmap: '0b1' }] }),
      '/cpuid_modifiers/0/modifiers/0/register: expected one of eax',
    ],
    [
      'a register twice',
      leaf({ modifiers: ['0b1', '0b0'].map((bitmap) => ({ register: 'ebx', bitmap })) }),
      '/cpuid_modifiers/0/modifiers/1: ebx is there twice',
    ],
    [
      'a leaf twice',
      { cpuid_modifiers: [0, 0].map(() => ({ leaf: '0x7', subleaf: '0x0', flags: 1, modifiers: [] })) },
      '/cpuid_modifiers/1: 0x7:0x0 is there twice',
    ],
    ['flags that are no whole number', leaf({ flags: 1.5 }), '/cpuid_modifiers/0/flags: expected a whole number'],
    ['flags below 0', leaf({ flags: -1 }), '/cpuid_modifiers/0/flags: expected a whole number'],
    [
      'a register wider than its id says',
      register(PFR0, `0b${'1'.repeat(65)}`),
      '/reg_modifiers/0/bitmap: the register has 64 bits',
    ],
    [
      'digits beyond the register, also zeros',
      register(PFR0, `0b${'0'.repeat(128)}`),
      '/reg_modifiers/0/bitmap: the register has 64 bits',
    ],
    ['a register of 512 bits', register('0x606000000015ffff', '0b1'), '/reg_modifiers/0/addr: a register of 512 bits'],
    ['a register of 16 bits', register('0x6010000000000000', '0b1'), '/reg_modifiers/0/addr: a register of 16 bits'],
    ['a capability in hex', { kvm_capabilities: ['0x38'] }, '/kvm_capabilities/0: expected the decimal number'],
    [
      'a capability that is too large',
      { kvm_capabilities: ['!4294967296'] },
      '/kvm_capabilities/0: expected the decimal',
    ],
    [
      'a feature word twice',
      { vcpu_features: [0, 0].map((index) => ({ index, bitmap: '0b1' })) },
      '/vcpu_features/1: word 0 is there twice',
    ],
    ['no object at all', [], ': expected an object'],
  ])('%s', (_what, document, fault) => {
    expect(faultOf(document)).toContain(fault);
    expect(faultOf(document).startsWith(fault.slice(0, fault.indexOf(':')))).toBe(true);
  });

  test('what Firecracker does take is read: separators, binary numbers, no prefix, checks that are taken off', () => {
    const read = readTemplate({
      kvm_capabilities: ['171', '!56'],
      msr_modifiers: [{ addr: '0b1010', bitmap: '1_x0' }],
    });
    expect(read).toMatchObject({
      ok: true,
      value: {
        architecture: 'x86_64',
        capabilities: [
          { capability: 171, checked: true },
          { capability: 56, checked: false },
        ],
        msrs: [{ index: '0xa', mask: 0b101n, value: 0b100n }],
      },
    });
  });

  test('a document of any shape is read or refused, and never more', () => {
    const some = fc.constantFrom(
      'cpuid_modifiers',
      'msr_modifiers',
      'reg_modifiers',
      'vcpu_features',
      'kvm_capabilities',
    );
    const rows = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<Json>(null, true, 0, -1, 1e9, '', '0x7', '0b1x', 'eax', '0x603000000013c020', '__proto__'),
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(
          fc.constantFrom(
            'leaf',
            'subleaf',
            'flags',
            'modifiers',
            'register',
            'bitmap',
            'addr',
            'index',
            'constructor',
          ),
          tie('json'),
          { maxKeys: 6 },
        ),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(some, rows.json, { maxKeys: 3 }), (document) => {
        expect(isTemplate({ ...document, msr_modifiers: [] })).toBe(true);
        for (const read of [readTemplate(document), readGuestConfig(document), readFingerprint(document)]) {
          expect(read.ok || read.error.message !== '').toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('bitmaps', () => {
  test('come back as they were written, whatever their bits', () => {
    const bits = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    fc.assert(
      fc.property(bits, bits, (mask, any) => {
        const written = bitmapText({ mask, value: any & mask }, 64);
        expect(written).toMatch(/^0b[01x]{64}$/);
        const read = readTemplate(msr('0x10a', written));
        expect(read.ok && read.value.msrs[0]).toEqual({ index: '0x10a', mask, value: any & mask });
      }),
    );
  });

  test('a template comes back as it was written', () => {
    const read = readTemplate({
      kvm_capabilities: ['171', '!172'],
      vcpu_features: [{ index: 0, bitmap: '0b11xxxxx' }],
      reg_modifiers: [
        { addr: PFR0, bitmap: '0b0000' },
        { addr: '0x6020000000110000', bitmap: '0b1x' },
        { addr: '0x6040000000100054', bitmap: `0b${'x'.repeat(127)}1` },
      ],
    });
    if (!read.ok) throw new Error(read.error.message);
    expect(readTemplate(templateJson(read.value))).toEqual(read);
  });
});

describe('a guest CPU configuration', () => {
  const whole = (digits: string): Json => ({
    cpuid_modifiers: [
      {
        leaf: '0x7',
        subleaf: '0x0',
        flags: 1,
        modifiers: ['eax', 'ebx', 'ecx', 'edx'].map((name) => ({ register: name, bitmap: `0b${digits.repeat(32)}` })),
      },
    ],
    msr_modifiers: [{ addr: '0x10a', bitmap: `0b${digits.repeat(64)}` }],
  });

  test('has a digit for every bit; a template in its place is told by the first that is open', () => {
    expect(readGuestConfig(whole('0')).ok).toBe(true);
    expect(readGuestConfig(whole('x'))).toMatchObject({
      ok: false,
      error: { pointer: '/cpuid_modifiers/0/modifiers/0/bitmap' },
    });
  });

  test('says nothing of its host, and nothing is made up', () => {
    const read = readGuestConfig(whole('1'));
    expect(read).toMatchObject({ ok: true, value: { host: null, architecture: 'x86_64' } });
  });
});
