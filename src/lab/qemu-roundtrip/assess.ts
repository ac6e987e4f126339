/** A move with what came of it becomes predicted × observed. Pure. */
import { extract, fieldMask, fromHex } from '../../model/index.ts';
import { isPromised } from '../../engine/addition-units.ts';
import type { Contract, Level, Registry, RoundTripFault, RoundTripOutcome, WordPath } from '../../model/index.ts';
import type { WitnessReport } from '../../guest/witness.ts';
import type { QemuStream } from '../../interop/qemu/stream/index.ts';
import { testimonyOf } from '../../worker/testimony.ts';
import type { QemuGuest, QemuJobDone } from '../../worker/qemu-job.ts';
import { faultOf } from '../roundtrip/agreement.ts';
import { noticedByGuest } from '../roundtrip/observation.ts';
import type { Observed } from '../roundtrip/observation.ts';
import { promisesWell } from '../roundtrip/predict.ts';
import type { RoundTripGroup } from '../roundtrip/host.ts';
import type { QemuCampaign, QemuMoved } from './campaign.ts';
import type { QemuOutcome } from './perform.ts';
import { witnessIn } from './guest.ts';
import { placeName } from './plan.ts';
import type { QemuDeparture, QemuMode, QemuMove } from './plan.ts';
import { contractAsRead, predictMove, shownByDefault } from './predict.ts';
import type { KnownBefore, QemuPrediction, Shown } from './predict.ts';
import { readSaved, refusedSections } from './stream.ts';
import { profileOf } from './versions.ts';

export interface QemuObservation {
  readonly outcome: RoundTripOutcome;
  /** Words that the guest found otherwise. */
  readonly observed: readonly Observed[];
  /** What QEMU said of an error, in its own words; empty where it said nothing. */
  readonly said: readonly string[];
  /** How it ended, or how the guest went on. */
  readonly text: string;
}

export interface AssessedMove {
  readonly move: QemuMove;
  readonly prediction: QemuPrediction;
  readonly observation: QemuObservation;
  readonly fault: RoundTripFault | null;
  /** Words that are bad in one of the two and not in the other. */
  readonly words: readonly {
    readonly word: WordPath;
    readonly predicted: Level;
    readonly observed: boolean;
    readonly text: string;
  }[];
  readonly milliseconds: number | null;
}

export interface NotMoved {
  readonly name: string;
  readonly departure: QemuDeparture;
  readonly why: string;
  /** QEMU's own words. */
  readonly said: readonly string[];
}

/** An element of a contract that the guest read otherwise on the host where it began. */
export interface Unlike {
  readonly departure: QemuDeparture;
  readonly element: string;
  readonly promised: bigint;
  readonly reads: bigint;
}

export interface AssessedCampaign {
  readonly moves: readonly AssessedMove[];
  /** Guests that could not be started or saved: each once. */
  readonly notSaved: readonly NotMoved[];
  readonly unlike: readonly Unlike[];
}

export async function assessCampaign({ itinerary: { group }, guest, moved }: QemuCampaign): Promise<AssessedCampaign> {
  const reports = new Reports(group, guest);
  const streams = await savedStreams(moved);
  const fresh = new Map(
    moved.flatMap(({ move: { departure }, saved }) => {
      const report = reports.of(saved);
      return report === null ? [] : [[departure.name, readsOf(report)] as const];
    }),
  );
  const defaults = new Map<string, Shown | null>();
  const moves: AssessedMove[] = [];
  const notSaved = new Map<string, NotMoved>();
  const unlike = new Map<string, readonly Unlike[]>();
  for (const each of moved) {
    const { departure, to } = each.move;
    const left = reports.of(each.saved);
    if (left === null || (doneOf(each.saved)?.stream ?? null) === null) {
      notSaved.set(departure.name, { name: departure.name, departure, ...whyNot(each.saved) });
      continue;
    }
    const read = readsOf(left);
    const contract =
      departure.contract ?? contractAsRead(group, departure.from.host, profileOf(departure.from.version), read);
    if (contract === null) continue;
    if (departure.contract !== null && !unlike.has(departure.name)) {
      unlike.set(departure.name, unlikeContract(group.registry, departure, contract, read));
    }
    const place = placeName(to);
    if (!defaults.has(place)) defaults.set(place, shownByDefault(group, to));
    const shown: Readonly<Record<QemuMode, Shown | null>> = {
      host: defaults.get(place) ?? null,
      named: fresh.get(`named ${place}`) ?? null,
      exported: null,
    };
    const stream = streams.get(departure.saved);
    const said = stream === undefined ? [] : refusedSections(stream, to);
    const before = { shown: shown[departure.mode], whole: departure.mode === 'named', values: read, stream: said };
    moves.push(assessMove(group, each, contract, before, left, reports));
  }
  return { moves, notSaved: [...notSaved.values()], unlike: [...unlike.values()].flat() };
}

/** By save job. */
async function savedStreams(moved: readonly QemuMoved[]): Promise<ReadonlyMap<string, QemuStream>> {
  const streams = new Map<string, QemuStream>();
  for (const { move, saved } of moved) {
    const packed = doneOf(saved)?.stream ?? null;
    if (packed === null || streams.has(move.departure.saved)) continue;
    const stream = await readSaved(packed);
    if (stream !== null) streams.set(move.departure.saved, stream);
  }
  return streams;
}

/** Reports out of the memory that jobs brought back, each read once. */
class Reports {
  readonly #group: RoundTripGroup;
  readonly #guest: QemuGuest;
  readonly #known = new Map<QemuJobDone, WitnessReport | null>();

  constructor(group: RoundTripGroup, guest: QemuGuest) {
    this.#group = group;
    this.#guest = guest;
  }

