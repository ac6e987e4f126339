/** Real machines: every word that they show is classified, bit by bit. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { measure, registry } from '../../../src/arch/x86/index.ts';
import { readFingerprint } from '../../../src/interop/firecracker/index.ts';
import { readCpuData } from '../../../src/interop/libvirt/index.ts';
import type { Json, MeasuredWord, Surface } from '../../../src/model/index.ts';
import { expectCovered, unclassified } from './covered.ts';
import { recordedSurfaces } from './surfaces.ts';

const corpora = fileURLToPath(new URL('../../../../shared/corpora/', import.meta.url));
const firecracker = `${corpora}firecracker/`;
const libvirt = `${corpora}libvirt/`;

function wordsOf(surfaces: readonly Surface[]): MeasuredWord[] {
  const words = surfaces.flatMap((surface) => [...measure(surface).words.values()]);
  return [...new Map(words.map((word) => [`${word.path} ${word.width}`, word])).values()];
}

function expectClassified(surfaces: readonly Surface[]): void {
  expect(surfaces.length).toBeGreaterThan(0);
  const words = wordsOf(surfaces);
  for (const { path, width } of words) expectCovered(path, width);
  const gaps = words.flatMap(({ path, width }) => registry.elements(path, width).map(unclassified));
  expect(gaps.filter((gap) => gap !== null)).toEqual([]);
  // Each MSR, quirk, flag, register and capability is a row; registers of a leaf without any field are bits to compare.
  const unknown = words.filter(
    ({ path, width }) =>
      !/^((host-)?cpuid|hyperv)\//.test(path) && registry.elements(path, width).every(({ named }) => !named),
  );
  expect(unknown.map(({ path }) => path)).toEqual([]);
}

describe('every word is classified', () => {
  test('of the recorded surfaces', () => {
    expectClassified(recordedSurfaces().map(({ surface }) => surface));
  });

  test('of Firecracker fingerprints', (context) => {
    if (!existsSync(firecracker)) return context.skip('../shared/corpora/firecracker is not here');
    const surfaces = globSync('fingerprint_{INTEL,AMD}_*.json', { cwd: firecracker }).map((file) => {
      // Files that the reader checks.
      const read = readFingerprint(JSON.parse(readFileSync(`${firecracker}${file}`, 'utf8')) as Json);
      if (!read.ok) throw new Error(`${file}: ${read.error.message}`);
      return read.value;
    });
    expectClassified(surfaces);
  });

  test("of libvirt's raw dumps", (context) => {
    if (!existsSync(libvirt)) return context.skip('../shared/corpora/libvirt is not here');
    const surfaces = globSync('x86_64-cpuid-*.xml', { cwd: libvirt }).flatMap((file) => {
      const text = readFileSync(`${libvirt}${file}`, 'utf8');
      // Beside the dumps lie the CPU definitions that libvirt derives from them.
      if (!/<cpuid\b/.test(text) || /-(enabled|disabled)\.xml$/.test(file)) return [];
      const read = readCpuData(text);
      if (!read.ok) throw new Error(`${file}: ${read.error.message}`);
      return [read.value];
    });
    expectClassified(surfaces);
  });
});
