/**
 * All round trips of several groups of kernels, phase by phase: saved, restored elsewhere, brought back. Groups do not
 * wait for each other; within one a phase begins when the one before it has ended on all kernels, for each kernel
 * receives from all. A kernel that cannot be booted costs its own trips.
 */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { RoundTripRequest } from '../../worker/index.ts';
import { labError } from '../error.ts';
import type { LabError } from '../error.ts';
import type { LabProgress } from '../progress.ts';
import { arrivals, bootName, savedName, restoreJobs, saveJobs } from './plan.ts';
import type { Arrival, Itinerary, Trip } from './plan.ts';
import type { RoundTripGroup, RoundTripHost } from './host.ts';
import type { JobOutcome, Perform } from './perform.ts';
import { Slots } from './slots.ts';

/** A trip with what came of each of its jobs; null where it did not come to it. */
export interface Travelled {
  readonly trip: Trip;
  readonly saved: JobOutcome | null;
  /** What was sent: null where A saved nothing, or saved no word that the variant wants to hold something. */
  readonly sent: Arrival | null;
  readonly there: JobOutcome | null;
  readonly back: JobOutcome | null;
}

export interface Campaign {
  readonly itinerary: Itinerary;
  readonly travelled: readonly Travelled[];
  /** Boots that gave nothing at all. */
  readonly failed: readonly { readonly boot: string; readonly error: LabError }[];
  readonly boots: number;
  readonly remembered: number;
}

export interface CampaignOptions {
  /** Machines at once. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
  /** All boots, before the first of them begins. */
  readonly onBoots?: (boots: readonly string[]) => void;
  readonly onProgress?: (boot: string, progress: LabProgress) => void;
}

const PHASES = ['save', 'there', 'back'] as const;
type Phase = (typeof PHASES)[number];

export async function campaign(
  itineraries: readonly Itinerary[],
  perform: Perform,
  options: CampaignOptions,
): Promise<Result<readonly Campaign[], LabError>> {
  options.onBoots?.(itineraries.flatMap(bootsOf));
  const slots = new Slots(options.parallel);
  const done = await Promise.all(itineraries.map((each) => travel(each, perform, options, slots)));
  if (options.signal?.aborted === true) return err(labError('interrupted', 'interrupted; all machines were ended'));
  return ok(done);
}

function bootsOf({ group, trips }: Itinerary): string[] {
  return PHASES.flatMap((phase) => {
    const those = phase === 'back' ? trips.filter(({ departing }) => departing.variant.oneWay !== true) : trips;
    const hosts = new Set(those.map(({ departing, to }) => (phase === 'there' ? to : departing.host)));
    return [...hosts].map((host) => bootName(group, host, phase));
  });
}

async function travel(
  itinerary: Itinerary,
  perform: Perform,
  options: CampaignOptions,
  slots: Slots,
): Promise<Campaign> {
  const { group, trips } = itinerary;
  const failed: { boot: string; error: LabError }[] = [];
  const count = { boots: 0, remembered: 0 };
  const phase = async (
    name: Phase,
    hosts: ReadonlySet<RoundTripHost>,
    requestFor: (host: RoundTripHost) => RoundTripRequest,
  ): Promise<ReadonlyMap<string, JobOutcome>> => {
    const results = new Map<string, JobOutcome>();
    await Promise.all(
      Array.from(hosts, (host) =>
        slots.run(async () => {
          const boot = bootName(group, host, name);
          const request = requestFor(host);
          if (options.signal?.aborted === true) return;
          const performed = await performOne(group, host, boot, request, perform, options);
          if (!performed.ok) {
            failed.push({ boot, error: performed.error });
            return;
          }
          if (performed.value.remembered < request.jobs.length) count.boots++;
          count.remembered += performed.value.remembered;
          for (const [job, outcome] of performed.value.jobs) results.set(job, outcome);
        }),
      ),
    );
    return results;
  };
  const sources = new Set(trips.map(({ departing }) => departing.host));
  const saved = await phase('save', sources, (host) => saveJobs(itinerary, host));
  const snapshots = new Map(
    [...saved].flatMap(([name, outcome]) => (outcome.how === 'done' ? [[name, outcome.done] as const] : [])),
  );
  const sent = arrivals(itinerary, snapshots);
  const destinations = new Set(sent.map(({ trip }) => trip.to));
  const there = await phase('there', destinations, (host) => restoreJobs(itinerary, host, 'there', sent));
  const returning = sent.flatMap(({ trip }): Arrival[] => {
    const outcome = there.get(trip.name);
    const snapshot = outcome?.how === 'done' ? outcome.done.snapshot : null;
    return snapshot === null || trip.departing.variant.oneWay === true ? [] : [{ trip, snapshot }];
  });
  const homes = new Set(returning.map(({ trip }) => trip.departing.host));
  const back = await phase('back', homes, (host) => restoreJobs(itinerary, host, 'back', returning));
  const travelled = trips.map((trip): Travelled => ({
    trip,
    saved: saved.get(savedName(trip.departing)) ?? null,
    sent: sent.find((arrival) => arrival.trip === trip) ?? null,
    there: there.get(trip.name) ?? null,
    back: back.get(trip.name) ?? null,
  }));
  return { itinerary, travelled, failed, ...count };
}

async function performOne(
  group: RoundTripGroup,
  host: RoundTripHost,
  boot: string,
  request: RoundTripRequest,
  perform: Perform,
  { onProgress }: CampaignOptions,
): ReturnType<Perform> {
  const started = performance.now();
  const performed = await perform(group, host, request, {
    onBoot: (attempt) => onProgress?.(boot, { phase: 'booting', attempt }),
    onJob: (job, done, of) => onProgress?.(boot, { phase: 'working', job, done, of }),
  });
  onProgress?.(
    boot,
    performed.ok
      ? { phase: 'done', milliseconds: performance.now() - started }
      : { phase: 'failed', message: performed.error.message },
  );
  return performed;
}
