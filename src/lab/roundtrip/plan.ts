/**
 * The jobs of all round trips, phase by phase: every kernel saves its guests, every kernel restores those of all others and
 * saves them again, every kernel takes its own back. One boot of a kernel does all that it has to do in a phase. Pure.
 */
import { plan } from '../../engine/index.ts';
import type { Contract, Plan, WordPath } from '../../model/index.ts';
import type { JobDone, MachineState, RestoreJob, RoundTripRequest, SaveJob } from '../../worker/index.ts';
import { keepPromises } from '../../snapshot/promised.ts';
import { depart } from './contracts.ts';
import type { Departing } from './contracts.ts';
import { groupName } from './host.ts';
import type { RoundTripGroup, RoundTripHost } from './host.ts';
import { readsOf } from './reads.ts';
import { holding } from './holding.ts';
import type { Variant } from './variants.ts';

export const VCPUS = 2;
export const ROUNDS = 3;

/** One guest of one variant on its way from A to B and back. */
export interface Trip {
  readonly name: string;
  readonly departing: Departing;
  readonly to: RoundTripHost;
}

/** A guest that there cannot be, with why. */
export interface Impossible {
  readonly host: RoundTripHost;
  readonly variant: Variant;
  readonly why: string;
}

export interface Itinerary {
  readonly group: RoundTripGroup;
  readonly departing: readonly Departing[];
  readonly trips: readonly Trip[];
  readonly impossible: readonly Impossible[];
}

export interface Selection {
  readonly variants: readonly Variant[];
  /** Kernels; all of the group where left out. */
  readonly from?: readonly string[];
  readonly to?: readonly string[];
}

export function itinerary(group: RoundTripGroup, { variants, from, to }: Selection): Itinerary {
  const departing: Departing[] = [];
  const impossible: Impossible[] = [];
  for (const host of group.hosts.filter(({ kernel }) => from?.includes(kernel) ?? true)) {
    for (const variant of variants) {
      const departure = depart(group, host, variant);
      if (departure.departing === null) impossible.push({ host, variant, why: departure.why });
      else departing.push(departure.departing);
    }
  }
  const trips = departing.flatMap((each) =>
    each.destinations
      .filter(({ kernel }) => to?.includes(kernel) ?? true)
      .map((destination): Trip => ({ name: tripName(each, destination), departing: each, to: destination })),
  );
  const wanted = new Set(trips.map((trip) => trip.departing));
  return { group, departing: departing.filter((each) => wanted.has(each)), trips, impossible };
}

export function tripName({ variant, host }: Departing, to: RoundTripHost): string {
  return `${variant.id} ${host.kernel} ${to.kernel}`;
}

/** Variants that differ only in what is claimed or held afterwards are saved once: this is that guest's name. */
export function savedName({ variant, host }: Departing): string {
  const { contract, selects = {}, does = [] } = variant;
  const own = [...Object.keys(selects), ...does.map((deed) => (deed.do === 'write' ? deed.word : deed.component))];
  return [contract, ...own, host.kernel].join(' ');
}

/** Jobs with the plans that they name, each plan once. */
export class RequestBuilder {
  readonly #plans: Plan[] = [];
  readonly #texts = new Map<string, number>();
  readonly #jobs: (SaveJob | RestoreJob)[] = [];

  plan(made: Plan): number {
    const text = JSON.stringify(made);
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, this.#plans.length);
    return this.#plans.push(made) - 1;
  }

  add(job: SaveJob | RestoreJob): void {
    this.#jobs.push(job);
  }

  request(): RoundTripRequest {
    return { kind: 'round-trip', plans: this.#plans, jobs: this.#jobs };
  }
}

/** The first phase, on `host`. */
export function saveJobs({ group, departing }: Itinerary, host: RoundTripHost): RoundTripRequest {
  const builder = new RequestBuilder();
  const guests = new Map(departing.filter((each) => each.host === host).map((each) => [savedName(each), each]));
  for (const [name, { variant, given }] of guests) {
    builder.add({
      job: 'save',
      name,
      plan: builder.plan(planOf(group, given, host)),
      vcpus: VCPUS,
      reads: readsOf(given, variant),
      deeds: variant.does ?? [],
      rounds: ROUNDS,
    });
  }
  return builder.request();
}

export type Arrival = { readonly trip: Trip; readonly snapshot: MachineState };

/** What each trip takes along: the state that A saved, made to hold what the variant says. */
export function arrivals({ trips }: Itinerary, saved: ReadonlyMap<string, JobDone>): readonly Arrival[] {
  return trips.flatMap((trip): Arrival[] => {
    const { variant } = trip.departing;
    const snapshot = saved.get(savedName(trip.departing))?.snapshot ?? null;
    if (snapshot === null) return [];
    const state = holding(snapshot.state, variant.holds ?? [], variant.aliases);
    return state === null ? [] : [{ trip, snapshot: { ...snapshot, state } }];
  });
}

/** The second phase (`there`: the trips that end on `host`), and the third (`back`: those that began there). */
export function restoreJobs(
  { group }: Itinerary,
  host: RoundTripHost,
  way: 'there' | 'back',
  travelling: readonly Arrival[],
): RoundTripRequest {
  const builder = new RequestBuilder();
  for (const { trip, snapshot } of travelling) {
    if ((way === 'there' ? trip.to : trip.departing.host) !== host) continue;
    builder.add({
      job: 'restore',
      name: trip.name,
      plan: builder.plan(planOf(group, trip.departing.told, host)),
      vcpus: VCPUS,
      onRefusal: 'continue',
      snapshot: { ...snapshot, state: keepPromises(group.registry, trip.departing.told, snapshot.state) },
      reads: readsOf(trip.departing.given, trip.departing.variant),
      rounds: ROUNDS,
    });
  }
  return builder.request();
}

/** Of the configuration alone: state is restored from what was saved, and not tried with a fresh vCPU's values. */
export function planOf({ registry }: RoundTripGroup, contract: Contract, { surface }: RoundTripHost): Plan {
  const { fresh: _, ...configuration } = contract;
  return plan(registry, configuration, surface);
}

/** `arm64/max debian:6.12 there`: a boot, for progress. */
export function bootName(group: RoundTripGroup, host: RoundTripHost, phase: 'save' | 'there' | 'back'): string {
  return `${groupName(group)} ${host.kernel} ${phase}`;
}

/** Words of which a restore tells whether they are as promised: set by a call, read back, restored or read by the guest. */
export function wordsSeen(made: Plan, done: JobDone, held: readonly WordPath[]): ReadonlySet<WordPath> {
  const read = made.words.flatMap(({ word, step, read: how }, index) =>
    step !== null || (how !== null && (done.execution.reads[index]?.value ?? null) !== null) ? [word] : [],
  );
  return new Set([...read, ...held, ...(done.guest?.read ?? [])]);
}
