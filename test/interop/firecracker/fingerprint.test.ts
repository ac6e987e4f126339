import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { check, pin } from '../../../src/engine/index.ts';
import { isFingerprint, readFingerprint } from '../../../src/interop/firecracker/index.ts';
import type { Json, Surface, Verdict } from '../../../src/model/index.ts';

const corpora = fileURLToPath(new URL('../../../../shared/corpora/firecracker/', import.meta.url));
const noCorpora = '../shared/corpora/firecracker is not here';

function capture(name: string): Json {
  // Whatever JSON.parse gives is JSON.
  return JSON.parse(readFileSync(`${corpora}fingerprint_${name}host.json`, 'utf8')) as Json;
}

function surface(name: string): Surface {
  const read = readFingerprint(capture(name));
  if (!read.ok) throw new Error(`${name}: ${read.error.pointer}: ${read.error.message}`);
  return read.value;
}

function move(from: string, to: string): Verdict {
  const [a, b] = [surface(from), surface(to)];
  const registry = registryFor(a.architecture);
  const contract = pin(registry, [measure(a)], { name: from, hosts: [from] });
  if (!contract.ok) throw new Error(contract.error.message);
  return check(registry, contract.value, measure(b));
}

const bits = (text: string, width: number): string => `0b${text.padStart(width, '0')}`;
const valid = {
  firecracker_version: '1.16.0',
  kernel_version: '6.1.0',
  microcode_version: '0x1',
  bios_version: '1',
  bios_revision: '1',
  guest_cpu_config: {
    cpuid_modifiers: [
      {
        leaf: '0x7',
        subleaf: '0x0',
        flags: 1,
        modifiers: ['eax', 'ebx', 'ecx', 'edx'].map((register) => ({ register, bitmap: bits('1', 32) })),
      },
    ],
    msr_modifiers: [{ addr: '0x10a', bitmap: bits('101', 64) }],
  },
};

/** `valid` with one thing changed. */
function broken(change: (copy: typeof valid) => void): Json {
  const copy = structuredClone(valid);
  change(copy);
  return copy;
}

describe('a Firecracker fingerprint', () => {
  test('is recognized by its shape, and nothing else is', () => {
    expect(isFingerprint(valid)).toBe(true);
    for (const other of [null, 1, [], {}, { guest_cpu_config: {} }, { cpuid_modifiers: [] }])
      expect(isFingerprint(other)).toBe(false);
  });

  test('holds the values that its bitmaps spell', () => {
    const read = readFingerprint(valid);
    if (!read.ok) throw new Error(read.error.message);
    const words = measure(read.value).words;
    expect(words.get('msr/MSR_IA32_ARCH_CAPABILITIES')?.value).toBe(5n);
    // CPUID bits can be hidden; what an MSR can be made to say was not captured.
    expect(words.get('cpuid/0x7:0/ebx')).toMatchObject({ value: 1n, latitude: { kind: 'bits', clearable: 1n } });
    expect(words.get('msr/MSR_IA32_ARCH_CAPABILITIES')?.latitude.kind).toBe('unknown');
    expect(words.get('cpuid/0x7:0/ebx')?.evidence).toBe('/sections/firecracker.cpuid/data/entries/0/ebx');
  });

  test('a feature can be hidden; where XSAVE puts a component, and that the FPU lacks a value, cannot', () => {
    const shows = (leaf: string, subleaf: string, ebx: string): Json =>
      broken((copy) => {
        const entry = copy.guest_cpu_config.cpuid_modifiers[0]!;
        Object.assign(entry, { leaf, subleaf });
        entry.modifiers[1]!.bitmap = bits(ebx, 32);
      });
    const levelOf = (there: Json, here: Json, element: string): string => {
      const [from, to] = [readFingerprint(there), readFingerprint(here)];
      if (!from.ok || !to.ok) throw new Error('both are whole');
      const registry = registryFor('x86_64');
      const contract = pin(registry, [measure(from.value)], { name: '', hosts: [''] });
      if (!contract.ok) throw new Error(contract.error.message);
      const { reasons } = check(registry, contract.value, measure(to.value));
      return reasons.find((reason) => reason.element === element)?.level ?? 'same';
    };
    const AVX2 = 1 << 5;
    const ZERO_FCS_FDS = 1 << 13;
    const leaf7 = (ebx: number): Json => shows('0x7', '0x0', ebx.toString(2));
    expect(levelOf(leaf7(0), leaf7(AVX2), 'cpuid/0x7:0/ebx/avx2')).toBe('selectable');
    expect(levelOf(leaf7(AVX2), leaf7(0), 'cpuid/0x7:0/ebx/avx2')).toBe('unknown');
    expect(levelOf(leaf7(0), leaf7(ZERO_FCS_FDS), 'cpuid/0x7:0/ebx/zero_fcs_fds')).toBe('unknown');
    // PKRU at 0x880 on one CPU and at 0xa80 on the other: the one bit that differs is no feature.
    const pkru = (offset: number): Json => shows('0xd', '0x9', offset.toString(2));
    expect(levelOf(pkru(0x880), pkru(0xa80), 'cpuid/0xd:9/ebx/xsave_offset')).toBe('unknown');
  });

  test.each<[string, Json, string]>([
    [
      'an x, which is no value',
      broken((copy) => void (copy.guest_cpu_config.msr_modifiers[0]!.bitmap = bits('x', 64))),
      '/guest_cpu_config/msr_modifiers/0/bitmap',
    ],
    [
      'too few digits',
      broken((copy) => void (copy.guest_cpu_config.msr_modifiers[0]!.bitmap = '0b1')),
      '/guest_cpu_config/msr_modifiers/0/bitmap',
    ],
    [
      'a leaf that is no number',
      broken((copy) => void (copy.guest_cpu_config.cpuid_modifiers[0]!.leaf = 'seven')),
      '/guest_cpu_config/cpuid_modifiers/0/leaf',
    ],
    [
      'a leaf of 33 bits',
      broken((copy) => void (copy.guest_cpu_config.cpuid_modifiers[0]!.leaf = '0x100000000')),
      '/guest_cpu_config/cpuid_modifiers/0/leaf',
    ],
    [
      'a leaf twice',
      broken((copy) => void copy.guest_cpu_config.cpuid_modifiers.push(copy.guest_cpu_config.cpuid_modifiers[0]!)),
      '/guest_cpu_config/cpuid_modifiers/1',
    ],
    [
      'a register missing',
      broken((copy) => void copy.guest_cpu_config.cpuid_modifiers[0]!.modifiers.pop()),
      '/guest_cpu_config/cpuid_modifiers/0/modifiers',
    ],
    ['no MSRs', { ...valid, guest_cpu_config: { cpuid_modifiers: [] } }, '/guest_cpu_config/msr_modifiers'],
    ['no version', { guest_cpu_config: valid.guest_cpu_config, kernel_version: '6.1.0' }, '/microcode_version'],
  ])('with %s is refused, with the place', (_, document, pointer) => {
    const read = readFingerprint(document);
    expect(read.ok ? null : read.error.pointer).toBe(pointer);
  });

  test('with a register wider than its id says is refused', () => {
    const config = { reg_modifiers: [{ addr: '0x6020000000100000', bitmap: bits('1'.padEnd(34, '0'), 128) }] };
    const read = readFingerprint({ ...valid, guest_cpu_config: config });
    expect(read.ok ? null : read.error.pointer).toBe('/guest_cpu_config/reg_modifiers/0/bitmap');
  });
});

