/** All moves of several groups: every kernel saves its guests with each QEMU, then every kernel restores what was sent to it. */
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import type { QemuGuest, QemuRequest } from '../../worker/qemu-job.ts';
import { labError } from '../error.ts';
import type { LabError } from '../error.ts';
import type { LabProgress } from '../progress.ts';
import { groupName } from '../roundtrip/host.ts';
import type { RoundTripGroup, RoundTripHost } from '../roundtrip/host.ts';
import { Slots } from '../roundtrip/slots.ts';
import { packedGuest } from './guest.ts';
import type { QemuOutcome, QemuPerformed, QemuPerformOptions } from './perform.ts';
import { restoreRequest, saveRequest } from './plan.ts';
import type { QemuItinerary, QemuMove } from './plan.ts';

/** A move with what came of it; null where it did not come to it. */
export interface QemuMoved {
  readonly move: QemuMove;
  readonly saved: QemuOutcome | null;
  readonly restored: QemuOutcome | null;
}

export interface QemuCampaign {
  readonly itinerary: QemuItinerary;
  /** Where guests' reports lie. */
  readonly guest: QemuGuest;
  readonly moved: readonly QemuMoved[];
  readonly failed: readonly { readonly boot: string; readonly error: LabError }[];
  readonly boots: number;
  readonly remembered: number;
}

/** What the phases need of the lab; tests hand another. */
export type QemuPerform = (
  group: RoundTripGroup,
  host: RoundTripHost,
  request: QemuRequest,
  events: Pick<QemuPerformOptions, 'onBoot' | 'onJob'>,
) => Promise<Result<QemuPerformed, LabError>>;

export interface QemuCampaignOptions {
  /** Machines at once. */
  readonly parallel: number;
  readonly signal?: AbortSignal;
  readonly onBoots?: (boots: readonly string[]) => void;
  readonly onProgress?: (boot: string, progress: LabProgress) => void;
}

const PHASES = ['save', 'restore'] as const;
type Phase = (typeof PHASES)[number];

export async function qemuCampaign(
  itineraries: readonly QemuItinerary[],
  perform: QemuPerform,
  options: QemuCampaignOptions,
): Promise<Result<readonly QemuCampaign[], LabError>> {
  options.onBoots?.(itineraries.flatMap((each) => PHASES.flatMap((phase) => bootsOf(each, phase))));
  const slots = new Slots(options.parallel);
  const done = await Promise.all(itineraries.map((each) => travel(each, perform, options, slots)));
  if (options.signal?.aborted === true) return err(labError('interrupted', 'interrupted; all machines were ended'));
  return ok(done);
}

function hostsOf({ moves }: QemuItinerary, phase: Phase): ReadonlySet<RoundTripHost> {
  return new Set(moves.map(({ departure, to }) => (phase === 'save' ? departure.from.host : to.host)));
}

function bootsOf(itinerary: QemuItinerary, phase: Phase): string[] {
  return Array.from(hostsOf(itinerary, phase), (host) => bootName(itinerary.group, host, phase));
}

function bootName(group: RoundTripGroup, { kernel }: RoundTripHost, phase: Phase): string {
  return `${groupName(group)} ${kernel} ${phase}`;
}

async function travel(
  itinerary: QemuItinerary,
  perform: QemuPerform,
  { signal, onProgress }: QemuCampaignOptions,
  slots: Slots,
): Promise<QemuCampaign> {
  const { group, moves } = itinerary;
  const packed = packedGuest(group.architecture);
  const failed: { boot: string; error: LabError }[] = [];
  const count = { boots: 0, remembered: 0 };
  const phase = async (
    name: Phase,
    requestFor: (host: RoundTripHost) => QemuRequest,
  ): Promise<ReadonlyMap<string, QemuOutcome>> => {
    const results = new Map<string, QemuOutcome>();
    const one = async (host: RoundTripHost): Promise<void> => {
      const boot = bootName(group, host, name);
      const request = requestFor(host);
      if (signal?.aborted === true || request.jobs.length === 0) return;
      const started = performance.now();
      const performed = await perform(group, host, request, {
        onBoot: (attempt) => onProgress?.(boot, { phase: 'booting', attempt }),
        onJob: (job, done, of) => onProgress?.(boot, { phase: 'working', job, done, of }),
      });
      if (!performed.ok) {
        onProgress?.(boot, { phase: 'failed', message: performed.error.message });
        failed.push({ boot, error: performed.error });
        return;
      }
      onProgress?.(boot, { phase: 'done', milliseconds: performance.now() - started });
      if (performed.value.remembered < request.jobs.length) count.boots++;
      count.remembered += performed.value.remembered;
      for (const [job, outcome] of performed.value.jobs) results.set(job, outcome);
    };
    await Promise.all(Array.from(hostsOf(itinerary, name), (host) => slots.run(() => one(host))));
    return results;
  };
  const saved = await phase('save', (host) => saveRequest(itinerary, host, packed));
  const streams = new Map(
    [...saved].flatMap(([name, outcome]) =>
      outcome.how === 'done' && outcome.done.stream !== null ? [[name, outcome.done.stream] as const] : [],
    ),
  );
  const restored = await phase('restore', (host) => restoreRequest(itinerary, host, packed, streams));
  const moved = moves.map((move): QemuMoved => ({
    move,
    saved: saved.get(move.departure.saved) ?? null,
    restored: restored.get(move.name) ?? null,
  }));
  return { itinerary, guest: packed.guest, moved, failed, ...count };
}
