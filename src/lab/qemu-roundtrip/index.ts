/**
 * Round trips with real QEMUs: guests saved by one QEMU on one kernel, loaded by another elsewhere, and what was predicted
 * of that held against what happened. Planning, prediction and judgement are pure; `performQemuJobs` does the jobs.
 */
export { assessCampaign } from './assess.ts';
export type { AssessedCampaign, AssessedMove, QemuObservation } from './assess.ts';
export { qemuCampaign } from './campaign.ts';
export type { QemuCampaign, QemuCampaignOptions, QemuPerform } from './campaign.ts';
export { performQemuJobs } from './perform.ts';
export type { QemuOutcome, QemuPerformed } from './perform.ts';
export { QEMU_MODES, qemuItinerary } from './plan.ts';
export type { QemuItinerary, QemuMode, QemuSelection } from './plan.ts';
export { prepareQemus } from './prepare.ts';
export type { PreparedQemus } from './prepare.ts';
export { qemuProofOf } from './proof.ts';
