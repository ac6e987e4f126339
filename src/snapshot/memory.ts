/**
 * Guest memory made small: pages of zeros are left out, and each run of other pages is compressed on its own, so that
 * neither side ever holds more than one run besides the guest itself. Loads nothing but Node's zlib: it runs in the worker.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { err, fromHex, hex, ok } from '../model/index.ts';
import type { Hex, MemoryRegion, Result } from '../model/index.ts';

/** Bytes. The granule of what is left out: 4 KiB on every host, whatever its own page size is. */
export const PAGE = 4096;
/** Bytes of guest memory in one extent, at most. */
export const EXTENT_LIMIT: number = 1024 * 1024;

/** A run of pages that are not all zero. */
export interface MemoryExtent {
  /** Guest-physical. */
  readonly address: bigint;
  /** Bytes of guest memory: whole pages, at most `EXTENT_LIMIT`. */
  readonly length: number;
  /** One zstd frame (RFC 8878) with its checksum. */
  readonly stored: Uint8Array;
}

/** Guest memory as the host sees it. */
export interface MemoryView {
  readonly base: bigint;
  readonly bytes: Uint8Array;
}

/** As it crosses the worker's channel, which carries JSON. */
export type SavedMemory = {
  readonly regions: readonly MemoryRegion[];
  readonly extents: readonly SavedExtent[];
};

export type SavedExtent = {
  readonly address: Hex;
  readonly length: number;
  /** `MemoryExtent.stored` in base64. */
  readonly zstd: string;
};

const ZERO = new Uint8Array(PAGE);

/** Each run of pages that are not zero, in the order of addresses within each view. */
export function* extentsOf(views: Iterable<MemoryView>): Generator<MemoryExtent> {
  for (const { base, bytes } of views) {
    if (bytes.length % PAGE !== 0) throw new RangeError(`guest memory is whole pages, not ${bytes.length} bytes`);
    for (let start = 0; start < bytes.length;) {
      if (isZero(bytes, start)) {
        start += PAGE;
        continue;
      }
      let end = start + PAGE;
      while (end < bytes.length && end - start < EXTENT_LIMIT && !isZero(bytes, end)) end += PAGE;
      yield { address: base + BigInt(start), length: end - start, stored: compress(bytes.subarray(start, end)) };
      start = end;
    }
  }
}

/** The pages of an extent. An error where what is stored is not that many bytes of zstd; never more is unpacked. */
export function unpackExtent({ length, stored }: MemoryExtent): Result<Uint8Array, string> {
  try {
    const bytes = zstdDecompressSync(stored, { maxOutputLength: length });
    return bytes.length === length ? ok(bytes) : err(`it holds ${bytes.length} bytes and says ${length}`);
  } catch (error) {
    if (error instanceof RangeError) return err(`it holds more than the ${length} bytes that it says`);
    if (error instanceof Error && 'code' in error) return err(`it does not unpack: ${error.message}`);
    throw error;
  }
}

export function packMemory(views: readonly MemoryView[]): SavedMemory {
  return {
    regions: views.map(({ base, bytes }) => ({ base: hex(base), length: bytes.length })),
    extents: Array.from(extentsOf(views), savedExtent),
  };
}

/**
 * Fills fresh, zeroed guest memory. An error names the extent that is damaged or lies in none of the views; what was
 * filled before it stays.
 */
export function fillMemory(extents: Iterable<MemoryExtent>, views: readonly MemoryView[]): Result<null, string> {
  for (const extent of extents) {
    const { address, length } = extent;
    const name = `the extent at ${hex(address)}`;
    const view = views.find(
      ({ base, bytes }) => address >= base && address + BigInt(length) <= base + BigInt(bytes.length),
    );
    if (view === undefined) return err(`${name}: the guest has no memory there`);
    const pages = unpackExtent(extent);
    if (!pages.ok) return err(`${name}: ${pages.error}`);
    view.bytes.set(pages.value, Number(address - view.base));
  }
  return ok(null);
}

/** From a file, for a worker: as large as the memory is packed. */
export async function savedMemory(
  regions: readonly MemoryRegion[],
  extents: AsyncIterable<MemoryExtent>,
): Promise<SavedMemory> {
  const saved: SavedExtent[] = [];
  for await (const extent of extents) saved.push(savedExtent(extent));
  return { regions, extents: saved };
}

export function savedExtents({ extents }: SavedMemory): MemoryExtent[] {
  return extents.map(({ address, length, zstd }) => ({
    address: fromHex(address),
    length,
    stored: Buffer.from(zstd, 'base64'),
  }));
}

function savedExtent({ address, length, stored }: MemoryExtent): SavedExtent {
  return { address: hex(address), length, zstd: base64(stored) };
}

function isZero(bytes: Uint8Array, at: number): boolean {
  return Buffer.compare(bytes.subarray(at, at + PAGE), ZERO) === 0;
}

function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
