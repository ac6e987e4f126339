/**
 * RAM in a file in which each page has its place (`mapped_ram_setup_ramblock` in migration/ram.c, since QEMU 9.0): behind a
 * block's entry in the list stand a bitmap of the pages that were written and then the room for all of them. Pages that
 * were never written are holes.
 */
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import { MOST_AT_ONCE } from './input.ts';
import type { Input } from './input.ts';
import type { Block } from './ram.ts';

/** `MappedRamHeader`: version, page size, place of the bitmap, place of the pages. */
const HEADER = 4 + 8 + 8 + 8;
const VERSION = 1;

export async function readMappedBlock(input: Input, pageSize: number, block: Block): Promise<StreamError | null> {
  const offset = input.offset;
  if (!(await input.has(HEADER))) return input.missing('the mapped-ram header of a RAM block');
  const version = input.u32();
  if (version !== VERSION) {
    return streamError('unsupported', offset, `mapped-ram of version ${version}; known is version ${VERSION}`);
  }
  const size = input.u64();
  const bitmap = input.u64();
  const pages = input.u64();
  const count = Math.ceil(block.size / pageSize);
  const bitmapBytes = Math.ceil(count / 64) * 8;
  if (size !== pageSize || bitmap < input.offset || pages < bitmap + bitmapBytes || pages > 2 ** 52) {
    const message = `RAM block ${block.name}: pages of ${size} bytes, bitmap at 0x${bitmap.toString(16)}, pages at 0x${pages.toString(16)}`;
    return streamError('malformed', offset, message);
  }
  if (!(await input.skip(bitmap - input.offset))) return input.missing('the bitmap of a RAM block');
  const counted = await countBits(input, bitmapBytes);
  if (counted === null) return input.missing('the bitmap of a RAM block');
  block.normal += counted;
  const rest = pages + block.size - input.offset;
  return (await input.skip(rest)) ? null : input.missing(`the pages of the RAM block ${block.name}`);
}

async function countBits(input: Input, bytes: number): Promise<number | null> {
  let count = 0;
  for (let left = bytes; left > 0;) {
    const piece = Math.min(left, MOST_AT_ONCE);
    if (!(await input.has(piece))) return null;
    for (let index = 0; index < piece; index++) count += BITS[input.u8()] ?? 0;
    left -= piece;
  }
  return count;
}

/** Set bits of each byte. */
const BITS: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0;
  for (let rest = byte; rest !== 0; rest >>= 1) bits += rest & 1;
  return bits;
});
