/**
 * The worker process: `node worker.ts [--skip STEP,…] [--device PATH] [--plans FD]`, messages on the file descriptor of
 * `--fd`. With `--plans` it reads a list of plans from that descriptor and carries them out; without, it probes. Started
 * by the supervisor, and bundled into the lab's images.
 */
import { readFileSync, writeSync } from 'node:fs';
import { dieWithParent } from '../kvm/index.ts';
import type { Plan } from '../model/index.ts';
import { planSteps } from './plan-step.ts';
import { encode } from './protocol.ts';
import { runSteps } from './run-steps.ts';
import { ownArchitecture, stepsFor } from './steps/index.ts';

/** Writes messages to a file descriptor, whole, in order, before the next ioctl is made. */
export function work(
  fd: number,
  skip: ReadonlySet<string>,
  device: string = '/dev/kvm',
  plans: readonly Plan[] | null = null,
): void {
  const architecture = ownArchitecture();
  if (architecture === null) throw new Error(`Evenkeel probes x86_64 and arm64 hosts; this is ${process.arch}`);
  const all = plans === null ? stepsFor(architecture) : planSteps(plans);
  const steps = all.filter((step) => !skip.has(step.name));
  runSteps(
    steps,
    (message) => {
      const bytes = Buffer.from(encode(message));
      for (let written = 0; written < bytes.length;) written += writeSync(fd, bytes, written);
    },
    device,
  );
}

/** What the supervisor wrote: both are the same version of the same program. */
export function readPlans(text: string): readonly Plan[] {
  return JSON.parse(text) as readonly Plan[];
}

if (import.meta.main) {
  dieWithParent();
  const option = (name: string): string | undefined => {
    const at = process.argv.indexOf(name);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const skip = new Set((option('--skip') ?? '').split(',').filter((name) => name !== ''));
  const from = option('--plans');
  const plans = from === undefined ? null : readPlans(readFileSync(Number(from), 'utf8'));
  work(Number(option('--fd') ?? '1'), skip, option('--device'), plans);
}
