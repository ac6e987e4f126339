/**
 * A copy of a disk image that the kernel can name. With more than one disk the names /dev/nvme0n1 and following come in
 * whatever order the driver finds them in, and without an initramfs a root file system can be named by partition alone
 * (PARTUUID=, init/do_mounts.c). So the copy has a partition table: one partition, from the first sector on, which is the
 * image itself. ext4 leaves its first 1024 bytes to such things.
 */
import { constants } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';

const SECTOR = 512;
/** Offsets in a master boot record (block/partitions/msdos.c): disk signature, first entry, the mark at its end. */
const SIGNATURE = 0x1b8;
const ENTRY = 0x1be;
const MARK = 0x1fe;
/** Within an entry: the kind of partition, its first sector, its sectors. */
const KIND = 4;
const START = 8;
const SECTORS = 12;
const LINUX = 0x83;

/** Copies `image` to `file`; the copy's first partition is then `partitionName(signature)`. */
export async function copyNamed(image: string, file: string, signature: number): Promise<void> {
  await copyFile(image, file, constants.COPYFILE_FICLONE);
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    const record = Buffer.alloc(SECTOR - SIGNATURE);
    record.writeUInt32LE(signature, 0);
    const entry = record.subarray(ENTRY - SIGNATURE);
    entry.writeUInt8(LINUX, KIND);
    entry.writeUInt32LE(0, START);
    entry.writeUInt32LE(size / SECTOR, SECTORS);
    record.writeUInt16LE(0xaa55, MARK - SIGNATURE);
    await handle.write(record, 0, record.length, SIGNATURE);
  } finally {
    await handle.close();
  }
}

/** For `root=`. */
export function partitionName(signature: number): string {
  return `PARTUUID=${signature.toString(16).padStart(8, '0')}-01`;
}
