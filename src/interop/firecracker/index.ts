/** Firecracker's files: CPU fingerprints, as its cpu-template-helper dumps them, read as surfaces. */
export { isFingerprint, readFingerprint } from './fingerprint.ts';
export type { Fault } from './walk.ts';
