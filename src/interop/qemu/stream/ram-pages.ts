/**
 * The pages that make up nearly all of a stream: a header of eight bytes, then a page of the same block as before, or the one
 * byte that stands for a page of zeros. Everything else is left to `readRam`.
 */
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import type { Input } from './input.ts';
import type { RamState } from './ram.ts';
import { RAM_FLAG } from './wire.ts';

const PAGE = RAM_FLAG.page | RAM_FLAG.continue;
const ZERO = RAM_FLAG.zero | RAM_FLAG.continue;

/**
 * Goes on to the first record that is no such page or does not begin in the window. The number of bytes that are still to be
 * passed over of a page that ends outside the window; 0 where there is none.
 */
export function passPages(input: Input, ram: RamState): number | StreamError {
  const { buffer, end } = input;
  const { block, pageSize, mapped } = ram;
  if (block === null || mapped) return 0;
  const mask = pageSize - 1;
  let { at } = input;
  let normal = 0;
  let zero = 0;
  let beyond = 0;
  let fault: string | null = null;
  while (at + 8 <= end) {
    const low = (((buffer[at + 4] ?? 0) << 24) | ((buffer[at + 5] ?? 0) << 16) | ((buffer[at + 6] ?? 0) << 8)) >>> 0;
    const flags = (((buffer[at + 6] ?? 0) << 8) | (buffer[at + 7] ?? 0)) & mask;
    if (flags !== PAGE && (flags !== ZERO || at + 9 > end)) break;
    const high =
      ((buffer[at] ?? 0) << 24) | ((buffer[at + 1] ?? 0) << 16) | ((buffer[at + 2] ?? 0) << 8) | (buffer[at + 3] ?? 0);
    const address = (high >>> 0) * 0x1_0000_0000 + low - (low & mask);
    if (address >= block.size) {
      fault = `a page at 0x${address.toString(16)} of ${block.name}, past its end`;
      break;
    }
    if (flags === ZERO) {
      if (buffer[at + 8] !== 0) {
        fault = 'a zero page that is not zero';
        break;
      }
      zero++;
      at += 9;
      continue;
    }
    normal++;
    at += 8 + pageSize;
    if (at > end) {
      beyond = at - end;
      at = end;
    }
  }
  input.at = at;
  block.normal += normal;
  block.zero += zero;
  return fault === null ? beyond : streamError('malformed', input.offset, fault);
}
