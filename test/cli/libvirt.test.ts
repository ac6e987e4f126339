import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { STACK_TRACE, evenkeel } from './evenkeel.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-libvirt-'));
afterAll(() => rmSync(directory, { recursive: true }));

const DUMP = [
  "<cpudata arch='x86'>",
  "  <cpuid eax_in='0x00000000' ecx_in='0x00' eax='0x00000007' ebx='0x756e6547' ecx='0x6c65746e' edx='0x49656e69'/>",
  "  <cpuid eax_in='0x00000007' ecx_in='0x00' eax='0x00000000' ebx='0x00000020' ecx='0x00000000' edx='0x00000000'/>",
  '</cpudata>',
].join('\n');

function file(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe("libvirt's raw CPU dumps on the command line", () => {
  test('are shown by the bits of the CPU, with a word about what that is not', async () => {
    const path = file('cpu.xml', DUMP);
    const bits = await evenkeel(['surface', 'show', path, 'host-cpuid/0x7:0/ebx/avx2']);
    expect(bits.stdout).toMatch(/host-cpuid\/0x7:0\/ebx\/avx2 +0x1/);
    const overview = await evenkeel(['surface', 'show', path]);
    expect(overview.stdout).toContain('not what KVM gives a guest');
    expect(overview.status).toBe(0);
  });

  test('as a destination leave the answer open', async () => {
    const path = file('cpu.xml', DUMP);
    const checked = await evenkeel(['migration', 'check', path, '--to', path]);
    expect(checked.status).toBe(3);
  });

  test.each([
    ['cut off', DUMP.slice(0, -20), /cut\.xml: line \d+: /],
    ['of another root', '<cpu>\n<model>EPYC</model>\n</cpu>', /<cpu> at its root/],
    ['with a number that is none', DUMP.replace('0x00000020', '32 or so'), /line 3: ebx='32 or so' is not a number/],
  ])('%s end with 4 and the place', async (_what, content, says) => {
    const shown = await evenkeel(['surface', 'show', file('cut.xml', content)]);
    expect(shown).toMatchObject({ status: 4, stdout: '' });
    expect(shown.stderr).toMatch(says);
    expect(shown.stderr).not.toMatch(STACK_TRACE);
  });
});
