import { describe, expect, test } from 'vitest';
import { memorySource, numberOf, readStream } from '../../../../src/interop/qemu/stream/index.ts';
import type { StreamError, StreamListing } from '../../../../src/interop/qemu/stream/index.ts';
import {
  PAGE,
  command,
  description,
  device,
  endOfRam,
  endOfStream,
  field,
  full,
  goOn,
  header,
  normalPage,
  page,
  ramBlocks,
  smallDescription,
  smallStream,
  start,
  subsection,
  text,
  u16,
  u32,
  u64,
  u8,
  zeroPage,
} from './build.ts';

async function read(...parts: readonly Buffer[]): Promise<StreamListing> {
  const result = await readStream(memorySource(Buffer.concat(parts)));
  if (!result.ok) throw new Error(`offset ${result.error.offset}: ${result.error.message}`);
  return result.value;
}

async function fault(...parts: readonly Buffer[]): Promise<StreamError> {
  const result = await readStream(memorySource(Buffer.concat(parts)));
  if (result.ok) throw new Error('it was read');
  return result.error;
}

const ram = (...records: readonly Buffer[]): Buffer =>
  Buffer.concat([
    start(2, 'ram', ramBlocks({ 'pc.ram': 16 * PAGE, 'vga.vram': 4 * PAGE }), { version: 4 }),
    goOn('end', 2, Buffer.concat([...records, endOfRam()])),
  ]);
const ending = Buffer.concat([endOfStream(), description({ page_size: PAGE, devices: [] })]);

