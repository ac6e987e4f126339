/** A live update as a trip of the round trips: the same guest, contract, plans and judgement, in one machine. Pure. */
import type { LiveUpdate } from '../../worker/index.ts';
import type { LiveUpdated } from '../live-update.ts';
import { assess } from './assess.ts';
import type { Assessed } from './assess.ts';
import { savedName, itinerary, planOf, saveJobs } from './plan.ts';
import type { Itinerary, Trip } from './plan.ts';
import type { RoundTripGroup } from './host.ts';
import { VARIANTS } from './variants.ts';

export interface LiveUpdateTrip {
  readonly itinerary: Itinerary;
  readonly trip: Trip;
  readonly update: LiveUpdate;
}

/** A guest with the default contract of `from`; null where the group has no such pair of kernels. */
export function liveUpdateTrip(group: RoundTripGroup, from: string, to: string): LiveUpdateTrip | null {
  const variants = VARIANTS.filter(({ id }) => id === 'default');
  const made = itinerary(group, { variants, from: [from], to: [to] });
  const [trip] = made.trips;
  if (trip === undefined) return null;
  const { plans, jobs } = saveJobs(made, trip.departing.host);
  const save = jobs.find((job) => job.job === 'save' && job.name === savedName(trip.departing));
  if (save?.job !== 'save') return null;
  const { vcpus, reads, rounds } = save;
  const arriving = planOf(group, trip.departing.told, trip.to);
  const update: LiveUpdate = {
    plans: [...plans, arriving],
    save,
    restore: {
      job: 'restore',
      name: trip.name,
      plan: plans.length,
      vcpus,
      reads,
      rounds,
      onRefusal: 'continue',
    },
  };
  return { itinerary: made, trip, update };
}

/** What was predicted beside what happened. */
export function assessLiveUpdate(
  group: RoundTripGroup,
  { trip }: LiveUpdateTrip,
  { left, arrived }: LiveUpdated,
): Assessed {
  const { snapshot } = left;
  return assess(group, {
    trip,
    saved: { how: 'done', done: left },
    sent: snapshot === null ? null : { trip, snapshot },
    there: { how: 'done', done: arrived },
    back: null,
  });
}
