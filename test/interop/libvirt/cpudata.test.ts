import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { check, pin } from '../../../src/engine/index.ts';
import { parseXml, readCpuData } from '../../../src/interop/libvirt/index.ts';
import type { Surface } from '../../../src/model/index.ts';
import { surfaceText } from '../../../src/format/index.ts';
import { parseJson, toDocument } from '../../../src/format/index.ts';

const LINES = [
  '<!-- A CPU -->',
  "<cpudata arch='x86'>",
  "  <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x00000007' ebx='0x756e6547' ecx='0x6c65746e' edx='0x49656e69'/>",
  "  <cpuid eax_in='0x00000001' ecx_in='0x00' eax='0x0005065b' ebx='0x73400800' ecx='0x7ffefbff' edx='0xbfebfbff'/>",
  "  <cpuid eax_in='0x00000007' ecx_in='0x00' eax='0x00000001' ebx='0x00000020' ecx='0x00000000' edx='0x20000000'/>",
  "  <msr index='0x10a' edx='0x00000001' eax='0x000001eb'/>",
  '</cpudata>',
  '',
];
const VALID = LINES.join('\n');

function surface(text: string): Surface {
  const read = readCpuData(text);
  if (!read.ok) throw new Error(`${read.error.line}: ${read.error.message}`);
  return read.value;
}

/** `VALID` with one line replaced; lines are counted from 1. */
function withLine(line: number, text: string): string {
  return LINES.map((old, index) => (index === line - 1 ? text : old)).join('\n');
}

describe("libvirt's raw CPU dump", () => {
  test('is a surface of what the CPU has: its leaves, its MSRs, its name', () => {
    const read = surface(VALID);
    expect(read.host?.cpu).toMatchObject({ vendor: 'GenuineIntel', family: 6, modelNumber: 85, stepping: 11 });
    const { words } = measure(read);
    expect(words.get('host-cpuid/0x7:0/ebx')?.value).toBe(0x20n);
    expect(words.get('host-msr/MSR_IA32_ARCH_CAPABILITIES')?.value).toBe(0x1_0000_01ebn);
    const elements = registryFor('x86_64').elements('host-cpuid/0x7:0/ebx', 32);
    expect(elements.find(({ shift }) => shift === 5)?.path).toBe('host-cpuid/0x7:0/ebx/avx2');
  });

  test('can be written and read again as a surface', () => {
    const read = surface(VALID);
    const json = parseJson('file', Buffer.from(surfaceText(read)));
    expect(json.ok && toDocument('file', json.value)).toMatchObject({ ok: true, value: { surface: read } });
  });

  test('promises a guest nothing, and keeps no promise: KVM decides what a guest gets', () => {
    const measured = measure(surface(VALID));
    const registry = registryFor('x86_64');
    const contract = pin(registry, [measured], { name: 'raw', hosts: ['raw'] });
    if (!contract.ok) throw new Error(contract.error.message);
    expect(contract.value.promises).toEqual([]);
    expect(contract.value.carries).toEqual([]);
    expect(check(registry, contract.value, measured).level).toBe('unknown');
    expect(measured.caveats).toHaveLength(1);
  });

  test('of another vendor is not compared at all', () => {
    const amd = surface(
      withLine(
        3,
        "<cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x00000007' ebx='0x68747541' ecx='0x444d4163' edx='0x69746e65'/>",
      ),
    );
    const why = registryFor('x86_64').incomparable(measure(surface(VALID)), measure(amd));
    expect(why).toContain('AuthenticAMD');
  });

  test('has a fingerprint of its values alone', () => {
    expect(surface(withLine(1, '<!-- Another name -->')).fingerprint).toBe(surface(VALID).fingerprint);
    expect(surface(withLine(6, '')).fingerprint).not.toBe(surface(VALID).fingerprint);
  });

  test.each([
    ['a truncated file', LINES.slice(0, 5).join('\n'), 5, /unclosed|unexpected end/],
    ['an attribute without quotes', withLine(3, '<cpuid eax_in=0/>'), 3, /quot/],
    ['an attribute that is there twice', withLine(3, "<cpuid eax_in='0' eax_in='1'/>"), 3, /redefined/],
    ['a register that is missing', withLine(4, "<cpuid eax_in='0x1' eax='0' ebx='0' ecx='0'/>"), 4, /no attribute edx/],
    ['a register of more than 32 bits', withLine(6, "<msr index='0x10a' edx='0x100000000' eax='0'/>"), 6, /32 bits/],
    ['a value that is no number', withLine(6, "<msr index='0x10a' edx='-1' eax='0'/>"), 6, /not a number/],
    ['a leaf that is there twice', withLine(5, LINES[3] ?? ''), 5, /leaf 0x1 subleaf 0x0 is there twice/],
    ['an element that belongs elsewhere', withLine(6, '<feature name="avx2"/>'), 6, /<feature>/],
    ['another architecture', withLine(2, "<cpudata arch='arm'>"), 2, /only dumps of x86/],
    ['a document type, with entities of its own', `<!DOCTYPE a [<!ENTITY b "c">]>\n${VALID}`, 1, /document type/],
    ['an entity that nobody defined', withLine(6, '&lol;'), null, /entity/],
    ['zeros behind a cut', `${LINES.slice(0, 4).join('\n')}\0\0\0`, 4, /character/],
    ['a dump without leaves', "<cpudata arch='x86'/>", 1, /no CPUID leaf/],
    ['elements without end', '<a>'.repeat(100) + '</a>'.repeat(100), 1, /nested/],
  ])('%s is said with its line', (_what, text, line, message) => {
    const read = readCpuData(text);
    expect(read.ok).toBe(false);
    if (read.ok) return;
    expect(read.error.message).toMatch(message);
    if (line !== null) expect(read.error.line).toBe(line);
  });

  test('damaged anywhere is a fault or another dump, never an exception', () => {
    fc.assert(
      fc.property(fc.nat(VALID.length - 1), fc.nat(40), fc.string({ maxLength: 8 }), (at, gone, put) => {
        const damaged = VALID.slice(0, at) + put + VALID.slice(at + gone);
        expect(typeof readCpuData(damaged).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });

  test('text of any kind is parsed or refused', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const parsed = parseXml(text);
        if (!parsed.ok) expect(parsed.error.message).not.toBe('');
      }),
      { numRuns: 500 },
    );
  });
});
