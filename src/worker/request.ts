/**
 * What a worker is asked: one JSON object, in one line, on its standard input or through a lab machine's port. Each kind
 * gives steps, and the steps' sections are the answer. Both ends are the same version of the same program.
 */
import type { Architecture, Plan } from '../model/index.ts';
import { stepsFor } from '../probe/index.ts';
import type { Step } from '../probe/index.ts';
import type { Arm64GuestRequest } from './guest-arm64.ts';
import type { X86GuestRequest } from './guest-x86.ts';
import type { ObserveRequest } from './observe-step.ts';
import type { QemuRequest } from './qemu-job.ts';
import type { RoundTripRequest } from './round-trip.ts';
import type { StateRequest } from './state-step.ts';

export type Request =
  /** Measure the host. */
  | { readonly kind: 'probe' }
  /** Carry plans out on throw-away VMs. */
  | { readonly kind: 'plans'; readonly plans: readonly Plan[] }
  /** Run a guest on the machine that a plan makes. */
  | Arm64GuestRequest
  /** Have QEMUs run, save and restore guests; in the lab only. */
  | QemuRequest
  /** Save guests, and restore guests that were saved. */
  | RoundTripRequest
  /** Save a machine and restore it onto another on the same kernel. */
  | StateRequest
  /** Let a guest look at its machine. */
  | ObserveRequest
  /** Run a guest on the host's default machine. */
  | X86GuestRequest;

/** The word of a lab machine's command line that announces a request on its port. */
export const REQUEST = 'request';

export const PROBE: Request = { kind: 'probe' };

/** What only one kind of request needs is loaded for that kind. */
export async function stepsOf(request: Request, architecture: Architecture): Promise<readonly Step[]> {
  switch (request.kind) {
    case 'probe':
      return stepsFor(architecture);
    case 'observe':
      return (await import('./observe-step.ts')).observation(request, architecture);
    case 'plans':
      return (await import('./plan-step.ts')).planSteps(request.plans);
    case 'qemu':
      return (await import('./qemu-steps.ts')).qemuSteps(request);
    case 'round-trip':
      return (await import('./snapshot-step.ts')).roundTripSteps(request);
    case 'state':
      return [(await import('./state-step.ts')).stateStep(request)];
    case 'guest':
      return request.architecture === 'arm64'
        ? [(await import('./guest-arm64.ts')).arm64GuestStep(request)]
        : [(await import('./guest-x86.ts')).x86GuestStep(request)];
  }
}

/** The line as it was written by `JSON.stringify`. */
export function readRequest(line: string): Request {
  return JSON.parse(line) as Request;
}
