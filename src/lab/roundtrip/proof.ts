/** A campaign as a document: `evenkeel.proof/1`. Pure. */
import { PROOF_FORMAT } from '../../format/index.ts';
import type { ProofDocument, ProofLeg, ProofObservation, ProofTrip } from '../../format/index.ts';
import { assess } from './assess.ts';
import type { AssessedLeg } from './assess.ts';
import type { Campaign } from './campaign.ts';
import type { RoundTripGroup } from './host.ts';
import type { Impossible } from './plan.ts';
import type { Variant } from './variants.ts';

export function proofOf(
  campaigns: readonly Campaign[],
  variants: readonly Variant[],
  recorded: Omit<ProofDocument['recorded'], 'boots' | 'remembered'>,
): ProofDocument {
  const observations = new Observations();
  const trips = campaigns.flatMap((each) => tripsOf(each, observations));
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
    observations: observations.all,
    trips,
  };
}

/** Gives equal observations one number. */
class Observations {
  readonly all: ProofObservation[] = [];
  readonly #numbers = new Map<string, number>();

  number({ word, how, by, text }: ProofObservation): number {
    const key = [word, how, by, text].join('\n');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.all.length);
    return this.all.push({ word, how, by, text }) - 1;
  }
}

function tripsOf({ itinerary, travelled }: Campaign, observations: Observations): ProofTrip[] {
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
      there: there === undefined ? null : legOf(there, observations),
      back: back === undefined ? null : legOf(back, observations),
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

function legOf(
  { predicted, beyond, observation, words, insisting, milliseconds }: AssessedLeg,
  observations: Observations,
): ProofLeg {
  const total =
    milliseconds === null ? null : milliseconds.plan + milliseconds.restore + milliseconds.run + milliseconds.save;
  return {
    predicted,
    beyond,
    outcome: observation.outcome,
    observed: observation.observed.map((each) => observations.number(each)),
    harmless: observation.harmless.length,
    insisting,
    disagreements: words,
    guest: observation.guest,
    milliseconds: total === null ? null : Math.round(total),
  };
}
