import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readDocument, surfaceText } from '../../src/format/index.ts';
import type { Json } from '../../src/model/index.ts';
import { exampleSurface } from './example.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-sections-'));
afterAll(() => rmSync(directory, { recursive: true }));

async function pointerOf(architecture: 'x86_64' | 'arm64', sections: Record<string, Json>): Promise<string | null> {
  const path = join(directory, 'surface.json');
  writeFileSync(path, surfaceText({ ...exampleSurface(sections), architecture }));
  const read = await readDocument(path);
  if (read.ok) return null;
  expect(read.error.code).toBe('invalid');
  return read.error.place?.kind === 'pointer' ? read.error.place.pointer : 'no pointer';
}

const vcpus = (registers: Json): Json => ({
  target: 5,
  features: '0x0',
  vgic: 'v3',
  combinations: [{ name: 'psci', features: ['PSCI_0_2'], outcome: 'created', registers }],
});

describe('what must hold inside a section', () => {
  test('arm64: rows of registers are an id and a value, or the errno that reading gave', async () => {
    const id = '0x603000000013c020';
    const under = '/sections/vcpus/data/combinations/0';
    expect(await pointerOf('arm64', { vcpus: vcpus([[id, '0x11']]) })).toBeNull();
    expect(await pointerOf('arm64', { vcpus: vcpus([[id, 'ENOENT']]) })).toBeNull();
    for (const value of ['0X11', '0x011', '17', 17, null]) {
      expect(await pointerOf('arm64', { vcpus: vcpus([[id, value]]) }), String(value)).toContain(under);
    }
  });

  test('arm64: no register is in a list twice', async () => {
    const row = ['0x603000000013c020', '0x11'];
    expect(await pointerOf('arm64', { vcpus: vcpus([row, row]) })).toContain('/sections/vcpus/data/combinations/0');
  });

  test('x86_64: no MSR is in a list twice', async () => {
    const row = { index: '0x10a', system: '0x1', vcpu: '0x1', takes: '0x0', ignored: '0x0' };
    expect(await pointerOf('x86_64', { 'feature-msr': { list: [row] } })).toBeNull();
    expect(await pointerOf('x86_64', { 'feature-msr': { list: [row, row] } })).toBe(
      '/sections/feature-msr/data/list/1',
    );
  });

  test('a section that this version does not know is taken as it is', async () => {
    expect(await pointerOf('x86_64', { 'from-the-future': { anything: [1, 2] } })).toBeNull();
  });
});
