/** The memory of a snapshot file: its records checked against what they may be, and read one at a time. */
import type { FileHandle } from 'node:fs/promises';
import type { DocumentError } from '../../format/index.ts';
import { fromHex, hex } from '../../model/index.ts';
import type { MemoryRegion } from '../../model/index.ts';
import { EXTENT_LIMIT, PAGE } from '../memory.ts';
import type { MemoryExtent } from '../memory.ts';
import { RECORD_BYTES } from './layout.ts';
import type { SectionRow } from './layout.ts';
import { inSection } from './versions.ts';

/** What zstd adds to what it cannot make smaller: ZSTD_COMPRESSBOUND (zstd.h) of the largest extent is below this. */
const OVERHEAD = 8192;

interface Record {
  readonly address: bigint;
  readonly length: number;
  /** In the file, bytes. */
  readonly offset: number;
  readonly stored: number;
}

export class Extents {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #row: SectionRow;
  readonly #regions: readonly MemoryRegion[];

  constructor(path: string, file: FileHandle, row: SectionRow, regions: readonly MemoryRegion[]) {
    this.#path = path;
    this.#file = file;
    this.#row = row;
    this.#regions = regions;
  }

  /** The first record that cannot be, or null. Reads the records' heads alone: their content is under the checksum. */
  async check(): Promise<DocumentError | null> {
    let pages = 0;
    let from = 0n;
    for await (const record of this.#records()) {
      const fault = this.#fault(record, from);
      if (fault !== null) return inSection(this.#path, 'memory', 'invalid', fault);
      from = record.address + BigInt(record.length);
      pages += record.length;
    }
    if (pages === this.#row.length) return null;
    const message = `its extents hold ${pages} bytes, and it says ${this.#row.length}`;
    return inSection(this.#path, 'memory', 'invalid', message);
  }

  /** To be called when `check` found nothing. */
  async *read(): AsyncGenerator<MemoryExtent> {
    for await (const { address, length, offset, stored } of this.#records()) {
      yield { address, length, stored: await readAt(this.#file, offset, stored) };
    }
  }

  async *#records(): AsyncGenerator<Record> {
    const end = this.#row.offset + this.#row.stored;
    for (let at = this.#row.offset; at < end;) {
      const head = await readAt(this.#file, at, Math.min(RECORD_BYTES, end - at));
      // A head that is not whole: a record of no page, which the check refuses.
      const view = new DataView(head.length < RECORD_BYTES ? new ArrayBuffer(RECORD_BYTES) : head.buffer);
      const stored = view.getUint32(12, true);
      const offset = at + RECORD_BYTES;
      yield { address: view.getBigUint64(0, true), length: view.getUint32(8, true), offset, stored };
      at = offset + stored;
    }
  }

  #fault({ address, length, offset, stored }: Record, from: bigint): string | null {
    const name = `the extent at ${hex(address)}`;
    if (length === 0 || length > EXTENT_LIMIT || length % PAGE !== 0 || address % BigInt(PAGE) !== 0n) {
      return `${name} of ${length} bytes is not of whole pages, or larger than ${EXTENT_LIMIT}`;
    }
    if (stored === 0 || stored > EXTENT_LIMIT + OVERHEAD || offset + stored > this.#row.offset + this.#row.stored) {
      return `${name} cannot take ${stored} bytes`;
    }
    if (address < from) return `${name} lies before the end of the one before it`;
    const end = address + BigInt(length);
    const inside = this.#regions.some(
      ({ base, length: bytes }) => address >= fromHex(base) && end <= fromHex(base) + BigInt(bytes),
    );
    return inside ? null : `${name} lies in no region of the guest's memory`;
  }
}

/** Exactly `length` bytes, or an exception: the size of the file was looked at before. */
export async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) throw Object.assign(new Error('the file became shorter'), { code: 'ENODATA' });
    done += bytesRead;
  }
  return bytes;
}
