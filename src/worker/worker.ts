/**
 * The worker process: `node worker.ts [--skip STEP,…] [--device PATH] [--request FD]`, messages on the file descriptor of
 * `--fd`. With `--request` it reads from that descriptor what it is to do; without, it probes. Started by the
 * supervisor, and bundled into the lab's images.
 */
import { readFileSync, writeSync } from 'node:fs';
import { dieWithParent } from '../kvm/index.ts';
import { ownArchitecture } from '../probe/index.ts';
import { encode } from './protocol.ts';
import type { Message } from './protocol.ts';
import { PROBE, readRequest, stepsOf } from './request.ts';
import type { Request } from './request.ts';
import { runSteps } from './run-steps.ts';

/**
 * Writes messages to a file descriptor, whole, in order, before the next ioctl is made. `heed` is told each of them, for
 * who goes on from there in the same process.
 */
export async function work(
  fd: number,
  skip: ReadonlySet<string>,
  device: string = '/dev/kvm',
  request: Request = PROBE,
  heed: (message: Message) => void = () => undefined,
): Promise<void> {
  const architecture = ownArchitecture();
  if (architecture === null) throw new Error(`Evenkeel works on x86_64 and arm64 hosts; this is ${process.arch}`);
  const send = (message: Message): void => {
    const bytes = Buffer.from(encode(message));
    heed(message);
    for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
  };
  if (request.kind === 'qemu') return (await import('./qemu-steps.ts')).runQemuJobs(request, skip, send);
  const all = await stepsOf(request, architecture);
  const steps = all.filter((step) => !skip.has(step.name));
  runSteps(steps, send, device);
}

if (import.meta.main) {
  dieWithParent();
  const option = (name: string): string | undefined => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const skip = new Set((option('--skip') ?? '').split(',').filter((name) => name !== ''));
  const from = option('--request');
  const request = from === undefined ? PROBE : readRequest(readFileSync(Number(from), 'utf8'));
  await work(Number(option('--fd') ?? '1'), skip, option('--device'), request);
}
