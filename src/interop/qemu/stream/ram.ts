/**
 * The `ram` section: the list of RAM blocks, then page after page, each an address with flags in its low bits
 * (`ram_save_setup`, `save_page_header` and `ram_load_precopy` in migration/ram.c). Pages are counted and passed over.
 */
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import type { Input } from './input.ts';
import { MAXIMUM_LISTED } from './limits.ts';
import { readMappedBlock } from './mapped-ram.ts';
import type { RamBlock, RamListing } from './model.ts';
import { passPages } from './ram-pages.ts';
import { isName, latin1 } from './section-header.ts';
import { RAM_FLAG } from './wire.ts';

export interface Block {
  readonly name: string;
  readonly size: number;
  normal: number;
  zero: number;
  xbzrle: number;
  compressed: number;
}

/** What the parts of the section have in common. */
export interface RamState {
  readonly pageSize: number;
  /** Migration capabilities, as the configuration has them: each puts more into the list of blocks. */
  readonly ignoreShared: boolean;
  readonly mapped: boolean;
  /** The source announced postcopy: blocks of huge pages then come with their page size. */
  postcopy: boolean;
  multifd: boolean;
  readonly blocks: Map<string, Block>;
  /** Of the page before. */
  block: Block | null;
}

export function ramState(pageSize: number, capabilities: readonly string[]): RamState {
  return {
    pageSize,
    ignoreShared: capabilities.includes('x-ignore-shared'),
    mapped: capabilities.includes('mapped-ram'),
    postcopy: false,
    multifd: false,
    blocks: new Map(),
    block: null,
  };
}

export function ramListing({ mapped, multifd, blocks }: RamState): RamListing {
  return {
    layout: mapped ? 'mapped-ram' : 'stream',
    multifd,
    blocks: [...blocks.values()].map((block): RamBlock => ({ ...block })),
  };
}

/** Behind a section's header, to the end of this part of it. */
export async function readRam(input: Input, ram: RamState): Promise<StreamError | null> {
  for (;;) {
    const stopped = passPages(input, ram);
    if (typeof stopped === 'object') return stopped;
    if (stopped > 0 && !(await input.skip(stopped))) return input.missing('a page of RAM');
    if (stopped > 0) continue;
    if (!(await input.has(8))) return input.missing('the header of a page of RAM');
    const outcome = await readRecord(input, ram);
    if (outcome === 'end') return null;
    if (outcome !== 'next') return outcome;
  }
}

/** Whatever `passPages` leaves: everything that is rare. */
async function readRecord(input: Input, ram: RamState): Promise<'next' | 'end' | StreamError> {
  const offset = input.offset;
  const high = input.u32();
  const low = input.u32();
  const flags = low & (ram.pageSize - 1);
  const address = high * 0x1_0000_0000 + (low - flags);
  switch (flags & ~RAM_FLAG.continue) {
    case RAM_FLAG.memorySize:
      return (await readBlocks(input, ram, address)) ?? 'next';
    case RAM_FLAG.endOfSection:
      return 'end';
    case RAM_FLAG.multifdFlush:
      ram.multifd = true;
      return 'next';
    case RAM_FLAG.hook:
      return streamError('unsupported', offset, 'RAM is sent by RDMA, not in this stream');
    case RAM_FLAG.page:
    case RAM_FLAG.zero:
    case RAM_FLAG.xbzrle:
    case RAM_FLAG.compressedPage: {
      const named = await nameBlock(input, ram, flags, offset);
      if (named !== null) return named;
      return (await readPage(input, ram, flags, address, offset)) ?? 'next';
    }
    default:
      return streamError('malformed', offset, `a page of RAM with the flags 0x${flags.toString(16)}`);
  }
}

async function nameBlock(input: Input, ram: RamState, flags: number, offset: number): Promise<StreamError | null> {
  if ((flags & RAM_FLAG.continue) !== 0) {
    return ram.block === null ? streamError('malformed', offset, 'the first page of RAM names no block') : null;
  }
  const name = await readName(input);
  if (name === null) return input.missing('the name of a RAM block');
  const block = ram.blocks.get(name);
  if (block === undefined) {
    const shown = isName(name) ? `"${name}"` : 'that has no name';
    return streamError('malformed', offset, `a page of a RAM block ${shown}, which is not in the list`);
  }
  ram.block = block;
  return null;
}

