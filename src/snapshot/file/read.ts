/**
 * A snapshot from a file. `openSnapshot` believes nothing: size and first page, then the checksum of every section, the
 * memory's included, then what they hold. What it gives is of one file that stays open; memory is read from it when it
 * is asked for, an extent at a time.
 */
import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import { documentError, systemError } from '../../format/index.ts';
import type { DocumentError } from '../../format/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { MemoryExtent } from '../memory.ts';
import { Extents, readAt } from './extents.ts';
import { decodeHeader } from './header.ts';
import type { HeaderFault } from './header.ts';
import { HEADER_BYTES } from './layout.ts';
import type { Header, SectionRow } from './layout.ts';
import type { SnapshotParts } from './snapshot.ts';
import { VERSIONS, inSection } from './versions.ts';
import type { SnapshotVersion } from './versions.ts';

/** Bytes of one JSON section, packed or unpacked: far beyond the state of a thousand vCPUs. */
const JSON_LIMIT: number = 256 * 1024 * 1024;
/** Bytes that are read at once where they are only counted into a checksum. */
const CHUNK: number = 1024 * 1024;

/** An open snapshot, checked through. To be closed. */
export interface SnapshotFile extends AsyncDisposable {
  readonly version: number;
  readonly sections: readonly SectionRow[];
  /** Bytes. */
  readonly fileLength: number;
  readonly parts: SnapshotParts;
  /** Throws where the file was written to since it was opened: then nothing that came of it may be used. */
  extents(): AsyncGenerator<MemoryExtent>;
  close(): Promise<void>;
}

export interface ReadOptions {
  /** Those that there are; for tests of versions to come. */
  readonly versions?: readonly SnapshotVersion[];
}

export async function openSnapshot(
  path: string,
  { versions = VERSIONS }: ReadOptions = {},
): Promise<Result<SnapshotFile, DocumentError>> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    return err(systemError(path, error));
  }
  try {
    const checked = await readOpen(path, file, versions);
    if (!checked.ok) await file.close();
    return checked;
  } catch (error) {
    await file.close();
    return err(systemError(path, error));
  }
}

async function readOpen(
  path: string,
  file: FileHandle,
  versions: readonly SnapshotVersion[],
): Promise<Result<SnapshotFile, DocumentError>> {
  const stats = await file.stat();
  if (!stats.isFile()) return err(documentError('directory', path, 'this is not a file; a snapshot is one'));
  const page = await readAt(file, 0, Math.min(HEADER_BYTES, stats.size));
  const header = decodeHeader(
    page,
    versions.map(({ version }) => version),
  );
  if (!header.ok) return err(headerError(path, header.error, page.length));
  const { version, sections, fileLength } = header.value;
  const wrongSize = sizeError(path, header.value, stats.size);
  if (wrongSize !== null) return err(wrongSize);
  const format = versions.find((known) => known.version === version);
  const memory = sections.find(({ name, encoding }) => name === 'memory' && encoding === 'zstd-extents');
  if (format === undefined || memory === undefined) {
    return err(inSection(path, 'memory', 'invalid', 'the file does not have it'));
  }
  const json = new Map<string, Uint8Array>();
  for (const row of sections) {
    if (row === memory) continue;
    const unpacked = await readJson(path, file, row);
    if (!unpacked.ok) return unpacked;
    json.set(row.name, unpacked.value);
  }
  if (!(await isWhole(file, memory))) return err(damagedSection(path, memory));
  const parts = format.decode(path, json);
  if (!parts.ok) return parts;
  const extents = new Extents(path, file, memory, parts.value.metadata.memory);
  const faulty = await extents.check();
  if (faulty !== null) return err(faulty);
  return ok({
    version,
    sections,
    fileLength,
    parts: parts.value,
    extents: () => extents.read(),
    close: () => file.close(),
    [Symbol.asyncDispose]: () => file.close(),
  });
}

/** A file that was cut names the section that the cut goes through. */
function sizeError(path: string, { sections, fileLength }: Header, size: number): DocumentError | null {
  if (size === fileLength) return null;
  if (size > fileLength) {
    return documentError('damaged', path, `${size - fileLength} bytes lie behind the end of the snapshot`);
  }
  const cut = sections.find(({ offset, stored }) => offset + stored > size);
  const message = `the file ends after ${size} of ${fileLength} bytes`;
  return cut === undefined
    ? documentError('truncated', path, message)
    : inSection(path, cut.name, 'truncated', message);
}

function headerError(path: string, { code, message }: HeaderFault, size: number): DocumentError {
  switch (code) {
    case 'newer':
      return inSection(path, 'header', 'newer-format', message);
    case 'unknown-version':
    case 'not-a-snapshot':
      return size === 0
        ? documentError('empty', path, 'the file is empty')
        : inSection(path, 'header', 'wrong-format', message);
    case 'unfinished':
      return inSection(path, 'header', 'truncated', message);
    case 'damaged':
      return inSection(path, 'header', size < HEADER_BYTES ? 'truncated' : 'damaged', message);
  }
}

async function readJson(path: string, file: FileHandle, row: SectionRow): Promise<Result<Uint8Array, DocumentError>> {
  const { name, encoding, offset, stored, length } = row;
  if (encoding === 'zstd-extents') return err(inSection(path, name, 'invalid', 'only memory is encoded so'));
  if (stored > JSON_LIMIT || length > JSON_LIMIT) {
    return err(inSection(path, name, 'too-large', `more than the limit of ${JSON_LIMIT} bytes; it was not read`));
  }
  const bytes = await readAt(file, offset, stored);
  if (!fits(createHash('sha256').update(bytes), row)) return err(damagedSection(path, row));
  const unpacked = encoding === 'identity' ? bytes : unpack(bytes, length);
  if (unpacked === null || unpacked.length !== length) {
    return err(inSection(path, name, 'damaged', `it does not unpack to the ${length} bytes that it says`));
  }
  return ok(unpacked);
}

/** Null where it is no zstd, or more than `length` bytes of it. */
function unpack(bytes: Uint8Array, length: number): Uint8Array | null {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: Math.max(1, length) });
  } catch (error) {
    if (error instanceof Error && 'code' in error) return null;
    throw error;
  }
}

/** Read through once, in pieces. */
async function isWhole(file: FileHandle, row: SectionRow): Promise<boolean> {
  const hash = createHash('sha256');
  for (let done = 0; done < row.stored; done += CHUNK) {
    hash.update(await readAt(file, row.offset + done, Math.min(CHUNK, row.stored - done)));
  }
  return fits(hash, row);
}

function fits(hash: Hash, { sha256 }: SectionRow): boolean {
  return Buffer.compare(hash.digest(), sha256) === 0;
}

function damagedSection(path: string, { name }: SectionRow): DocumentError {
  return inSection(path, name, 'damaged', 'its checksum is not that of its content');
}
