import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { describeDocumentError } from '../../src/format/index.ts';
import { openSnapshot, writeSnapshot } from '../../src/snapshot/file/index.ts';
import type { Snapshot } from '../../src/snapshot/file/index.ts';
import { EXTENT_LIMIT, PAGE, extentsOf, fillMemory } from '../../src/snapshot/memory.ts';
import type { MemoryExtent, MemoryView } from '../../src/snapshot/memory.ts';
import { hex } from '../../src/model/index.ts';
import { sample, sampleViews } from './sample.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-snapshot-'));
afterAll(() => rmSync(directory, { recursive: true }));

let count = 0;
const newPath = (): string => join(directory, `${count++}.snapshot`);

async function written(snapshot: Snapshot): Promise<string> {
  const path = newPath();
  const done = await writeSnapshot(path, snapshot);
  if (!done.ok) throw new Error(describeDocumentError(done.error));
  expect(done.value).toBe(statSync(path).size);
  return path;
}

/** The message that reading gives, or null where it is taken. */
async function complaint(path: string): Promise<string | null> {
  const opened = await openSnapshot(path);
  if (!opened.ok) return describeDocumentError(opened.error).slice(path.length + 2);
  await opened.value.close();
  return null;
}

async function memoryOf(path: string, views: readonly MemoryView[]): Promise<readonly MemoryView[]> {
  const opened = await openSnapshot(path);
  if (!opened.ok) throw new Error(describeDocumentError(opened.error));
  await using file = opened.value;
  const extents: MemoryExtent[] = [];
  for await (const extent of file.extents()) extents.push(extent);
  const empty = views.map(({ base, bytes }) => ({ base, bytes: new Uint8Array(bytes.length) }));
  expect(fillMemory(extents, empty)).toEqual({ ok: true, value: null });
  return empty;
}

describe('a snapshot that is written and read', () => {
  test('is the same in every part', async () => {
    const snapshot = await sample();
    const opened = await openSnapshot(await written(snapshot));
    if (!opened.ok) throw new Error(describeDocumentError(opened.error));
    await using file = opened.value;
    const { memory: _, ...parts } = snapshot;
    expect(file.parts).toEqual(parts);
    expect(file.version).toBe(1);
    expect(file.sections.map(({ name }) => name)).toEqual([
      'metadata',
      'source',
      'contract',
      'surface',
      'state',
      'memory',
    ]);
  });

  test('names its format in its first bytes, and is readable by its owner alone', async () => {
    const path = await written(await sample());
    expect(readFileSync(path).subarray(0, 20).toString()).toBe('evenkeel.snapshot/1\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('has every byte of memory where it was, whatever that is', async () => {
    const base = await sample();
    // Runs of pages: zeros, one value, or noise.
    const page = fc.oneof(
      fc.constant(new Uint8Array(PAGE)),
      fc.integer({ min: 1, max: 255 }).map((value) => new Uint8Array(PAGE).fill(value)),
      fc.uint8Array({ minLength: PAGE, maxLength: PAGE }),
    );
    const region = fc
      .array(page, { minLength: 1, maxLength: 12 })
      .map((pages) => Uint8Array.from(Buffer.concat(pages)));
    await fc.assert(
      fc.asyncProperty(fc.array(region, { minLength: 1, maxLength: 3 }), async (regions) => {
        const views = regions.map((bytes, index) => ({ base: BigInt(index) << 32n, bytes }));
        const metadata = {
          ...base.metadata,
          memory: views.map((view) => ({ base: hex(view.base), length: view.bytes.length })),
        };
        const path = await written({ ...base, metadata, memory: extentsOf(views) });
        expect(await memoryOf(path, views)).toEqual(views);
        rmSync(path);
      }),
      { numRuns: 40 },
    );
  });

  test('leaves pages of zeros out, and no extent is larger than its limit', () => {
    const bytes = new Uint8Array(3 * EXTENT_LIMIT);
    bytes.fill(1, PAGE);
    const lengths = Array.from(extentsOf([{ base: 0n, bytes }]), ({ address, length }) => [address, length]);
    expect(lengths).toEqual([
      [BigInt(PAGE), EXTENT_LIMIT],
      [BigInt(PAGE + EXTENT_LIMIT), EXTENT_LIMIT],
      [BigInt(PAGE + 2 * EXTENT_LIMIT), EXTENT_LIMIT - PAGE],
    ]);
    expect(Array.from(extentsOf([{ base: 0n, bytes: new Uint8Array(EXTENT_LIMIT) }]))).toEqual([]);
  });
});

describe('a snapshot that was cut', () => {
  test('at a boundary of any section: the section that is missing is named', async () => {
    const path = await written(await sample());
    const bytes = readFileSync(path);
    const opened = await openSnapshot(path);
    if (!opened.ok) throw new Error(describeDocumentError(opened.error));
    const { sections } = opened.value;
    await opened.value.close();
    const cut = newPath();
    for (const { name, offset } of sections) {
      writeFileSync(cut, bytes.subarray(0, offset));
      expect(await complaint(cut)).toMatch(
        new RegExp(`^section ${name}: the file ends after ${offset} of ${bytes.length} bytes$`),
      );
    }
  });

  test('anywhere', async () => {
    const path = await written(await sample());
    const bytes = readFileSync(path);
    const cut = newPath();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        writeFileSync(cut, bytes.subarray(0, length));
        expect(await complaint(cut)).toMatch(length === 0 ? /^the file is empty$/ : /^section [a-z]+: /);
      }),
      { numRuns: 200, examples: [[0], [1], [19], [20], [4095], [4096]] },
    );
  });

  test('or that has something behind it', async () => {
    const path = await written(await sample());
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('x')]));
    expect(await complaint(path)).toBe('1 bytes lie behind the end of the snapshot');
  });
});

describe('a snapshot in which a byte is another', () => {
  test('names the section that the byte lies in', async () => {
    const path = await written(await sample());
    const bytes = readFileSync(path);
    const opened = await openSnapshot(path);
    if (!opened.ok) throw new Error(describeDocumentError(opened.error));
    const { sections } = opened.value;
    await opened.value.close();
    const flipped = newPath();
    const flip = fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bits]) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bits;
        writeFileSync(flipped, changed);
        const section = sections.find(({ offset, stored }) => at >= offset && at < offset + stored)?.name ?? 'header';
        expect(await complaint(flipped)).toMatch(new RegExp(`^section ${section}: `));
      }),
      { numRuns: 300, examples: [[[0, 1]], [[18, 2]], [[4095, 1]]] },
    );
  });
});

describe('a snapshot that cannot be written', () => {
  test('leaves what was there before, and no other file', async () => {
    const snapshot = await sample();
    const path = await written(snapshot);
    const before = readFileSync(path);
    const files = readdirSync(directory);
    async function* broken(): AsyncGenerator<MemoryExtent> {
      yield* extentsOf(sampleViews());
      throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
    }
    const done = await writeSnapshot(path, { ...snapshot, memory: broken() });
    expect(done).toMatchObject({ ok: false, error: { code: 'unwritable', message: /no space is left/ } });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(directory)).toEqual(files);
  });
});