async function readPage(
  input: Input,
  ram: RamState,
  flags: number,
  address: number,
  offset: number,
): Promise<StreamError | null> {
  const { block, pageSize } = ram;
  if (block === null || address >= block.size) {
    return streamError('malformed', offset, `a page at 0x${address.toString(16)} of ${block?.name}, past its end`);
  }
  switch (flags & ~RAM_FLAG.continue) {
    case RAM_FLAG.page:
      block.normal++;
      return (await input.skip(pageSize)) ? null : input.missing('a page of RAM');
    case RAM_FLAG.zero:
      block.zero++;
      if (!(await input.has(1))) return input.missing('a page of RAM');
      // `ram_load_precopy` in 9.1 and later refuses any other filling; before, it was never written.
      return input.u8() === 0 ? null : streamError('malformed', offset, 'a zero page that is not zero');
    case RAM_FLAG.xbzrle: {
      block.xbzrle++;
      if (!(await input.has(3))) return input.missing('a page of RAM');
      const encoding = input.u8();
      const length = input.u16();
      if (encoding !== XBZRLE_ENCODING || length > pageSize) {
        return streamError('malformed', offset, `${length} bytes of XBZRLE for a page of ${pageSize}`);
      }
      return (await input.skip(length)) ? null : input.missing('a page of RAM');
    }
    default: {
      block.compressed++;
      if (!(await input.has(4))) return input.missing('a page of RAM');
      const length = input.u32();
      if (length > 2 * pageSize) {
        return streamError('malformed', offset, `a page of ${pageSize} bytes compressed to ${length}`);
      }
      return (await input.skip(length)) ? null : input.missing('a page of RAM');
    }
  }
}

/** `ENCODING_FLAG_XBZRLE` (migration/ram.c). */
const XBZRLE_ENCODING = 1;

/** `total`: bytes of all blocks. */
async function readBlocks(input: Input, ram: RamState, total: number): Promise<StreamError | null> {
  let left = total;
  while (left > 0) {
    const offset = input.offset;
    const name = await readName(input);
    if (name === null || !(await input.has(8))) return input.missing('the list of RAM blocks');
    if (!isName(name)) return streamError('malformed', offset, 'a RAM block without a name');
    const size = input.u64();
    if (size === 0 || size > left || size % ram.pageSize !== 0) {
      return streamError('malformed', offset, `RAM block ${name}: ${size} bytes of the ${left} that are left`);
    }
    if (ram.blocks.has(name)) return streamError('malformed', offset, `RAM block ${name} is there twice`);
    if (ram.blocks.size >= MAXIMUM_LISTED) return streamError('limit', offset, 'too many RAM blocks');
    const block: Block = { name, size, normal: 0, zero: 0, xbzrle: 0, compressed: 0 };
    ram.blocks.set(name, block);
    left -= size;
    const fault = await readBlockExtras(input, ram, block);
    if (fault !== null) return fault;
  }
  return null;
}

/** What capabilities put behind a block's size, in the order of `ram_save_setup`. */
async function readBlockExtras(input: Input, ram: RamState, block: Block): Promise<StreamError | null> {
  // Whether it is there depends on the host's page size, which the stream does not tell. A size is a power of two; what
  // else could be here is the length and the text of a name, or flags of a page.
  if (ram.postcopy && (await input.has(8)) && isPageSize(input)) await input.skip(8);
  if (ram.ignoreShared && !(await input.skip(8))) return input.missing('the address of a RAM block');
  return ram.mapped ? await readMappedBlock(input, ram.pageSize, block) : null;
}

function isPageSize(input: Input): boolean {
  const { at } = input;
  const value = input.u64();
  input.at = at;
  return value >= 4096 && value < 2 ** 48 && Number.isInteger(Math.log2(value));
}

async function readName(input: Input): Promise<string | null> {
  if (!(await input.has(1))) return null;
  const length = input.u8();
  if (!(await input.has(length))) return null;
  return latin1(input.take(length), 0, length);
}
