/**
 * A live host becomes a surface. `probeHost` runs the steps in a worker process under deadlines; the lab runs the same
 * steps inside the kernels that it boots and uses the same supervisor.
 */
import { err, ok } from '../model/index.ts';
import type { Result, Surface } from '../model/index.ts';
import { assemble } from './assemble.ts';
import { launchLocal } from './launch.ts';
import type { Message } from './protocol.ts';
import { ownArchitecture, stepsFor } from './steps/index.ts';
import { supervise } from './supervise.ts';
import type { ProbeFailure } from './supervise.ts';

export { assemble } from './assemble.ts';
export { executePlans, supervisePlans } from './execute-plans.ts';
export type { PlanExecution } from './execute-plans.ts';
export type { Provenance } from './assemble.ts';
export { Decoder } from './protocol.ts';
export type { Message } from './protocol.ts';
export { ownArchitecture, stepsFor } from './steps/index.ts';
export { supervise } from './supervise.ts';
export type {
  Collected,
  Launch,
  ProbeFailure,
  SuperviseOptions,
  SuperviseResult,
  Worker,
  WorkerEvents,
} from './supervise.ts';
export { evenkeelVersion } from './version.ts';

export interface ProbeOptions {
  readonly onProgress?: (message: Message) => void;
  readonly signal?: AbortSignal;
  /** Another device than /dev/kvm. */
  readonly device?: string;
}

/** Node's own start-up and the loading of koffi; generous, because a machine may be busy. */
const START_SECONDS = 30;

/** Probes this host. Needs read and write permission on /dev/kvm and nothing else. */
export async function probeHost(options: ProbeOptions = {}): Promise<Result<Surface, ProbeFailure>> {
  const architecture = ownArchitecture();
  if (architecture === null) {
    return err({ code: 'unavailable', message: `Evenkeel probes x86_64 and arm64 hosts; this is ${process.arch}` });
  }
  const collected = await supervise(launchLocal(options.device === undefined ? {} : { device: options.device }), {
    steps: stepsFor(architecture),
    patience: 1,
    startSeconds: START_SECONDS,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  if (!collected.ok) return collected;
  const provenance = { method: 'probe', command: 'evenkeel host probe', environment: {} } as const;
  return ok(assemble(architecture, collected.value, provenance));
}
