/**
 * The two halves of a live update, in two kernels of one machine: the first saves a guest, keeps it on a disk and puts
 * the next kernel in its own place; that one restores the guest and lets it run on.
 */
import { arriving, leaving } from '../../worker/live-update.ts';
import type { LiveUpdate } from '../../worker/live-update.ts';
import { work } from '../../worker/worker.ts';
import { UpdateDisk } from '../live-update-disk.ts';
import { loadNextKernel } from './next-kernel.ts';
import type { System } from './system.ts';

export async function leave(system: System, architecture: 'x64' | 'arm64', port: number): Promise<void> {
  const disk = UpdateDisk.find();
  // Before the guest stops: what can be done then is no part of its pause.
  loadNextKernel(system, architecture, disk.kernel(), disk.commandLine);
  let saved: unknown = null;
  await work(port, new Set(), '/dev/kvm', leaving(ordersOf(disk)), (message) => {
    if (message.event === 'end') saved = message.section;
  });
  disk.keep(saved);
  disk.close();
  system.startNextKernel();
}

export async function arrive(port: number): Promise<void> {
  const disk = UpdateDisk.find();
  const request = arriving(ordersOf(disk), disk.kept());
  disk.close();
  if (request === null) throw new Error('the kernel before this one saved no guest');
  await work(port, new Set(), '/dev/kvm', request);
}

function ordersOf(disk: UpdateDisk): LiveUpdate {
  // The host's half is the same version of the same program.
  return disk.orders() as LiveUpdate;
}
