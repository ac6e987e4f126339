/**
 * An image as a disk: ext4 without a journal, read-only, made by mkfs.ext4(8) from a directory. The kernel reads of it
 * what is used; an initramfs goes through memory three times, whole.
 */
import { accessSync, constants } from 'node:fs';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import type { Result } from '../model/index.ts';
import { KERNELS } from './catalogue.ts';
import type { LabContext } from './context.ts';
import type { CpioEntry } from './cpio.ts';
import type { LabError } from './error.ts';
import type { Kernel } from './kernel.ts';
import { run } from './run.ts';

const BLOCK_BYTES = 4096;
/** For the tables of the file system, and for directories. */
const SPARE_BLOCKS = 1024;
const SPARE_INODES = 32;

/** What every kernel of the catalogue can mount, whatever the defaults of the mkfs.ext4 at hand are. */
const FEATURES = 'none,extent,filetype';

/** Debian has it in a folder that not every user's PATH names. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

/**
 * The mkfs.ext4 to make a kernel's disk with, or null where its image must be an initramfs: without that program, and
 * for a kernel that the user built, which need not have NVMe and ext4 built in. The catalogue's have both
 * (CONFIG_BLK_DEV_NVME=y, CONFIG_EXT4_FS=y in Debian's configuration for clouds).
 */
export function diskMaker(kernel: Kernel): string | null {
  if (!KERNELS.some(({ name }) => name === kernel.name)) return null;
  return FOLDERS.map((folder) => join(folder, 'mkfs.ext4')).find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Writes the disk to `path`. `entries` name each directory before what is in it; devices are left to devtmpfs. */
export async function writeDisk(
  context: LabContext,
  mkfs: string,
  path: string,
  entries: readonly CpioEntry[],
): Promise<Result<unknown, LabError>> {
  const root = `${path}.root`;
  try {
    await mkdir(root, { recursive: true });
    let blocks = SPARE_BLOCKS;
    for (const entry of entries) {
      await place(root, entry);
      if (entry.kind === 'file') blocks += Math.ceil(entry.data.length / BLOCK_BYTES);
    }
    const inodes = `${entries.length + SPARE_INODES}`;
    const layout = ['-b', `${BLOCK_BYTES}`, '-O', FEATURES, '-m', '0', '-N', inodes, '-E', 'root_owner=0:0'];
    return await run(mkfs, ['-q', '-F', ...layout, '-d', root, path, `${blocks}`], {
      signal: context.signal,
      // The build machine's own defaults stay out of it (mke2fs.conf(5)).
      environment: { MKE2FS_CONFIG: '/dev/null' },
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function place(root: string, entry: CpioEntry): Promise<void> {
  const path = join(root, entry.path);
  await mkdir(dirname(path), { recursive: true });
  switch (entry.kind) {
    case 'directory':
      await mkdir(path, { recursive: true });
      return;
    case 'file':
      await writeFile(path, entry.data);
      if (entry.executable === true) await chmod(path, 0o755);
      return;
    case 'link':
      await symlink(entry.target, path);
      return;
    case 'character':
      return;
  }
}
