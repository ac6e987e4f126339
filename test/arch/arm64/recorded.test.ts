/** The registry over the surfaces recorded from real kernels, in surfaces/arm64. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { AREAS, areaOf } from '../../../src/arch/arm64/areas.ts';
import { elementsOf } from '../../../src/arch/arm64/elements.ts';
import { canonicalSections, measure, registry } from '../../../src/arch/arm64/index.ts';
import { check, pin } from '../../../src/engine/index.ts';
import { extract, fieldMask } from '../../../src/model/index.ts';
import type { Json, Surface } from '../../../src/model/index.ts';

const root = fileURLToPath(new URL('../../../surfaces/arm64', import.meta.url));
const files = existsSync(root) ? globSync('**/*.json', { cwd: root }).sort() : [];

/** Written by this program; `evenkeel surface show` checks a file's schema, here its meaning is looked at. */
const load = (file: string): Surface => JSON.parse(readFileSync(`${root}/${file}`, 'utf8')) as Surface;

/** What a JSON pointer leads to; undefined where it leads nowhere. */
function follow(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), document);
}

test('there are recorded surfaces of arm64', () => {
  expect(files.length).toBeGreaterThan(0);
});

describe.each(files)('%s', (file) => {
  const surface = load(file);
  const measured = measure(surface);

  test('every word has its canonical name, an area that was measured, and evidence that is there', () => {
    expect(measured.words.size).toBeGreaterThan(250);
    for (const { path, evidence } of measured.words.values()) {
      expect(registry.canonical(path)).toBe(path);
      expect(Object.keys(AREAS)).toContain(areaOf(path));
      expect(measured.areas.get(areaOf(path))?.measured, path).toBe(true);
      expect(follow(surface, evidence), `${path} at ${evidence}`).toBeDefined();
    }
  });

  test("the elements of every word cover it, and a default is never outside the host's own latitude", () => {
    for (const { path, width, value, latitude } of measured.words.values()) {
      const elements = elementsOf(path, width);
      const mask = elements.reduce((sum, element) => sum | fieldMask(element), 0n);
      expect(mask, path).toBe((1n << BigInt(width)) - 1n);
      if (value === null || latitude.kind !== 'values') continue;
      expect(latitude.values, path).toContain(value);
    }
  });

  test('a field whose writes were tried is an element, so that its latitude is found again', () => {
    for (const { path, width, latitude, value } of measured.words.values()) {
      if (latitude.kind !== 'fields' || value === null) continue;
      const shapes = new Set(elementsOf(path, width).map((element) => `${element.shift}:${element.width}`));
      for (const field of latitude.fields) {
        expect(shapes, path).toContain(`${field.shift}:${field.width}`);
        const own = extract(field, value);
        expect(field.rejections?.some(({ values }) => values.includes(own)) ?? false, path).toBe(false);
      }
    }
  });

  test('a contract pinned from it is kept by it', () => {
    const pinned = pin(registry, [measured], { name: file, hosts: [file] });
    if (!pinned.ok) throw new Error(pinned.error.message);
    expect(pinned.value.promises.length).toBeGreaterThan(50);
    expect(check(registry, pinned.value, measured).level).toBe('same');
  });

  test('making it canonical twice changes nothing more', () => {
    const once: Json = canonicalSections(surface.sections);
    expect(canonicalSections(canonicalSections(surface.sections))).toEqual(once);
  });
});
