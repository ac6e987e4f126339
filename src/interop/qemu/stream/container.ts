/**
 * What may lie in front of the stream. `virsh save` writes a header of 92 bytes, the domain's XML and then the stream
 * (`virQEMUSaveHeader` in libvirt's src/qemu/qemu_saveimage.h); its numbers are in the byte order of the host.
 */
import { err, ok } from '../../../model/index.ts';
import type { Result } from '../../../model/index.ts';
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import type { Input } from './input.ts';
import { latin1, u32At } from './section-header.ts';
import { FILE_MAGIC, FILE_VERSION, MULTIFD_MAGIC } from './wire.ts';

export interface Container {
  readonly name: string;
  readonly bytes: number;
}

const LIBVIRT_HEADER = 92;
const LIBVIRT_MAGIC = 'LibvirtQemudSave';
const LIBVIRT_UNFINISHED = 'LibvirtQemudPart';
const LIBVIRT_NEWEST = 3;

/** `virQEMUSaveFormat`, by number: raw and sparse hold the stream as QEMU wrote it. */
const LIBVIRT_FORMATS = ['raw', 'gzip', 'bzip2', 'xz', 'lzop', 'zstd', 'sparse'] as const;
const PLAIN: readonly string[] = ['raw', 'sparse'];

/** Moves to behind the stream's magic and version. The container's name and length, null where the stream stands alone. */
export async function enterStream(input: Input): Promise<Result<Container | null, StreamError>> {
  if (!(await input.has(8))) return err(await tooShort(input));
  const inside = await enterContainer(input);
  if (!inside.ok) return inside;
  const offset = input.offset;
  if (!(await input.has(8))) return err(input.missing('the header of the stream'));
  const magic = input.u32();
  if (magic === MULTIFD_MAGIC) {
    const message =
      'this is a channel of a multifd migration: it has pages only; the state of devices is in the first channel';
    return err(streamError('unsupported', offset, message));
  }
  if (magic !== FILE_MAGIC) {
    const message = `this is no migration stream of QEMU: it begins with 0x${magic.toString(16)}, not 0x${FILE_MAGIC.toString(16)} ("QEVM")`;
    return err(streamError('not-a-stream', offset, message));
  }
  const version = input.u32();
  if (version === FILE_VERSION) return inside;
  const message = `the stream is of version ${version}; QEMU has written version ${FILE_VERSION} since 2006`;
  return err(streamError('not-a-stream', offset + 4, message));
}

async function tooShort(input: Input): Promise<StreamError> {
  if (await input.has(1)) return input.missing('the header of the stream');
  return streamError('truncated', 0, 'there is nothing in it');
}

async function enterContainer(input: Input): Promise<Result<Container | null, StreamError>> {
  if (latin1(input.buffer, input.at, 7) !== 'Libvirt') return ok(null);
  if (!(await input.has(LIBVIRT_HEADER))) return err(input.missing("the header of libvirt's save image"));
  const header = input.take(LIBVIRT_HEADER);
  const magic = latin1(header, 0, 16);
  if (magic === LIBVIRT_UNFINISHED) {
    return err(streamError('truncated', 0, "this is a save image that libvirt did not finish ('LibvirtQemudPart')"));
  }
  if (magic !== LIBVIRT_MAGIC) return err(streamError('not-a-stream', 0, 'this is no save image of libvirt'));
  return await enterLibvirt(input, header);
}

async function enterLibvirt(input: Input, header: Uint8Array): Promise<Result<Container, StreamError>> {
  const view = new DataView(header.buffer, header.byteOffset);
  const littleEndian = u32At(header, 16) > 0xff;
  const [version, length, format] = [16, 20, 28].map((at) => view.getUint32(at, littleEndian));
  if (version === undefined || version > LIBVIRT_NEWEST || length === undefined) {
    const message = `the save image is of version ${version}; known are those up to ${LIBVIRT_NEWEST}`;
    return err(streamError('unsupported', 16, message));
  }
  const name = LIBVIRT_FORMATS[format ?? LIBVIRT_FORMATS.length];
  if (name === undefined || !PLAIN.includes(name)) {
    const bytes = LIBVIRT_HEADER + length;
    const message = `the stream in this save image is compressed (${name ?? `format ${format}`}): tail -c +${bytes + 1} FILE | ${name ?? 'TOOL'} -dc | evenkeel qemu stream -`;
    return err(streamError('unsupported', 28, message));
  }
  if (!(await input.skip(length))) return err(input.missing("the domain's XML in the save image"));
  return ok({ name: `libvirt save image, version ${version}, ${name}`, bytes: LIBVIRT_HEADER + length });
}
