/**
 * Round trips: guests saved on one real kernel, restored on another and brought back, and what was predicted held against
 * what happened. Planning, prediction and judgement are pure; `labPerform` does the jobs.
 */
export { confusion, faultOf } from './agreement.ts';
export { campaign } from './campaign.ts';
export type { Campaign, CampaignOptions } from './campaign.ts';
export { groupName, roundTripGroup } from './host.ts';
export type { RoundTripGroup, RoundTripHost } from './host.ts';
export { assessLiveUpdate, liveUpdateTrip } from './live-update.ts';
export type { LiveUpdateTrip } from './live-update.ts';
export { labPerform } from './perform.ts';
export type { Perform } from './perform.ts';
export { itinerary } from './plan.ts';
export type { Itinerary } from './plan.ts';
export { promisesWell } from './predict.ts';
export { proofOf } from './proof.ts';
export { VARIANTS, variantsOf } from './variants.ts';
export type { Variant } from './variants.ts';