describe('what a stream holds', () => {
  test('machine, RAM by block, sections and subsections with their offsets', async () => {
    const bytes = smallStream();
    const listing = await read(bytes);
    expect(listing).toMatchObject({
      machine: 'pc-q35-7.2',
      architecture: 'x86_64',
      footers: true,
      bytes: bytes.length,
    });
    expect(listing.ram?.blocks).toEqual([
      { name: 'pc.ram', size: 16 * PAGE, normal: 3, zero: 2, xbzrle: 0, compressed: 0 },
    ]);
    expect(listing.sections.map(({ id, version, kind }) => [id, version, kind])).toEqual([
      ['ram', 4, 'live'],
      ['timer', 2, 'full'],
      ['cpu', 12, 'full'],
    ]);
    for (const { offset, id } of listing.sections) {
      expect(bytes.subarray(offset + 6, offset + 6 + id.length).toString()).toBe(id);
    }
    const cpu = listing.sections[2]?.state;
    expect(cpu?.fields.map((each) => [each.name, each.index, numberOf(each)])).toEqual([
      ['env.eip', null, 0xc0den],
      ['irr', 0, 1n],
      ['irr', 1, 2n],
      ['irr', 2, 3n],
    ]);
    const [smi] = cpu?.subsections ?? [];
    expect(smi).toMatchObject({ name: 'cpu/msr_smi_count', version: 1, bytes: 2 + 17 + 4 + 8 });
    expect(bytes.indexOf('cpu/msr_smi_count')).toBe((smi?.offset ?? 0) + 2);
    expect(smi?.fields.map((each) => numberOf(each))).toEqual([9n]);
  });

  test('what both sides must agree on', async () => {
    const listing = await read(
      header(
        'virt-10.0',
        subsection('configuration/target-page-bits', 1, u32(14)),
        subsection('configuration/capabilities', 1, u32(1), text('x-ignore-shared')),
        subsection('configuration/uuid', 1, Buffer.from('00112233445566778899aabbccddeeff', 'hex')),
      ),
      start(2, 'ram', ramBlocks({ 'mach-virt.ram': 1 << 20 }, u64(0x4000_0000)), { version: 4 }),
      goOn('end', 2, Buffer.concat([page(0, 0x08, 'mach-virt.ram', Buffer.alloc(1 << 14)), endOfRam()])),
      endOfStream(),
    );
    expect(listing.configuration).toEqual({
      offset: 8,
      machine: 'virt-10.0',
      targetPageBits: 14,
      capabilities: ['x-ignore-shared'],
      uuid: '00112233-4455-6677-8899-aabbccddeeff',
    });
    expect(listing).toMatchObject({ pageSize: 1 << 14, description: null });
    expect(listing.ram?.blocks[0]?.normal).toBe(1);
  });

  test('pages of every kind are counted', async () => {
    const listing = await read(
      header(),
      ram(
        normalPage(0, 'pc.ram'),
        page(0, 0x40, null, Buffer.concat([u8(1), u16(5), Buffer.alloc(5)])),
        page(PAGE, 0x100, 'vga.vram', Buffer.concat([u32(17), Buffer.alloc(17)])),
        zeroPage(2 * PAGE),
        u64(0x200),
      ),
      ending,
    );
    expect(listing.ram).toEqual({
      layout: 'stream',
      multifd: true,
      blocks: [
        { name: 'pc.ram', size: 16 * PAGE, normal: 1, zero: 0, xbzrle: 1, compressed: 0 },
        { name: 'vga.vram', size: 4 * PAGE, normal: 0, zero: 1, xbzrle: 0, compressed: 1 },
      ],
    });
  });

  test('pages that each have their place in the file (mapped-ram)', async () => {
    const begin = Buffer.concat([
      header('pc-q35-10.0', subsection('configuration/capabilities', 1, u32(1), text('mapped-ram'))),
      u8(0x01),
      u32(2),
      text('ram'),
      u32(0),
      u32(4),
      u64(80 * PAGE + 0x04),
      text('pc.ram'),
      u64(80 * PAGE),
    ]);
    const bitmapAt = begin.length + 28;
    const pagesAt = 0x2000;
    const mapped = Buffer.alloc(pagesAt + 80 * PAGE);
    Buffer.concat([begin, u32(1), u64(PAGE), u64(bitmapAt), u64(pagesAt)]).copy(mapped);
    // Pages 0, 2 and 64, in words of 64 bits of the host.
    mapped[bitmapAt] = 0b101;
    mapped[bitmapAt + 8] = 1;
    const listing = await read(mapped, endOfRam(), u8(0x7e), u32(2), goOn('end', 2, endOfRam()), ending);
    expect(listing.ram).toMatchObject({ layout: 'mapped-ram', blocks: [{ name: 'pc.ram', normal: 3 }] });
    expect(listing.description?.bytes).toBeGreaterThan(0);
  });

  test('structs and arrays of structs, and the subsections inside of them', async () => {
    const listing = await read(
      header(),
      full(1, 'disk', Buffer.concat([u16(7), u8(8), u16(9), u8(10), subsection('pci/irq', 3, u8(1))])),
      endOfStream(),
      description({
        page_size: PAGE,
        devices: [
          device('disk', [
            field('ports', 'struct', 3, {
              array_len: 1,
              struct: { vmsd_name: 'port', version: 1, fields: [field('a', 'uint16', 2), field('b', 'uint8', 1)] },
            }),
            field('pci', 'struct', 3 + 2 + 7 + 4 + 1, {
              struct: {
                vmsd_name: 'pci',
                version: 2,
                fields: [field('a', 'uint16', 2), field('b', 'uint8', 1)],
                subsections: [{ vmsd_name: 'pci/irq', version: 3, fields: [field('level', 'bool', 1)] }],
              },
            }),
          ]),
        ],
      }),
    );
    const [ports, pci] = listing.sections[0]?.state?.fields ?? [];
    expect(ports?.state?.fields.map((each) => numberOf(each))).toEqual([7n, 8n]);
    expect(pci?.state).toMatchObject({ name: 'pci', version: 2, subsections: [{ name: 'pci/irq', version: 3 }] });
  });

  test('device state before RAM, as virtio-mem sends it, keeps its place and its fields', async () => {
    const early = Buffer.concat([u32(3), Buffer.from([0x7e, 0, 0, 0, 1, 0x04])]);
    const listing = await read(
      header(),
      full(1, 'virtio-mem-early', early),
      ram(normalPage(0, 'pc.ram')),
      full(9, 'timer', u64(1)),
      endOfStream(),
      description({
        page_size: PAGE,
        devices: [
          device('virtio-mem-early', [field('size', 'uint32', 4), field('bitmap', 'bitmap', 6)]),
          device('timer', [field('ticks', 'int64', 8)]),
        ],
      }),
    );
    expect(listing.sections.map(({ id, state }) => [id, state?.fields.length])).toEqual([
      ['virtio-mem-early', 2],
      ['ram', undefined],
      ['timer', 1],
    ]);
  });

  test('a live section that is no RAM is passed over to its footer, whatever looks like one in it', async () => {
    const noise = Buffer.concat([Buffer.alloc(70_000, 0x7e), u8(0x7e), u32(3), u8(0x55), Buffer.alloc(9)]);
    const listing = await read(
      header(),
      start(3, 'dirty-bitmap', noise),
      ram(normalPage(0, 'pc.ram')),
      goOn('end', 3, noise),
      ending,
    );
    expect(listing.sections[0]).toMatchObject({ id: 'dirty-bitmap', kind: 'live', bytes: 2 * noise.length });
    expect(listing.ram?.blocks[0]?.normal).toBe(1);
  });

  test('state that is sent in one piece before RAM goes on (postcopy)', async () => {
    const package_ = Buffer.concat([command(4), full(9, 'timer', u64(1)), command(5)]);
    const listing = await read(
      header(),
      command(3, Buffer.concat([u64(PAGE), u64(PAGE)])),
      start(2, 'ram', Buffer.concat([u64(PAGE + 4), text('pc.ram'), u64(PAGE), u64(0x20_0000), endOfRam()]), {
        version: 4,
      }),
      command(7, u32(package_.length)),
      package_,
      goOn('end', 2, Buffer.concat([normalPage(0, 'pc.ram'), endOfRam()])),
      endOfStream(),
    );
    expect(listing.commands.map(({ name }) => name)).toEqual(['POSTCOPY_ADVISE', 'PACKAGED']);
    expect(listing.sections.map(({ id, bytes }) => [id, bytes])).toContainEqual(['timer', 8]);
    expect(listing.ram?.blocks[0]?.normal).toBe(1);
  });

  test("libvirt's save image is gone into", async () => {
    const xml = Buffer.from('<domain/>\0\0\0');
    const image = Buffer.alloc(92);
    image.write('LibvirtQemudSave');
    image.writeUInt32LE(2, 16);
    image.writeUInt32LE(xml.length, 20);
    const listing = await read(image, xml, smallStream());
    expect(listing).toMatchObject({ container: { bytes: 92 + xml.length }, machine: 'pc-q35-7.2' });
    image.writeUInt32LE(1, 28);
    expect(await fault(image, xml, Buffer.alloc(100))).toMatchObject({ code: 'unsupported', offset: 28 });
  });
});

