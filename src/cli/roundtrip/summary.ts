/** A proof counted and sorted, for tables on a terminal and in docs/proof.md. Pure. */
import type { ProofDocument, ProofLeg, ProofTrip, ProofWord } from '../../format/index.ts';
import { LEVELS, ROUND_TRIP_FAULTS, ROUND_TRIP_OUTCOMES } from '../../model/index.ts';
import type { Level, RoundTripFault, RoundTripOutcome } from '../../model/index.ts';
import { faultOf } from '../../lab/index.ts';

export interface Leg {
  readonly trip: ProofTrip;
  readonly way: 'there' | 'back';
  readonly leg: ProofLeg;
}

export function legsOf(trips: readonly ProofTrip[]): Leg[] {
  return trips.flatMap((trip) => [
    ...(trip.there === null ? [] : [{ trip, way: 'there', leg: trip.there } as const]),
    ...(trip.back === null ? [] : [{ trip, way: 'back', leg: trip.back } as const]),
  ]);
}

/** Rows are levels, columns outcomes; only those that occur. */
export interface Confusion {
  readonly outcomes: readonly RoundTripOutcome[];
  readonly rows: readonly { readonly predicted: Level; readonly counts: readonly number[] }[];
}

export function confusionOf(legs: readonly Leg[]): Confusion {
  const outcomes = ROUND_TRIP_OUTCOMES.filter((outcome) => legs.some(({ leg }) => leg.outcome === outcome));
  const rows = LEVELS.filter((level) => legs.some(({ leg }) => leg.predicted === level)).map((predicted) => ({
    predicted,
    counts: outcomes.map(
      (outcome) => legs.filter(({ leg }) => leg.predicted === predicted && leg.outcome === outcome).length,
    ),
  }));
  return { outcomes, rows };
}

export interface Tally {
  readonly legs: number;
  readonly agree: number;
  readonly faults: Readonly<Record<RoundTripFault, number>>;
  /** Nothing is known of them: the lab's machine was lost. */
  readonly lost: number;
  /** Of a VMM that insists on every call: was to stop and did, and so on. */
  readonly insisting: { readonly agree: number; readonly stopsUnpredicted: number; readonly doesNotStop: number };
}

export function tallyOf(legs: readonly Leg[]): Tally {
  const faults: Record<RoundTripFault, number> = { unsafe: 0, overcautious: 0, undecided: 0, otherwise: 0 };
  for (const { leg } of legs) {
    const fault = faultOf(leg.predicted, leg.outcome);
    if (fault !== null) faults[fault]++;
  }
  const lost = legs.filter(({ leg }) => leg.outcome === 'lost').length;
  const known = legs.filter(({ leg }) => leg.outcome !== 'lost');
  const stops = ({ leg }: Leg): boolean => leg.insisting.stops !== null;
  return {
    legs: legs.length,
    agree: legs.length - lost - ROUND_TRIP_FAULTS.reduce((sum, fault) => sum + faults[fault], 0),
    faults,
    lost,
    insisting: {
      agree: known.filter((each) => each.leg.insisting.predicted === stops(each)).length,
      stopsUnpredicted: known.filter((each) => !each.leg.insisting.predicted && stops(each)).length,
      doesNotStop: known.filter((each) => each.leg.insisting.predicted && !stops(each)).length,
    },
  };
}

/** Disagreements about one word that are alike, with the restores that have them. */
export interface Alike {
  readonly word: ProofWord;
  readonly architecture: string;
  readonly legs: readonly Leg[];
}

export function disagreementsOf(legs: readonly Leg[]): Alike[] {
  const all = legs.flatMap((each) => each.leg.disagreements.map((word) => ({ each, word })));
  const groups = Map.groupBy(
    all,
    ({ each, word }) => `${each.trip.architecture} ${word.word} ${word.predicted} ${word.observed}`,
  );
  return [...groups.values()]
    .flatMap((same): Alike[] => {
      const [first] = same;
      if (first === undefined) return [];
      const { word, each } = first;
      return [{ word, architecture: each.trip.architecture, legs: same.map((one) => one.each) }];
    })
    .toSorted((a, b) => ROUND_TRIP_FAULTS.indexOf(a.word.fault) - ROUND_TRIP_FAULTS.indexOf(b.word.fault));
}

/** The one command that does a trip again. */
export function commandOf({ architecture, cpu, variant, from, to }: ProofTrip): string {
  return `evenkeel lab roundtrip --from ${from} --to ${to} --arch ${architecture} --cpu ${cpu} --variant ${variant}`;
}

/** True where everything was as predicted, of the whole and of each word. */
export function agrees({ trips }: ProofDocument): boolean {
  return legsOf(trips).every(
    ({ leg }) =>
      leg.outcome !== 'lost' && faultOf(leg.predicted, leg.outcome) === null && leg.disagreements.length === 0,
  );
}
