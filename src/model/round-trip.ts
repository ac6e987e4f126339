/** What can come of a restore on a real kernel, and how that can disagree with what was predicted. */

export const ROUND_TRIP_OUTCOMES = ['identical', 'refused', 'differs', 'hung', 'lost'] as const;

/**
 * `refused`: calls failed, and nothing that was set differs. `differs`: something reads otherwise than promised or saved,
 * in KVM or in the guest. `hung`: all was taken and the guest does not go on. `lost`: the lab's machine died or did not
 * answer, so that nothing is known.
 */
export type RoundTripOutcome = (typeof ROUND_TRIP_OUTCOMES)[number];

export const ROUND_TRIP_FAULTS = ['unsafe', 'overcautious', 'undecided', 'otherwise'] as const;

/**
 * `unsafe`: predicted well, and it did not hold. `overcautious`: predicted badly, and it held. `undecided`: predicted
 * `unknown`, and the lab could tell. `otherwise`: bad both ways, and not as predicted: refused for lost or the reverse.
 */
export type RoundTripFault = (typeof ROUND_TRIP_FAULTS)[number];