  of(outcome: QemuOutcome | null): WitnessReport | null {
    const done = doneOf(outcome);
    if (done === null || done.memory === null) return null;
    const known = this.#known.get(done);
    if (known !== undefined) return known;
    const report = witnessIn(this.#group.architecture, this.#guest, done.memory);
    this.#known.set(done, report);
    return report;
  }
}

function assessMove(
  group: RoundTripGroup,
  { move, restored }: QemuMoved,
  contract: Contract,
  before: KnownBefore,
  left: WitnessReport,
  reports: Reports,
): AssessedMove {
  const prediction = predictMove(group, move, contract, before);
  const observation = observationOf(group, restored, left, reports.of(restored));
  const done = doneOf(restored);
  return {
    move,
    prediction,
    observation,
    fault: faultOf(prediction.level, observation.outcome),
    words: wordsOtherwise(prediction, observation),
    milliseconds: done === null ? null : Object.values(done.milliseconds).reduce((sum, each) => sum + each, 0),
  };
}

function doneOf(outcome: QemuOutcome | null): QemuJobDone | null {
  return outcome?.how === 'done' ? outcome.done : null;
}

function whyNot(outcome: QemuOutcome | null): Pick<NotMoved, 'why' | 'said'> {
  if (outcome === null) return { why: 'the kernel was not booted', said: [] };
  if (outcome.how === 'lost') return { why: outcome.why, said: [] };
  const { failure, ended, said } = outcome.done;
  const how = [failure === null ? '' : `${failure.stage}: ${failure.text}`, ended ?? ''].filter((text) => text !== '');
  return { why: how.join('; '), said: withoutNoise(said) };
}

/** What every start says: that a machine type is old, and what of a named model the host does not have. */
const NOISE = /warning: (?:Machine type '[^']+' is deprecated|host doesn't support requested feature)/;

export function withoutNoise(said: readonly string[]): readonly string[] {
  return said.filter((line) => !NOISE.test(line)).map((line) => line.replace(/^qemu-system-\w+: /, ''));
}

/** What a guest read in its first round, where that is one number. */
function readsOf({ vcpus }: WitnessReport): Map<WordPath, bigint> {
  return new Map(
    (vcpus[0]?.first ?? []).flatMap(({ path, value }) => {
      const [only, ...others] = value.kind === 'values' ? value.values : [];
      return only === undefined || others.length > 0 ? [] : [[path, fromHex(only)] as const];
    }),
  );
}

function observationOf(
  { registry, hosts }: RoundTripGroup,
  restored: QemuOutcome | null,
  left: WitnessReport,
  now: WitnessReport | null,
): QemuObservation {
  if (restored === null) return { outcome: 'lost', observed: [], said: [], text: 'the kernel was not booted' };
  if (restored.how === 'lost') return { outcome: 'lost', observed: [], said: [], text: restored.why };
  const { failure, ended } = restored.done;
  const said = withoutNoise(restored.done.said);
  const ending = [failure?.text ?? '', ended ?? ''].filter((text) => text !== '').join('; ');
  if (failure?.stage === 'start' || failure?.stage === 'receive') {
    return { outcome: 'refused', observed: [], said, text: ending };
  }
  if (now === null) return { outcome: 'hung', observed: [], said, text: ending };
  const guest = testimonyOf(left, now, failure === null ? { how: 'rounds' } : { how: 'exit', what: failure.text });
  const already = new Map(testimonyOf(null, left, { how: 'rounds' }).changes.map(({ word, now: was }) => [word, was]));
  const noticed = guest.changes.filter((change) => already.get(change.word) !== change.now);
  const lacks = (word: WordPath): boolean => hosts.some(({ surface }) => !surface.words.has(word));
  const observed = noticedByGuest(registry, noticed, lacks);
  // It did its rounds and found something wrong of its own: memory, vectors, a clock that went back.
  const outcome = failure !== null ? 'hung' : observed.length > 0 || !guest.runsOn ? 'differs' : 'identical';
  return { outcome, observed, said, text: [guest.text, ended ?? ''].filter((text) => text !== '').join('; ') };
}

function wordsOtherwise(
  { level, reasons }: QemuPrediction,
  { outcome, observed }: QemuObservation,
): AssessedMove['words'] {
  // A restore that was refused shows no word.
  if (outcome === 'lost' || outcome === 'refused' || level === 'refused') return [];
  const bad = new Map(reasons.flatMap((reason) => (reason.word === undefined ? [] : [[reason.word, reason] as const])));
  const found = new Map(observed.map((each) => [each.word, each]));
  const missed = [...bad].filter(([word, reason]) => !found.has(word) && !promisesWell(reason.level));
  const unforeseen = [...found].filter(([word]) => !bad.has(word));
  return [
    ...missed.map(([word, { level: predicted, text }]) => ({ word, predicted, observed: false, text })),
    ...unforeseen.map(([word, { text }]) => ({ word, predicted: 'same' as const, observed: true, text })),
  ];
}

/** Words that code in a guest reads as they are promised; of hypercalls it reads the answer, and of SVE the length. */
const READ_AS_IT_IS = /^(?:cpuid|msr|reg)\/(?!KVM_REG_ARM_)/;

function unlikeContract(registry: Registry, departure: QemuDeparture, { promises }: Contract, read: Shown): Unlike[] {
  return promises.flatMap(({ word, width, value, mask }) => {
    const reads = read.get(word);
    if (reads === undefined || !READ_AS_IT_IS.test(word)) return [];
    return registry
      .elements(word, width)
      .filter((element) => isPromised(element) && (fieldMask(element) & ~mask) === 0n)
      .filter((element) => extract(element, value) !== extract(element, reads))
      .map((element) => ({
        departure,
        element: element.path,
        promised: extract(element, value),
        reads: extract(element, reads),
      }));
  });
}
