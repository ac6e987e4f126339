import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { toyMap } from '../interop/libvirt/toy-map.ts';
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
    [
      'of another root',
      '<network>\n<name>default</name>\n</network>',
      /line 1: <network> holds nothing that describes a CPU/,
    ],
    ['with a number that is none', DUMP.replace('0x00000020', '32 or so'), /line 3: ebx='32 or so' is not a number/],
  ])('%s end with 4 and the place', async (_what, content, says) => {
    const shown = await evenkeel(['surface', 'show', file('cut.xml', content)]);
    expect(shown).toMatchObject({ status: 4, stdout: '' });
    expect(shown.stderr).toMatch(says);
    expect(shown.stderr).not.toMatch(STACK_TRACE);
  });
});

describe("libvirt's domains on the command line", () => {
  const env = { EVENKEEL_LIBVIRT_CPU_MAP: toyMap() };
  const GUEST = [
    "<domain type='kvm'><name>web</name>",
    "<cpu mode='custom' match='exact' check='full'><model fallback='forbid'>EPYC</model><vendor>AMD</vendor>",
    "<feature policy='require' name='x2apic'/></cpu>",
    '</domain>',
  ].join('\n');

  test('are contracts: they are checked against a host and written for libvirt again', async () => {
    const path = file('web.xml', `$ virsh dumpxml web\n${GUEST}\n`);
    const checked = await evenkeel(['migration', 'check', path, '--to', 'x86_64/epyc-milan/debian-6.12'], { env });
    expect(checked.stdout).toMatch(/^Contract +web/);
    expect(checked.stdout).toContain("libvirt's XML states only bits that its CPU map has a name for");
    // The host has what this small map's EPYC has; of all else nothing is known.
    expect(checked.status).toBe(3);
    const written = await evenkeel(['contract', 'export', path, '--libvirt'], { env });
    expect(written.status).toBe(0);
    expect(written.stdout).toContain("<model fallback='forbid'>EPYC</model>");
    expect(written.stdout).toContain("<feature policy='require' name='x2apic'/>");
    expect(written.stderr).toContain('elements set');
  });

  test('can be written by another model, from another map', async () => {
    const path = file('web.xml', GUEST);
    const place = env.EVENKEEL_LIBVIRT_CPU_MAP;
    const words = ['contract', 'export', path, '--libvirt', '--cpu-model', 'Opteron_G1', '--cpu-map', place];
    const written = await evenkeel([...words, '-o', 'json'], { env });
    expect(JSON.parse(written.stdout)).toMatchObject({ format: 'evenkeel.export/1', target: 'libvirt' });
    expect(written.stdout).toContain("<feature policy='require' name='avx2'/>");
    const unknown = await evenkeel([...words, '--cpu-model', 'Opteron_G9'].toSpliced(4, 2), { env });
    expect(unknown).toMatchObject({ status: 4, stdout: '' });
    expect(unknown.stderr).toContain("'Opteron_G9' is not in libvirt's CPU map");
  });

  test.each([
    [
      'where no libvirt is installed',
      GUEST,
      { EVENKEEL_LIBVIRT_CPU_MAP: '/nowhere' },
      /no CPU map.*\/nowhere[^]*libvirt0/,
    ],
    ['of an unknown model', GUEST.replace('>EPYC<', '>EPYC-Naples<'), env, /line 2: CPU model 'EPYC-Naples'/],
    [
      'whose CPU is the host',
      GUEST.replace("mode='custom'", "mode='host-model'"),
      env,
      /line 2: mode='host-model'.*host/,
    ],
  ])('%s end with 4 and what to do', async (_what, content, variables, says) => {
    const pinned = await evenkeel(['contract', 'export', file('bad.xml', content), '--libvirt'], { env: variables });
    expect(pinned).toMatchObject({ status: 4, stdout: '' });
    expect(pinned.stderr).toMatch(says);
    expect(pinned.stderr).not.toMatch(STACK_TRACE);
  });
});
