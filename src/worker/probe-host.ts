/** A live host becomes a surface: the probe's steps, run in a worker process under deadlines. */
import { err, ok } from '../model/index.ts';
import type { Result, Surface } from '../model/index.ts';
import { ownArchitecture, stepsFor } from '../probe/index.ts';
import { assemble } from './assemble.ts';
import { launchLocal } from './launch.ts';
import type { Message } from './protocol.ts';
import { START_SECONDS, supervise } from './supervise.ts';
import type { ProbeFailure } from './supervise.ts';

export interface ProbeOptions {
  readonly onProgress?: (message: Message) => void;
  readonly signal?: AbortSignal;
  /** Another device than /dev/kvm. */
  readonly device?: string;
}

/** Probes this host. Needs read and write permission on /dev/kvm and nothing else. */
export async function probeHost(options: ProbeOptions = {}): Promise<Result<Surface, ProbeFailure>> {
  const architecture = ownArchitecture();
  if (architecture === null) {
    return err({ code: 'unavailable', message: `Evenkeel probes x86_64 and arm64 hosts; this is ${process.arch}` });
  }
  const collected = await supervise(launchLocal(options.device === undefined ? {} : { device: options.device }), {
    steps: await stepsFor(architecture),
    patience: 1,
    startSeconds: START_SECONDS,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!collected.ok) return collected;
  const provenance = { method: 'probe', command: 'evenkeel host probe', environment: {} } as const;
  return ok(assemble(architecture, collected.value, provenance));
}
