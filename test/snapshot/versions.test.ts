/**
 * "Read N-1, write N-1", tried with a version that there is not yet: what a program that knows it makes of a file of
 * today, what it writes for a program of today, and what a program of today says of a file that it cannot know.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { describeDocumentError, parseJson, stringify } from '../../src/format/index.ts';
import { VERSIONS, openSnapshot, writeSnapshot } from '../../src/snapshot/file/index.ts';
import type { SnapshotVersion } from '../../src/snapshot/file/index.ts';
import { decodeHeader, encodeHeader } from '../../src/snapshot/file/header.ts';
import { sample } from './sample.ts';

const directory = mkdtempSync(join(tmpdir(), 'evenkeel-snapshot-'));
afterAll(() => rmSync(directory, { recursive: true }));
const path = join(directory, 'guest.snapshot');

const [today] = VERSIONS;
if (today === undefined) throw new Error('there is a version');
const newest = VERSIONS.at(-1)?.version ?? 0;

/** As a next version might be: `source` is called `origin`, and there is one section more, which may not be missing. */
const next: SnapshotVersion = {
  version: newest + 1,
  encode: (parts) => [
    ...today.encode(parts).map(({ name, json }) => ({ name: name === 'source' ? 'origin' : name, json })),
    { name: 'fence', json: Buffer.from(stringify({ kernel: '6.12' })) },
  ],
  decode(where, sections) {
    const fence = parseJson(where, sections.get('fence') ?? new Uint8Array());
    if (!fence.ok) return fence;
    const others = [...sections].filter(([name]) => name !== 'fence');
    return today.decode(where, new Map(others.map(([name, json]) => [name === 'origin' ? 'source' : name, json])));
  },
};
const both = [...VERSIONS, next];

async function opened(
  versions?: readonly SnapshotVersion[],
): Promise<{ version?: number; parts?: unknown; says?: string }> {
  const file = await openSnapshot(path, versions === undefined ? {} : { versions });
  if (!file.ok) return { says: describeDocumentError(file.error).replace(`${path}: `, '') };
  await file.value.close();
  return { version: file.value.version, parts: file.value.parts };
}

test('a newer program reads a file of today, and writes one for it', async () => {
  const snapshot = await sample();
  const { memory: _, ...parts } = snapshot;
  expect(await writeSnapshot(path, snapshot)).toMatchObject({ ok: true });
  expect(await opened(both)).toEqual({ version: newest, parts });
  expect(await writeSnapshot(path, snapshot, { versions: both })).toMatchObject({ ok: true });
  expect(await opened(both)).toEqual({ version: newest + 1, parts });
  expect(await writeSnapshot(path, snapshot, { versions: both, version: newest })).toMatchObject({ ok: true });
  expect(await opened()).toEqual({ version: newest, parts });
});

test('a file of a version to come is refused by its name', async () => {
  expect(await writeSnapshot(path, await sample(), { versions: both })).toMatchObject({ ok: true });
  expect(await opened()).toEqual({
    says: `section header: evenkeel.snapshot/${newest + 1} was written by a newer Evenkeel; this one reads evenkeel.snapshot/1`,
  });
});

test('a version that there never was is refused by its name', async () => {
  expect(await writeSnapshot(path, await sample())).toMatchObject({ ok: true });
  const bytes = readFileSync(path);
  const header = decodeHeader(bytes, [newest]);
  if (!header.ok) throw new Error(header.error.message);
  writeFileSync(path, Buffer.concat([encodeHeader({ ...header.value, version: 0 }), bytes.subarray(4096)]));
  expect(await opened()).toEqual({
    says: 'section header: evenkeel.snapshot/0 is not read; this Evenkeel reads evenkeel.snapshot/1',
  });
});

test('a section that no snapshot has is not passed over', async () => {
  const extra: SnapshotVersion = {
    ...today,
    encode: (parts) => [...today.encode(parts), { name: 'more', json: Buffer.from('{}') }],
  };
  expect(await writeSnapshot(path, await sample(), { versions: [extra] })).toMatchObject({ ok: true });
  expect(await opened()).toEqual({ says: 'section more: no snapshot of this version has it' });
});

test('a section that is missing is named', async () => {
  const less: SnapshotVersion = {
    ...today,
    encode: (parts) => today.encode(parts).filter(({ name }) => name !== 'state'),
  };
  expect(await writeSnapshot(path, await sample(), { versions: [less] })).toMatchObject({ ok: true });
  expect(await opened()).toEqual({ says: 'section state: the file does not have it' });
});

test('a contract of a version to come inside of it is told by its place', async () => {
  const newer: SnapshotVersion = {
    ...today,
    encode: (parts) =>
      today.encode(parts).map(({ name, json }) => ({
        name,
        json:
          name === 'contract'
            ? Buffer.from(Buffer.from(json).toString().replace('evenkeel.contract/1', 'evenkeel.contract/2'))
            : json,
      })),
  };
  expect(await writeSnapshot(path, await sample(), { versions: [newer] })).toMatchObject({ ok: true });
  expect(await opened()).toEqual({
    says: 'section contract/format: evenkeel.contract/2 was written by a newer Evenkeel; this one reads evenkeel.contract/1',
  });
});
