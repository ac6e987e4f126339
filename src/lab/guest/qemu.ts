/** The disk with QEMU's programs, and room for the files of their jobs. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { FILES, QEMU_DISK } from '../../worker/qemu-job.ts';
import type { System } from './system.ts';

/** Milliseconds until the disk's driver has found it. */
const PATIENCE = 20_000;

export async function mountQemus(system: System): Promise<void> {
  system.mount('tmpfs', FILES);
  for (const until = performance.now() + PATIENCE; performance.now() < until; await sleep(5)) {
    const names = readdirSync('/dev').filter((name) => name.startsWith('nvme'));
    // The image has a partition, by which the kernel was told of it; the other disk has none.
    const disk = names.find((name) => /^nvme\d+n\d+$/.test(name) && !names.includes(`${name}p1`));
    if (disk !== undefined) return system.mountDisk(`/dev/${disk}`, 'ext4', QEMU_DISK);
  }
  throw new Error('no disk of this machine holds QEMU');
}
