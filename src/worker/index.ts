/**
 * Steps run where a hang costs nothing but themselves: in a process of its own under deadlines, or as the only program of
 * a lab kernel. `probeHost` measures this host; the lab uses the same supervisor for the machines that it boots.
 */
export { assemble } from './assemble.ts';
export type { Collected } from './assemble.ts';
export { arriving, leaving } from './live-update.ts';
export type { LiveUpdate } from './live-update.ts';
export { executePlans, supervisePlans } from './execute-plans.ts';
export type { PlanExecution } from './execute-plans.ts';
export { launchLocal } from './launch.ts';
export { probeHost } from './probe-host.ts';
export type { ProbeOptions } from './probe-host.ts';
export { Decoder } from './protocol.ts';
export type { Message } from './protocol.ts';
export type {
  Deed,
  JobDone,
  JobMilliseconds,
  MachineState,
  RestoreJob,
  RoundTripJob,
  RoundTripRequest,
  SaveJob,
  Testimony,
} from './round-trip.ts';
export { PROBE, REQUEST, readRequest, stepsOf } from './request.ts';
export type { Request } from './request.ts';
export { START_SECONDS, supervise } from './supervise.ts';
export type { Launch, ProbeFailure, SuperviseOptions, SuperviseResult, Worker, WorkerEvents } from './supervise.ts';
