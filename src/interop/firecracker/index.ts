/** Firecracker's files: CPU fingerprints, as its cpu-template-helper dumps them, read as surfaces, and CPU templates. */
export { isFingerprint, readFingerprint } from './fingerprint.ts';
export { applyTemplate, readTemplate } from './template.ts';
export type { CpuTemplate } from './template.ts';
export type { Fault } from './walk.ts';
