/**
 * Firecracker's files: CPU fingerprints and guest CPU configurations, as its cpu-template-helper dumps them, read as
 * surfaces; CPU templates, read, applied and written.
 */
export { applyTemplate } from './apply.ts';
export { isFingerprint, readFingerprint } from './fingerprint.ts';
export { openBits, readGuestConfig } from './guest-config.ts';
export { isTemplate, readTemplate } from './template.ts';
export type { CpuTemplate } from './template.ts';
export type { Fault } from './walk.ts';
