/**
 * The lab: real kernels are fetched, booted under emulation and probed by the same program that probes hosts. Every
 * function takes a `LabContext` (cache, notices, signal) and returns failures as values.
 */
export { buildGuestBundle } from './bundle.ts';
export { KERNELS } from './catalogue.ts';
export { cacheDirectory, labContext } from './context.ts';
export type { LabContext, Notice } from './context.ts';
export { doctor } from './doctor.ts';
export type { Diagnosis, Finding } from './doctor.ts';
export type { LabError, LabErrorCode } from './error.ts';
export { fetchKernels, listKernels } from './fetch.ts';
export type { ListedKernel } from './fetch.ts';
export { buildImage } from './image.ts';
export type { Kernel } from './kernel.ts';
export { labLiveUpdate } from './live-update.ts';
export type { LiveUpdateOptions, LiveUpdated } from './live-update.ts';
export { MACHINES } from './machine.ts';
export { ask } from './ask.ts';
export { PATIENCE, labProbe, prepare, probePrepared } from './probe.ts';
export type { FailedAttempt, LabProbeOptions, LabProbed, LabTarget, Prepared } from './probe.ts';
export { Board, describeProgress } from './progress.ts';
export type { JobState, LabProgress } from './progress.ts';
export { record, recordJobs } from './record.ts';
export type { RecordOptions, RecordedJob } from './record.ts';
export { labExecute } from './verify.ts';
export type { LabVerifyOptions } from './verify.ts';
export * from './roundtrip/index.ts';
export { probeQemuVersion, recordQemu } from './record-qemu.ts';
export type { RecordQemuOptions, RecordedQemu } from './record-qemu.ts';
export { QEMU_VERSIONS } from './qemu-version.ts';
export type { QemuVersionName } from './qemu-version.ts';
export * from './qemu-roundtrip/index.ts';