describe('captures of real servers', () => {
  test('are all read, with the CPU that they were taken on', (context) => {
    if (!existsSync(corpora)) return context.skip(noCorpora);
    const names = globSync('fingerprint_*.json', { cwd: corpora }).map((file) =>
      file.replace(/^fingerprint_|host\.json$/g, ''),
    );
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      const { host, architecture } = surface(name);
      expect(host?.kernelRelease).toContain(name.split('_').at(-1));
      const vendor = name.startsWith('AMD') ? 'AuthenticAMD' : name.startsWith('INTEL') ? 'GenuineIntel' : 'unknown';
      expect([architecture, host?.cpu.vendor]).toEqual([name.startsWith('ARM') ? 'arm64' : 'x86_64', vendor]);
    }
  });

  test('Cascade Lake, equal in every value: nothing differs, and the answer is still unknown', (context) => {
    if (!existsSync(corpora)) return context.skip(noCorpora);
    for (const verdict of [
      move('INTEL_CASCADELAKE_5.10', 'INTEL_CASCADELAKE_6.1'),
      move('INTEL_CASCADELAKE_6.1', 'INTEL_CASCADELAKE_5.10'),
    ]) {
      expect(verdict.level).toBe('unknown');
      expect(new Set(verdict.reasons.map(({ rule }) => rule))).toEqual(new Set(['not-measured']));
    }
  });

  test.for([
    ['AMD_MILAN_5.10', 'AMD_MILAN_6.1'],
    ['AMD_GENOA_5.10', 'AMD_GENOA_6.1'],
    ['AMD_MILAN_6.1', 'AMD_MILAN_6.18'],
    ['INTEL_ICELAKE_5.10', 'INTEL_ICELAKE_6.1'],
    ['INTEL_ICELAKE_6.1', 'INTEL_ICELAKE_6.18'],
    ['INTEL_SAPPHIRE_RAPIDS_5.10', 'INTEL_SAPPHIRE_RAPIDS_6.1'],
  ])('%s to %s, which restores in practice, is nothing worse than unknown', ([from = '', to = ''], context) => {
    if (!existsSync(corpora)) return context.skip(noCorpora);
    expect(move(from, to).level).toBe('unknown');
  });

  test('the way back from a kernel that shows more names what the older one lacks', (context) => {
    if (!existsSync(corpora)) return context.skip(noCorpora);
    const back = move('INTEL_SAPPHIRE_RAPIDS_6.1', 'INTEL_SAPPHIRE_RAPIDS_5.10');
    const missing = back.reasons
      .filter(({ promised, shows }) => promised === 1n && shows === 0n)
      .map(({ element }) => element);
    expect(missing).toContain('cpuid/0x7:0/edx/amx_tile');
    const there = move('INTEL_SAPPHIRE_RAPIDS_5.10', 'INTEL_SAPPHIRE_RAPIDS_6.1');
    expect(there.reasons.filter(({ promised, shows }) => promised === 1n && shows === 0n)).toEqual([]);
  });

  test('of two vendors are not compared at all, of two kernels of one CPU they are', (context) => {
    if (!existsSync(corpora)) return context.skip(noCorpora);
    const [amd, intel] = ['AMD_MILAN_6.1', 'INTEL_ICELAKE_6.1'].map((name) => measure(surface(name)));
    if (amd === undefined || intel === undefined) throw new Error('two surfaces were measured');
    const registry = registryFor('x86_64');
    expect(registry.incomparable(amd, intel)).toMatch(/AuthenticAMD.*GenuineIntel/);
    expect(registry.incomparable(amd, measure(surface('AMD_MILAN_5.10')))).toBeNull();
  });
});
