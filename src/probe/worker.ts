/**
 * The worker process: `node worker.ts [--skip STEP,…] [--device PATH]`, messages on file descriptor 3 (or 1 where
 * there is no 3). Started by the supervisor, and bundled into the lab's images.
 */
import { writeSync } from 'node:fs';
import { dieWithParent } from '../kvm/index.ts';
import { encode } from './protocol.ts';
import { runSteps } from './run-steps.ts';
import { ownArchitecture, stepsFor } from './steps/index.ts';

/** Writes messages to a file descriptor, whole, in order, before the next ioctl is made. */
export function work(fd: number, skip: ReadonlySet<string>, device: string = '/dev/kvm'): void {
  const architecture = ownArchitecture();
  if (architecture === null) throw new Error(`Evenkeel probes x86_64 and arm64 hosts; this is ${process.arch}`);
  const steps = stepsFor(architecture).filter((step) => !skip.has(step.name));
  runSteps(
    steps,
    (message) => {
      const bytes = Buffer.from(encode(message));
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
    },
    device,
  );
}

if (import.meta.main) {
  dieWithParent();
  const option = (name: string): string | undefined => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const skip = new Set((option('--skip') ?? '').split(',').filter((name) => name !== ''));
  work(Number(option('--fd') ?? '1'), skip, option('--device'));
}
