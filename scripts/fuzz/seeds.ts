/** Streams that fuzzing begins with: small ones of every shape. Real ones are added by name. */
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
  smallStream,
  start,
  subsection,
  text,
  u16,
  u32,
  u64,
  u8,
  zeroPage,
} from '../../test/interop/qemu/stream/build.ts';

const ending: Buffer = Buffer.concat([
  full(9, 'timer', u64(1)),
  endOfStream(),
  description({ page_size: PAGE, devices: [device('timer', [field('ticks', 'int64', 8)])] }),
]);

const ramStart: Buffer = start(2, 'ram', ramBlocks({ 'pc.ram': 16 * PAGE, vga: 4 * PAGE }), { version: 4 });

/** Pages of every kind, in many small records. */
const pages: Buffer = Buffer.concat([
  header(),
  ramStart,
  goOn(
    'end',
    2,
    Buffer.concat([
      zeroPage(0, 'pc.ram'),
      ...Array.from({ length: 8 }, (_, index) => zeroPage(index * PAGE)),
      page(0, 0x40, null, Buffer.concat([u8(1), u16(5), Buffer.alloc(5)])),
      page(PAGE, 0x100, 'vga', Buffer.concat([u32(17), Buffer.alloc(17)])),
      u64(0x200),
      endOfRam(),
    ]),
  ),
  ending,
]);

const agreed: Buffer = Buffer.concat([
  header(
    'virt-10.0',
    subsection('configuration/target-page-bits', 1, u32(12)),
    subsection('configuration/capabilities', 1, u32(1), text('x-ignore-shared')),
    subsection('configuration/uuid', 1, Buffer.alloc(16, 7)),
  ),
  start(2, 'ram', ramBlocks({ 'pc.ram': 16 * PAGE }, u64(0x4000_0000)), { version: 4 }),
  goOn('end', 2, Buffer.concat([zeroPage(0, 'pc.ram'), endOfRam()])),
  ending,
]);

const unknownLive: Buffer = Buffer.concat([
  header(),
  full(1, 'virtio-mem-early', Buffer.alloc(12, 0x7e)),
  start(3, 'dirty-bitmap', Buffer.alloc(40, 0x7e)),
  ramStart,
  goOn('part', 3, Buffer.alloc(30)),
  goOn('end', 2, endOfRam()),
  goOn('end', 3, u32(0)),
  ending,
]);

const inOnePiece: Buffer = full(9, 'timer', u64(1));
const postcopy: Buffer = Buffer.concat([
  header(),
  command(3, Buffer.concat([u64(PAGE), u64(PAGE)])),
  ramStart,
  command(7, u32(inOnePiece.length)),
  inOnePiece,
  goOn('end', 2, endOfRam()),
  endOfStream(),
]);

const nested: Buffer = Buffer.concat([
  header(),
  full(
    1,
    'disk',
    Buffer.concat([
      u16(7),
      u8(8),
      u16(9),
      u8(10),
      subsection('pci/irq', 3, u8(1)),
      subsection('v/a', 1, u8(1), u16(2)),
    ]),
  ),
  endOfStream(),
  description({
    page_size: PAGE,
    devices: [
      device('disk', [
        field('ports', 'struct', 3, {
          array_len: 1,
          struct: { vmsd_name: 'port', version: 1, fields: [field('a', 'uint16', 2), field('b', 'uint8', 1)] },
        }),
        field('pci', 'struct', 17, {
          struct: {
            vmsd_name: 'pci',
            version: 2,
            fields: [field('a', 'uint16', 2), field('b', 'uint8', 1)],
            subsections: [{ vmsd_name: 'pci/irq', version: 3, fields: [field('level', 'bool', 1)] }],
          },
        }),
        field('queue', 'virtio', 12),
      ]),
    ],
  }),
]);

function mapped(): Buffer {
  const begin = Buffer.concat([
    header('pc-q35-10.0', subsection('configuration/capabilities', 1, u32(1), text('mapped-ram'))),
    u8(0x01),
    u32(2),
    text('ram'),
    u32(0),
    u32(4),
    u64(2 * PAGE + 0x04),
    text('pc.ram'),
    u64(2 * PAGE),
  ]);
  const room = Buffer.alloc(0x100 + 2 * PAGE);
  Buffer.concat([begin, u32(1), u64(PAGE), u64(begin.length + 28), u64(0x100)]).copy(room);
  return Buffer.concat([room, endOfRam(), u8(0x7e), u32(2), goOn('end', 2, endOfRam()), ending]);
}

function saveImage(): Buffer {
  const image = Buffer.alloc(92);
  image.write('LibvirtQemudSave');
  image.writeUInt32LE(2, 16);
  image.writeUInt32LE(9, 20);
  return Buffer.concat([image, Buffer.from('<domain/>'), nested]);
}

export const SEEDS: readonly Buffer[] = [
  nested,
  pages,
  agreed,
  unknownLive,
  postcopy,
  saveImage(),
  Buffer.concat([header(), ramStart, goOn('end', 2, Buffer.concat([normalPage(0, 'pc.ram'), endOfRam()])), ending]),
  smallStream(),
  mapped(),
];
