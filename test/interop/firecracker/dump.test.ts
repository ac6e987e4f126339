/** Fingerprints written: a capture of Firecracker's comes out as it was, and what is not known is not made up. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { measure, registryFor } from '../../../src/arch/index.ts';
import { pin } from '../../../src/engine/index.ts';
import { dumpContract, dumpSurface } from '../../../src/interop/firecracker/dump.ts';
import { readFingerprint, readTemplate } from '../../../src/interop/firecracker/index.ts';
import { surfaceSchema } from '../../../src/format/index.ts';
import type { Json, Surface } from '../../../src/model/index.ts';
import { dumpOf } from './apply-json.ts';
import type { ConfigJson } from './apply-json.ts';
import { captures, needsCaptures } from './captures.ts';

const recorded = fileURLToPath(new URL('../../../surfaces/', import.meta.url));

/** As JSON has it. */
interface FingerprintJson {
  readonly guest_cpu_config: ConfigJson & { readonly [key: string]: Json };
  readonly [key: string]: Json | ConfigJson;
}

const parse = (text: string): FingerprintJson => JSON.parse(text) as FingerprintJson;

function surface(name: string): Surface {
  const read = surfaceSchema.safeParse(JSON.parse(readFileSync(`${recorded}${name}.json`, 'utf8')));
  if (!read.success) throw new Error(read.error.message);
  return read.data;
}

describe('the captures', () => {
  const all = captures();

  test('are here', (context) => {
    needsCaptures(context);
    expect(all.length).toBeGreaterThanOrEqual(17);
  });

  test.each(all)('$name comes out with the same members and the same digits', ({ path, surface: read }) => {
    const original = parse(readFileSync(path, 'utf8'));
    const { text, notes } = dumpSurface(read, measure(read));
    const sorted = (rows: readonly Json[]): readonly string[] => rows.map((row) => JSON.stringify(row)).toSorted();
    const written = parse(text);
    expect({ ...written, guest_cpu_config: null }).toEqual({ ...original, guest_cpu_config: null });
    expect(Object.keys(written.guest_cpu_config)).toEqual(Object.keys(original.guest_cpu_config));
    for (const [member, rows] of Object.entries(original.guest_cpu_config)) {
      expect(sorted(written.guest_cpu_config[member] as readonly Json[])).toEqual(sorted(rows as readonly Json[]));
    }
    expect(notes).toEqual([]);
  });
});

describe('a recorded surface', () => {
  test.each(['x86_64/max/debian-6.12', 'arm64/max/debian-6.12'])('%s is read back with the values it has', (name) => {
    const original = surface(name);
    const { words } = measure(original);
    const { text, notes } = dumpSurface(original, measure(original));
    const read = readFingerprint(JSON.parse(text) as Json);
    if (!read.ok) throw new Error(`${read.error.pointer}: ${read.error.message}`);
    const again = measure(read.value).words;
    const different = [...again].filter(([path, { value }]) => value !== null && words.get(path)?.value !== value);
    expect(different.map(([path]) => path)).toEqual([]);
    expect([...again.values()].filter(({ value }) => value !== null).length).toBeGreaterThan(100);
    // No program of Firecracker's was asked.
    expect(JSON.parse(text)).toMatchObject({ firecracker_version: 'unknown', bios_version: 'unknown' });
    expect(notes.join('\n')).toContain('firecracker_version');
  });

  test('a contract leaves open what it does not promise', () => {
    const original = surface('x86_64/max/debian-6.12');
    const pinned = pin(registryFor('x86_64'), [measure(original)], { name: 'web', hosts: ['here'] });
    if (!pinned.ok) throw new Error(pinned.error.message);
    const { guest_cpu_config: config } = parse(dumpContract(pinned.value).text);
    const template = readTemplate(config);
    if (!template.ok) throw new Error(`${template.error.pointer}: ${template.error.message}`);
    const promised = pinned.value.promises.find(({ word }) => word === 'cpuid/0x1:0/ecx');
    const written = template.value.cpuid
      .find(({ leaf }) => leaf === '0x1')
      ?.registers.find(({ register }) => register === 'ecx');
    // OSXSAVE follows from CR4, and so is nobody's promise.
    expect(written?.mask).toBe(promised?.mask);
    expect((written?.mask ?? 0n) & (1n << 27n)).toBe(0n);
    expect(() => dumpOf(config)).toThrow(/BigInt/);
  });
});
