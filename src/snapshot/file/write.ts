/**
 * A snapshot to a file: whole or not at all, and never more of the guest's memory held than one extent. The first page,
 * which makes a snapshot of the file, is written last.
 */
import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { constants, zstdCompressSync } from 'node:zlib';
import { fillWhole } from '../../format/index.ts';
import type { DocumentError } from '../../format/index.ts';
import { ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { MemoryExtent } from '../memory.ts';
import { encodeHeader } from './header.ts';
import { HEADER_BYTES, RECORD_BYTES } from './layout.ts';
import type { Encoding, SectionRow } from './layout.ts';
import type { Snapshot } from './snapshot.ts';
import { VERSIONS } from './versions.ts';
import type { SnapshotVersion } from './versions.ts';

/** Guest memory holds whatever the guest keeps secret: a new file is its owner's alone. */
const MODE = 0o600;

/** JSON below this many bytes stays readable in the file. */
const SMALL = 4096;

export interface WriteOptions {
  /** A version of the format that an older Evenkeel reads. Default: the newest. */
  readonly version?: number;
  /** Those that there are; for tests of versions to come. */
  readonly versions?: readonly SnapshotVersion[];
}

/** Gives the bytes of the file. Throws on a version that there is not, and what the memory's iterator throws. */
export async function writeSnapshot(
  path: string,
  snapshot: Snapshot,
  { version, versions = VERSIONS }: WriteOptions = {},
): Promise<Result<number, DocumentError>> {
  const format = version === undefined ? versions.at(-1) : versions.find((known) => known.version === version);
  if (format === undefined) throw new RangeError(`there is no version ${version} of the snapshot format`);
  let length = 0;
  const written = await fillWhole(
    path,
    async (file) => {
      const sections: SectionRow[] = [];
      let at = HEADER_BYTES;
      for (const { name, json } of format.encode(snapshot)) {
        const row = await writeJson(file, at, name, json);
        sections.push(row);
        at += row.stored;
      }
      const memory = await writeMemory(file, at, snapshot.memory);
      sections.push(memory);
      length = at + memory.stored;
      await put(file, encodeHeader({ version: format.version, sections, fileLength: length }), 0);
    },
    MODE,
  );
  return written.ok ? ok(length) : written;
}

async function writeJson(file: FileHandle, offset: number, name: string, json: Uint8Array): Promise<SectionRow> {
  const encoding: Encoding = json.length < SMALL ? 'identity' : 'zstd';
  const bytes =
    encoding === 'identity' ? json : zstdCompressSync(json, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  await put(file, bytes, offset);
  const sha256 = createHash('sha256').update(bytes).digest();
  return { name, encoding, offset, stored: bytes.length, length: json.length, sha256 };
}

async function writeMemory(file: FileHandle, offset: number, memory: Snapshot['memory']): Promise<SectionRow> {
  const hash = createHash('sha256');
  let at = offset;
  let length = 0;
  for await (const extent of memory) {
    const record = recordOf(extent);
    hash.update(record).update(extent.stored);
    await put(file, record, at);
    await put(file, extent.stored, at + record.length);
    at += record.length + extent.stored.length;
    length += extent.length;
  }
  return { name: 'memory', encoding: 'zstd-extents', offset, stored: at - offset, length, sha256: hash.digest() };
}

function recordOf({ address, length, stored }: MemoryExtent): Uint8Array {
  const record = new Uint8Array(RECORD_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, address, true);
  view.setUint32(8, length, true);
  view.setUint32(12, stored.length, true);
  return record;
}

/** write(2) may take less than it was given. */
async function put(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
