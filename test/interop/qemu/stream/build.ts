/**
 * Small streams, written as QEMU's sources say that they are written (migration/savevm.c, ram.c, vmstate.c), and not from
 * anything that a reader has said. `numbers`: big endian.
 */
import type { Json } from '../../../../src/model/index.ts';

export function u8(value: number): Buffer {
  return Buffer.from([value]);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export function u64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** A length in one byte, then the text. */
export function text(value: string): Buffer {
  return Buffer.concat([u8(value.length), Buffer.from(value, 'latin1')]);
}

export const PAGE = 4096;

/** `qemu_savevm_state_header`; subsections as they are in the stream. */
export function header(machine: string | null = 'pc-q35-7.2', ...subsections: readonly Buffer[]): Buffer {
  const begin = [u32(0x5145564d), u32(3)];
  if (machine === null) return Buffer.concat(begin);
  return Buffer.concat([...begin, u8(0x07), u32(machine.length), Buffer.from(machine), ...subsections]);
}

/** `vmstate_subsection_save`. */
export function subsection(name: string, version: number, ...content: readonly Buffer[]): Buffer {
  return Buffer.concat([u8(0x05), text(name), u32(version), ...content]);
}

export function footer(section: number): Buffer {
  return Buffer.concat([u8(0x7e), u32(section)]);
}

export interface SectionOptions {
  readonly instance?: number;
  readonly version?: number;
  /** Default: there is one. */
  readonly footer?: boolean;
}

/** `vmstate_save`. */
export function full(section: number, id: string, content: Buffer, options: SectionOptions = {}): Buffer {
  return begun(0x04, section, id, content, options);
}

/** The first part of a live section. */
export function start(section: number, id: string, content: Buffer, options: SectionOptions = {}): Buffer {
  return begun(0x01, section, id, content, options);
}

function begun(type: number, section: number, id: string, content: Buffer, options: SectionOptions): Buffer {
  const { instance = 0, version = 1, footer: ended = true } = options;
  const parts = [u8(type), u32(section), text(id), u32(instance), u32(version), content];
  return Buffer.concat(ended ? [...parts, footer(section)] : parts);
}

/** `part` while the guest runs, `end` when it was stopped. */
export function goOn(type: 'part' | 'end', section: number, content: Buffer, ended: boolean = true): Buffer {
  const parts = [u8(type === 'part' ? 0x02 : 0x03), u32(section), content];
  return Buffer.concat(ended ? [...parts, footer(section)] : parts);
}

/** `ram_save_setup`. `extra`: what capabilities put behind a block. */
export function ramBlocks(blocks: Readonly<Record<string, number>>, extra: Buffer = Buffer.alloc(0)): Buffer {
  const total = Object.values(blocks).reduce((sum, size) => sum + size, 0);
  const rows = Object.entries(blocks).map(([name, size]) => Buffer.concat([text(name), u64(size), extra]));
  return Buffer.concat([u64(total + 0x04), ...rows, endOfRam()]);
}

export function endOfRam(): Buffer {
  return u64(0x10);
}

/** `save_page_header`; without a block's name the page is of the same block as before. */
export function page(address: number, flags: number, block: string | null, content: Buffer): Buffer {
  const name = block === null ? [] : [text(block)];
  return Buffer.concat([u64(address + flags + (block === null ? 0x20 : 0)), ...name, content]);
}

export function normalPage(address: number, block: string | null = null, fill: number = 0xaa): Buffer {
  return page(address, 0x08, block, Buffer.alloc(PAGE, fill));
}

export function zeroPage(address: number, block: string | null = null): Buffer {
  return page(address, 0x02, block, u8(0));
}

export function command(number: number, content: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([u8(0x08), u16(number), u16(content.length), content]);
}

export function endOfStream(): Buffer {
  return u8(0x00);
}

/** The description at the end. */
export function description(json: Json): Buffer {
  const written = Buffer.from(JSON.stringify(json));
  return Buffer.concat([u8(0x06), u32(written.length), written]);
}

type JsonObject = { readonly [key: string]: Json };

/** One device of the description (`vmstate_save`). */
export function device(name: string, fields: readonly Json[], more: JsonObject = {}): JsonObject {
  return { name, instance_id: 0, vmsd_name: name, version: 1, fields, ...more };
}

export function field(name: string, type: string, size: number, more: JsonObject = {}): JsonObject {
  return { name, type, size, ...more };
}

/** A guest of one block of RAM, two devices, one of them with a subsection. */
export function smallStream(): Buffer {
  return Buffer.concat([
    header(),
    start(2, 'ram', ramBlocks({ 'pc.ram': 16 * PAGE }), { version: 4 }),
    goOn(
      'part',
      2,
      Buffer.concat([normalPage(0, 'pc.ram'), zeroPage(PAGE), normalPage(2 * PAGE), zeroPage(3 * PAGE), endOfRam()]),
    ),
    goOn('end', 2, Buffer.concat([normalPage(2 * PAGE), endOfRam()])),
    full(5, 'timer', Buffer.concat([u64(1), u64(2)]), { version: 2 }),
    full(7, 'cpu', Buffer.concat([u32(0xc0de), Buffer.from([1, 2, 3]), subsection('cpu/msr_smi_count', 1, u64(9))]), {
      version: 12,
    }),
    endOfStream(),
    description(smallDescription()),
  ]);
}

export function smallDescription(): JsonObject {
  return {
    page_size: PAGE,
    devices: [
      device('timer', [field('cpu_ticks_offset', 'int64', 8), field('unused', 'unused_buffer', 8)]),
      device('cpu', [field('env.eip', 'uint32', 4), field('irr', 'uint8', 1, { array_len: 3 })], {
        version: 12,
        subsections: [
          { vmsd_name: 'cpu/msr_smi_count', version: 1, fields: [field('env.msr_smi_count', 'uint64', 8)] },
        ],
      }),
    ],
  };
}
