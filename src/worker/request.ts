/**
 * What a worker is asked: one JSON object, in one line, on its standard input or through a lab machine's port. Each kind
 * gives steps, and the steps' sections are the answer. Both ends are the same version of the same program.
 */
import type { Architecture, Plan } from '../model/index.ts';
import { stepsFor } from '../probe/index.ts';
import type { Step } from '../probe/index.ts';
import { arm64GuestStep } from './guest-arm64.ts';
import type { Arm64GuestRequest } from './guest-arm64.ts';
import { x86GuestStep } from './guest-x86.ts';
import type { X86GuestRequest } from './guest-x86.ts';
import { observation } from './observe-step.ts';
import type { ObserveRequest } from './observe-step.ts';
import { planSteps } from './plan-step.ts';
import type { RoundTripRequest } from './round-trip.ts';
import { roundTripSteps } from './snapshot-step.ts';
import { stateStep } from './state-step.ts';
import type { StateRequest } from './state-step.ts';

export type Request =
  /** Measure the host. */
  | { readonly kind: 'probe' }
  /** Carry plans out on throw-away VMs. */
  | { readonly kind: 'plans'; readonly plans: readonly Plan[] }
  /** Run a guest on the machine that a plan makes. */
  | Arm64GuestRequest
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

export function stepsOf(request: Request, architecture: Architecture): readonly Step[] {
  switch (request.kind) {
    case 'probe':
      return stepsFor(architecture);
    case 'observe':
      return observation(request, architecture);
    case 'plans':
      return planSteps(request.plans);
    case 'round-trip':
      return roundTripSteps(request);
    case 'state':
      return [stateStep(request)];
    case 'guest':
      return [request.architecture === 'arm64' ? arm64GuestStep(request) : x86GuestStep(request)];
  }
}

/** The line as it was written by `JSON.stringify`. */
export function readRequest(line: string): Request {
  return JSON.parse(line) as Request;
}
