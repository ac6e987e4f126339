/** Nothing that was recorded or captured is left out by the registries; and what is left out would be seen. */
import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { rawUnits } from '../../src/arch/raw/index.ts';
import { measure, registryFor } from '../../src/arch/index.ts';
import { coverage } from '../../src/engine/index.ts';
import { readDocument } from '../../src/format/index.ts';
import { readFingerprint } from '../../src/interop/firecracker/index.ts';
import { readCpuData } from '../../src/interop/libvirt/index.ts';
import { readFileSync } from 'node:fs';
import type { Json, Section, Surface } from '../../src/model/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const corpora = fileURLToPath(new URL('../../../shared/corpora/', import.meta.url));

async function recorded(name: string): Promise<Surface> {
  const read = await readDocument(`${root}surfaces/${name}.json`);
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
  return read.value.surface;
}

function unclassified(surface: Surface): string[] {
  return rawUnits(surface).flatMap(({ pointer, became }) =>
    became.kind === 'unclassified' ? [`${pointer}: ${became.why}`] : [],
  );
}

function withSection(surface: Surface, name: string, section: Section): Surface {
  return { ...surface, sections: { ...surface.sections, [name]: section } };
}

function dataOf(surface: Surface, name: string): { readonly [key: string]: Json } {
  const section = surface.sections[name];
  if (section?.outcome !== 'measured' || typeof section.data !== 'object' || Array.isArray(section.data)) {
    throw new Error(`${name} was not measured`);
  }
  return section.data as { readonly [key: string]: Json };
}

const names = globSync('{arm64,x86_64}/**/*.json', { cwd: `${root}surfaces` }).map((file) =>
  file.replace(/\.json$/, ''),
);

describe('recorded surfaces', () => {
  it('are there', () => expect(names.length).toBeGreaterThan(0));

  it.each(names)('%s: every datum is a word, or is said to be none', async (name) => {
    const surface = await recorded(name);
    expect(unclassified(surface)).toEqual([]);
    expect(rawUnits(surface).filter(({ became }) => became.kind === 'word').length).toBeGreaterThan(300);
  });
});

describe('captures of other programs', () => {
  it('Firecracker: every leaf, MSR and register is a word', (context) => {
    if (!existsSync(corpora)) return context.skip('../shared/corpora is not here');
    const files = globSync('firecracker/fingerprint_*.json', { cwd: corpora });
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const imported = readFingerprint(JSON.parse(readFileSync(corpora + file, 'utf8')) as Json);
      if (!imported.ok) throw new Error(`${file}: ${imported.error.message}`);
      expect(rawUnits(imported.value).length, file).toBeGreaterThan(0);
      expect(unclassified(imported.value), file).toEqual([]);
    }
  });

  it('libvirt: every leaf and MSR of a raw dump is a word', (context) => {
    if (!existsSync(corpora)) return context.skip('../shared/corpora is not here');
    const files = globSync('libvirt/x86_64-cpuid-*.xml', { cwd: corpora }).filter((file) =>
      /^<!--[^]*?-->\s*<cpudata|^<cpudata arch/.test(readFileSync(corpora + file, 'utf8')),
    );
    const dumps = files.filter((file) => !/-(?:enabled|disabled)\.xml$/.test(file));
    expect(dumps.length).toBeGreaterThan(0);
    for (const file of dumps) {
      const imported = readCpuData(readFileSync(corpora + file, 'utf8'));
      if (!imported.ok) throw new Error(`${file}: ${imported.error.message}`);
      expect(rawUnits(imported.value).length, file).toBeGreaterThan(0);
      expect(unclassified(imported.value), file).toEqual([]);
    }
  });
});

describe('what would be left out', () => {
  it('a section that nothing speaks of is found', async () => {
    const surface = await recorded('x86_64/max/debian-7.3');
    const found = unclassified(withSection(surface, 'novel', { outcome: 'measured', data: { value: '0x1' } }));
    expect(found).toEqual(['/sections/novel: nothing says what the section novel means']);
  });

  it('a member that nothing speaks of is found, wherever it is', async () => {
    const surface = await recorded('x86_64/max/debian-7.3');
    const data = dataOf(surface, 'lapic');
    const registers = data['registers'] as readonly { readonly [key: string]: Json }[];
    const [first, ...others] = registers;
    const grown = { ...data, registers: [{ ...first, novel: '0x1' }, ...others], more: 1 };
    expect(unclassified(withSection(surface, 'lapic', { outcome: 'measured', data: grown }))).toEqual([
      '/sections/lapic/data/registers/0/novel: nothing says what novel means',
      '/sections/lapic/data/more: nothing says what more means',
    ]);
  });

  it('a register of an interrupt controller that no table has is found', async () => {
    const surface = await recorded('arm64/max/debian-7.3');
    const data = dataOf(surface, 'vgic-v3');
    const registers = data['registers'] as readonly { readonly [key: string]: Json }[];
    const novel = { ...registers[0], name: 'GICD_NOVEL' };
    const found = unclassified(
      withSection(surface, 'vgic-v3', { outcome: 'measured', data: { ...data, registers: [...registers, novel] } }),
    );
    expect(found).toEqual([
      `/sections/vgic-v3/data/registers/${registers.length}: no word vgic/v3/GICD_NOVEL came of it`,
    ]);
  });
});

describe('counts', () => {
  it('every bit of every word is counted once, named or not', async () => {
    const surface = await recorded('arm64/max/debian-6.12');
    const measured = measure(surface);
    const { total, areas, kinds } = coverage(registryFor('arm64'), [{ name: 'a', measured }]);
    const width = [...measured.words.values()].reduce((sum, word) => sum + word.width, 0);
    expect(total.bits).toBe(width);
    expect(total.words).toBe(measured.words.size);
    const bits = (counts: readonly { readonly bits: number }[]): number => counts.reduce((sum, of) => sum + of.bits, 0);
    expect(bits(Object.values(areas))).toBe(width);
    expect(bits(Object.values(kinds))).toBe(width);
  });

  it('a word that two surfaces have counts once, and an unnamed bit tells where it is set', async () => {
    const surface = await recorded('x86_64/max/debian-6.12');
    const measured = measure(surface);
    const registry = registryFor('x86_64');
    const once = coverage(registry, [{ name: 'a', measured }]);
    expect(
      coverage(registry, [
        { name: 'a', measured },
        { name: 'b', measured },
      ]).total,
    ).toEqual(once.total);
    const unnamed = registry
      .elements('cpuid/0x7:1/ecx', 32)
      .find((element) => !element.named && element.comparison !== 'none');
    if (unnamed === undefined) throw new Error('a word of which nothing is named was expected');
    const value = 1n << BigInt(unnamed.shift);
    const word = measured.words.get('cpuid/0x7:0/ebx');
    if (word === undefined) throw new Error('no leaf 7');
    const set = new Map(measured.words).set(unnamed.word, { ...word, path: unnamed.word, value });
    const found = coverage(registry, [{ name: 'a', measured: { ...measured, words: set } }]).unnamed;
    expect(found).toContainEqual({
      element: unnamed.path,
      area: 'cpuid',
      comparison: unnamed.comparison,
      seen: [{ surface: 'a', value }],
    });
  });
});