describe('a stream that does not say how it is to be read', () => {
  const state = Buffer.concat([full(5, 'timer', u64(1)), full(7, 'cpu', Buffer.alloc(40, 0x7e)), endOfStream()]);

  test('without a description, sections end where their footers are, and are undecoded', async () => {
    const listing = await read(header(), ram(normalPage(0, 'pc.ram')), state);
    expect(listing.sections.map(({ id, bytes, state: none }) => [id, bytes, none])).toEqual([
      ['ram', expect.any(Number), null],
      ['timer', 8, null],
      ['cpu', 40, null],
    ]);
    expect(listing.sections[1]?.undecoded).toContain('no description');
  });

  test('without footers, the description is enough', async () => {
    const listing = await read(
      header(null),
      start(2, 'ram', ramBlocks({ 'pc.ram': PAGE }), { version: 4, footer: false }),
      goOn('end', 2, Buffer.concat([zeroPage(0, 'pc.ram'), endOfRam()]), false),
      full(5, 'timer', u64(1), { footer: false }),
      full(7, 'cpu', u32(2), { footer: false }),
      endOfStream(),
      description({
        page_size: PAGE,
        devices: [device('timer', [field('a', 'int64', 8)]), device('cpu', [field('b', 'uint32', 4)])],
      }),
    );
    expect(listing).toMatchObject({ footers: false, configuration: null, machine: null });
    expect(listing.sections.map(({ id, bytes }) => [id, bytes]).slice(1)).toEqual([
      ['timer', 8],
      ['cpu', 4],
    ]);
  });

  test('without either, it is said where', async () => {
    const begin = Buffer.concat([
      header(null),
      start(2, 'ram', ramBlocks({ 'pc.ram': PAGE }), { version: 4, footer: false }),
      goOn('end', 2, Buffer.concat([zeroPage(0, 'pc.ram'), endOfRam()]), false),
    ]);
    const error = await fault(begin, full(5, 'timer', u64(1), { footer: false }), endOfStream());
    expect(error).toMatchObject({ code: 'unsupported', offset: begin.length });
  });

  test('a section that is described wrongly is undecoded, and the others are read', async () => {
    const { devices } = smallDescription() as { devices: readonly Record<string, never>[] };
    const wrong = description({
      page_size: PAGE,
      devices: [{ ...devices[0], fields: [field('cpu_ticks_offset', 'int64', 9)] }, ...devices.slice(1)],
    });
    const whole = smallStream();
    const listing = await read(whole.subarray(0, whole.length - description(smallDescription()).length), wrong);
    expect(listing.sections[1]).toMatchObject({ id: 'timer', bytes: 16, state: null });
    expect(listing.sections[1]?.undecoded).toContain('no footer behind');
    expect(listing.sections[2]?.state?.name).toBe('cpu');
  });
});

describe('what is no stream, or none that can be read', () => {
  test.each([
    ['nothing', Buffer.alloc(0), 'truncated', 0],
    ['another file', Buffer.from('#!/bin/sh\necho\n'), 'not-a-stream', 0],
    ['another version', Buffer.concat([u32(0x5145564d), u32(2)]), 'not-a-stream', 4],
    ['a multifd channel', Buffer.concat([u32(0x11223344), u32(1)]), 'unsupported', 0],
    ['RDMA', Buffer.concat([header(), ram(u64(0x80))]), 'unsupported', undefined],
    ['a page without a block', Buffer.concat([header(), ram(normalPage(0))]), 'malformed', undefined],
    ['a page of an unknown block', Buffer.concat([header(), ram(normalPage(0, 'sda'))]), 'malformed', undefined],
    ['a page past the end', Buffer.concat([header(), ram(normalPage(16 * PAGE, 'pc.ram'))]), 'malformed', undefined],
    ['a section that goes on', Buffer.concat([header(), goOn('part', 9, endOfRam())]), 'malformed', 27 - 4],
    ['bytes behind the end', Buffer.concat([header(), ram(), endOfStream(), Buffer.alloc(3)]), 'malformed', undefined],
  ])('%s', async (_, bytes, code, offset) => {
    expect(await fault(bytes)).toMatchObject({ code, ...(offset === undefined ? {} : { offset }) });
  });

  test('a second page of the same block past its end is refused too', async () => {
    const error = await fault(header(), ram(normalPage(0, 'pc.ram'), normalPage(16 * PAGE)));
    expect(error.message).toContain('pc.ram, past its end');
  });
});
