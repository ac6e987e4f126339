/**
 * The container of a snapshot file, the same for every version of the format. The first page says everything that is
 * needed to find and check the rest, so that a file that was cut is known by its first 4096 bytes and its size.
 * Numbers are little-endian; text is ASCII, padded with zeros.
 *
 *     0     32  "evenkeel.snapshot/1\n"
 *     32     8  bytes of the whole file
 *     40     4  sections, n
 *     44    52  zeros
 *     96  n*128 a row a section, in the order in which they lie in the file, without gaps, from 4096 on
 *     ...       zeros
 *     4064  32  SHA-256 of the 4064 bytes before
 *
 * A row:
 *
 *     0     32  name
 *     32    16  encoding
 *     48     8  offset of the section in the file
 *     56     8  bytes that it takes there
 *     64     8  bytes of what it holds, unpacked
 *     72    24  zeros
 *     96    32  SHA-256 of the bytes that it takes
 */
import { SNAPSHOT_FORMAT } from '../../model/index.ts';

/** `evenkeel.snapshot`, without the version. */
export const FORMAT_NAME: string = SNAPSHOT_FORMAT.slice(0, SNAPSHOT_FORMAT.indexOf('/'));

export const HEADER_BYTES = 4096;
export const DIGEST_BYTES = 32;
export const AT: Readonly<Record<'length' | 'count' | 'rows' | 'digest', number>> = {
  length: 32,
  count: 40,
  rows: 96,
  digest: HEADER_BYTES - DIGEST_BYTES,
};

export const ROW_BYTES = 128;
export const IN_ROW: Readonly<Record<'name' | 'encoding' | 'offset' | 'stored' | 'length' | 'digest', number>> = {
  name: 0,
  encoding: 32,
  offset: 48,
  stored: 56,
  length: 64,
  digest: 96,
};
export const NAME_BYTES = 32;
export const ENCODING_BYTES = 16;
export const SECTIONS_LIMIT: number = Math.floor((AT.digest - AT.rows) / ROW_BYTES);

/**
 * `identity`: as it is. `zstd`: one frame. `zstd-extents`: records of guest memory, each an address (8 bytes), bytes of
 * memory (4), bytes stored (4), and those bytes: one zstd frame. Ascending addresses; what no record covers is zero.
 */
export const ENCODINGS = ['identity', 'zstd', 'zstd-extents'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Bytes before the stored ones of each record of `zstd-extents`. */
export const RECORD_BYTES = 16;

/** One section, as its row says. */
export interface SectionRow {
  readonly name: string;
  readonly encoding: Encoding;
  /** In the file, bytes. */
  readonly offset: number;
  /** Bytes that it takes in the file. */
  readonly stored: number;
  /** Bytes of what it holds, unpacked. */
  readonly length: number;
  /** Of the stored bytes. */
  readonly sha256: Uint8Array;
}

export interface Header {
  readonly version: number;
  readonly sections: readonly SectionRow[];
  /** Bytes of the whole file. */
  readonly fileLength: number;
}
