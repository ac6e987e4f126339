/**
 * An initramfs archive: cpio in the "newc" format, the only one that the kernel unpacks (Documentation/driver-api/
 * early-userspace/buffer-format.rst). Owner 0:0, time 0, inodes counted: equal content gives equal bytes.
 */
export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string; readonly data: Uint8Array; readonly executable?: boolean }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  /** A character device, such as /dev/console (5, 1), which the kernel opens for its first program. */
  | { readonly kind: 'character'; readonly path: string; readonly major: number; readonly minor: number };

const HEADER_BYTES = 110;
const MODES = {
  directory: 0o040755,
  file: 0o100644,
  executable: 0o100755,
  link: 0o120777,
  character: 0o020600,
} as const;

/** The whole archive as pieces to be written one after the other; paths without a leading slash. */
export function cpio(entries: readonly CpioEntry[]): Uint8Array[] {
  const pieces = entries.flatMap((entry, index) => member(entry, index + 1));
  return [...pieces, ...record('TRAILER!!!', 0, 0, new Uint8Array(), 0, 0)];
}

function member(entry: CpioEntry, inode: number): Uint8Array[] {
  switch (entry.kind) {
    case 'directory':
      return record(entry.path, inode, MODES.directory, new Uint8Array(), 0, 0);
    case 'file':
      return record(entry.path, inode, entry.executable === true ? MODES.executable : MODES.file, entry.data, 0, 0);
    case 'link':
      return record(entry.path, inode, MODES.link, Buffer.from(entry.target), 0, 0);
    case 'character':
      return record(entry.path, inode, MODES.character, new Uint8Array(), entry.major, entry.minor);
  }
}

function record(
  path: string,
  inode: number,
  mode: number,
  data: Uint8Array,
  major: number,
  minor: number,
): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  // magic, ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const numbers = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = `070701${numbers.map((number) => number.toString(16).padStart(8, '0')).join('')}`;
  return [Buffer.from(header), name, padding(HEADER_BYTES + name.length), data, padding(data.length)];
}

/** Header with name, and data, each end on a multiple of four bytes. */
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
