/** The first page of a snapshot file, to and from bytes. Pure; what it accepts has only sections that lie in the file. */
import { createHash } from 'node:crypto';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import {
  AT,
  DIGEST_BYTES,
  ENCODINGS,
  ENCODING_BYTES,
  FORMAT_NAME,
  HEADER_BYTES,
  IN_ROW,
  NAME_BYTES,
  ROW_BYTES,
  SECTIONS_LIMIT,
} from './layout.ts';
import type { Header, SectionRow } from './layout.ts';

/** Throws where there are more sections, or longer names, than the page holds: what they are is this program's choice. */
export function encodeHeader({ version, sections, fileLength }: Header): Uint8Array {
  if (sections.length > SECTIONS_LIMIT) throw new RangeError(`${sections.length} sections`);
  const page = new Uint8Array(HEADER_BYTES);
  const view = new DataView(page.buffer);
  putText(page, 0, NAME_BYTES, `${FORMAT_NAME}/${version}\n`);
  view.setBigUint64(AT.length, BigInt(fileLength), true);
  view.setUint32(AT.count, sections.length, true);
  for (const [index, row] of sections.entries()) {
    const at = AT.rows + ROW_BYTES * index;
    putText(page, at + IN_ROW.name, NAME_BYTES, row.name);
    putText(page, at + IN_ROW.encoding, ENCODING_BYTES, row.encoding);
    view.setBigUint64(at + IN_ROW.offset, BigInt(row.offset), true);
    view.setBigUint64(at + IN_ROW.stored, BigInt(row.stored), true);
    view.setBigUint64(at + IN_ROW.length, BigInt(row.length), true);
    page.set(row.sha256, at + IN_ROW.digest);
  }
  page.set(digest(page), AT.digest);
  return page;
}

export interface HeaderFault {
  readonly code: 'not-a-snapshot' | 'unfinished' | 'newer' | 'unknown-version' | 'damaged';
  readonly message: string;
}

/**
 * `page` is what there is of the first page; `versions` are those that can be read, ascending. A file of another version
 * is refused before its rows are looked at: they may hold what this program does not know.
 */
export function decodeHeader(page: Uint8Array, versions: readonly number[]): Result<Header, HeaderFault> {
  const version = versionOf(page);
  if (version === null) return err(notSnapshot(page));
  if (page.length < HEADER_BYTES) return err(damaged('it ends before it is complete'));
  if (Buffer.compare(digest(page), page.subarray(AT.digest, HEADER_BYTES)) !== 0) {
    return err(damaged(`its checksum is not that of its content (it says ${FORMAT_NAME}/${version})`));
  }
  if (!versions.includes(version)) return err(otherVersion(version, versions));
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const count = view.getUint32(AT.count, true);
  if (count > SECTIONS_LIMIT) return err(damaged(`it says that there are ${count} sections`));
  const fileLength = number(view, AT.length);
  const sections: SectionRow[] = [];
  let next = HEADER_BYTES;
  for (let index = 0; index < count; index++) {
    const row = decodeRow(page, view, AT.rows + ROW_BYTES * index);
    if (row === null || row.offset !== next || sections.some(({ name }) => name === row.name)) {
      return err(damaged(`its row ${index} is no section that could follow`));
    }
    next += row.stored;
    sections.push(row);
  }
  if (next !== fileLength) return err(damaged('its sections do not fill the file'));
  return ok({ version, sections, fileLength });
}

/** The version that the first line names, or null where the line is no such. */
function versionOf(page: Uint8Array): number | null {
  const match = /^evenkeel\.snapshot\/(0|[1-9][0-9]{0,8})\n\0*$/.exec(ascii(page.subarray(0, NAME_BYTES)));
  return match?.[1] === undefined ? null : Number(match[1]);
}

function notSnapshot(page: Uint8Array): HeaderFault {
  if (page.length > 0 && page.every((byte) => byte === 0)) {
    return { code: 'unfinished', message: 'its writer was ended before it was done; the file may be deleted' };
  }
  return { code: 'not-a-snapshot', message: `this is no snapshot: it does not begin with ${FORMAT_NAME}/` };
}

function otherVersion(version: number, versions: readonly number[]): HeaderFault {
  const reads = versions.map((known) => `${FORMAT_NAME}/${known}`).join(' and ');
  return version > Math.max(...versions)
    ? { code: 'newer', message: `${FORMAT_NAME}/${version} was written by a newer Evenkeel; this one reads ${reads}` }
    : { code: 'unknown-version', message: `${FORMAT_NAME}/${version} is not read; this Evenkeel reads ${reads}` };
}

function damaged(message: string): HeaderFault {
  return { code: 'damaged', message };
}

function decodeRow(page: Uint8Array, view: DataView, at: number): SectionRow | null {
  const name = getText(page, at + IN_ROW.name, NAME_BYTES);
  const text = getText(page, at + IN_ROW.encoding, ENCODING_BYTES);
  const encoding = ENCODINGS.find((known) => known === text);
  if (name === null || encoding === undefined) return null;
  const offset = number(view, at + IN_ROW.offset);
  const stored = number(view, at + IN_ROW.stored);
  const length = number(view, at + IN_ROW.length);
  if (![offset, stored, length].every((size) => Number.isSafeInteger(size))) return null;
  const sha256 = page.slice(at + IN_ROW.digest, at + IN_ROW.digest + DIGEST_BYTES);
  return { name, encoding, offset, stored, length, sha256 };
}

function digest(page: Uint8Array): Uint8Array {
  return createHash('sha256').update(page.subarray(0, AT.digest)).digest();
}

function number(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function putText(page: Uint8Array, at: number, room: number, text: string): void {
  if (text.length > room) throw new RangeError(`"${text}" does not fit into ${room} bytes`);
  page.set(Buffer.from(text, 'latin1'), at);
}

/** Null where it is no name such as `metadata`. */
function getText(page: Uint8Array, at: number, room: number): string | null {
  const text = ascii(page.subarray(at, at + room)).replace(/\0+$/, '');
  return /^[a-z][a-z0-9.-]*$/.test(text) ? text : null;
}
