/** A campaign as a document: `evenkeel.proof/1`. Pure. */
import { PROOF_FORMAT } from '../../format/index.ts';
import type { ProofDocument, ProofLeg, ProofTrip } from '../../format/index.ts';
import { assess } from './assess.ts';
import type { AssessedLeg } from './assess.ts';
import type { Campaign } from './campaign.ts';
import type { RoundTripGroup } from './host.ts';
import type { Impossible } from './plan.ts';
import type { Variant } from './variants.ts';

/** Words that a leg names; all are counted. */
const NAMED = 6;

export function proofOf(
  campaigns: readonly Campaign[],
  variants: readonly Variant[],
  recorded: Omit<ProofDocument['recorded'], 'boots' | 'remembered'>,
): ProofDocument {
  const sum = (of: (each: Campaign) => number): number => campaigns.reduce((total, each) => total + of(each), 0);
  return {
    format: PROOF_FORMAT,
    recorded: { ...recorded, boots: sum(({ boots }) => boots), remembered: sum(({ remembered }) => remembered) },
    hosts: campaigns.flatMap(({ itinerary: { group } }) =>
      group.hosts.map(({ kernel, release, surface }) => ({
        architecture: group.architecture,
        cpu: group.cpu,
        kernel,
        release,
        fingerprint: surface.fingerprint,
      })),
    ),
    variants: variants.map(({ id, about }) => ({ id, about })),
    trips: campaigns.flatMap(tripsOf),
  };
}

function tripsOf({ itinerary, travelled }: Campaign): ProofTrip[] {
  const { group, impossible } = itinerary;
  const assessed = travelled.map((each): ProofTrip => {
    const found = assess(group, each);
    const [there, back] = found.legs;
    const { departing, to } = each.trip;
    return {
      ...about(group),
      variant: departing.variant.id,
      from: departing.host.kernel,
      to: to.kernel,
      there: there === undefined ? null : legOf(there),
      back: back === undefined ? null : legOf(back),
      ...('why' in found ? { why: found.why } : {}),
    };
  });
  return [...assessed, ...impossible.map((each) => impossibleTrip(group, each))];
}

function about({ architecture, cpu }: RoundTripGroup): Pick<ProofTrip, 'architecture' | 'cpu'> {
  return { architecture, cpu };
}

function impossibleTrip(group: RoundTripGroup, { host, variant, why }: Impossible): ProofTrip {
  const { kernel } = host;
  return { ...about(group), variant: variant.id, from: kernel, to: kernel, there: null, back: null, why };
}

function legOf({ prediction, observation, words, insisting, milliseconds }: AssessedLeg): ProofLeg {
  const seen = new Set(observation.observed.map(({ word }) => word));
  const total =
    milliseconds === null ? null : milliseconds.plan + milliseconds.restore + milliseconds.run + milliseconds.save;
  return {
    predicted: prediction.level,
    outcome: observation.outcome,
    words: [...seen].slice(0, NAMED),
    wordCount: seen.size,
    harmless: observation.harmless.length,
    insisting,
    disagreements: words,
    guest: observation.guest,
    milliseconds: total === null ? null : Math.round(total),
  };
}
