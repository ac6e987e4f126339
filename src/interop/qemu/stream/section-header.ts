/** The header of a section (`save_section_header` in migration/savevm.c), out of bytes that are there. */
import { PART } from './wire.ts';

export interface SectionHeader {
  /** As the stream numbers it. */
  readonly number: number;
  readonly id: string;
  readonly instance: number;
  readonly version: number;
  /** Bytes of the header, its type byte with it. */
  readonly length: number;
}

/** Big endian; bytes past the end count as 0: callers check the length first. */
export function u32At(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] ?? 0) * 0x100_0000 + (((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0))
  );
}

/** A full or a starting section's header at `at`, whose type byte was looked at. Null where the bytes end before it does. */
export function sectionHeader(bytes: Uint8Array, at: number, end: number): SectionHeader | null {
  if (end - at < 6) return null;
  const nameLength = bytes[at + 5] ?? 0;
  const length = 14 + nameLength;
  if (end - at < length) return null;
  return {
    number: u32At(bytes, at + 1),
    id: latin1(bytes, at + 6, nameLength),
    instance: u32At(bytes, at + 6 + nameLength),
    version: u32At(bytes, at + 10 + nameLength),
    length,
  };
}

/** Whether there is a footer of that section at `at`. */
export function isFooter(bytes: Uint8Array, at: number, end: number, section: number): boolean {
  return end - at >= 5 && bytes[at] === PART.footer && u32At(bytes, at + 1) === section;
}

/** QEMU's names are ASCII; whatever is in a stream, each byte gives one character. */
export function latin1(bytes: Uint8Array, at: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString('latin1');
}

/** Whether QEMU could have named something so: printable ASCII, so that terminals can be shown it. */
export function isName(text: unknown): text is string {
  return typeof text === 'string' && text.length <= LONGEST_NAME && /^[!-~][ -~]*$/.test(text);
}

const LONGEST_NAME = 255;
