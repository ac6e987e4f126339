/** A trip with what came of it becomes predicted × observed, of the way there and of the way back. Pure. */
import { isPromised } from '../../engine/addition-units.ts';
import { fieldMask, fromHex, isHex } from '../../model/index.ts';
import type { Level, Registry, RoundTripFault, WordPath } from '../../model/index.ts';
import type { JobDone, MachineState } from '../../worker/index.ts';
import { faultOf, wordDisagreements } from './agreement.ts';
import type { WordDisagreement } from './agreement.ts';
import type { Travelled } from './campaign.ts';
import type { RoundTripGroup, RoundTripHost } from './host.ts';
import { lost, observe } from './observation.ts';
import type { Noticed, Observation } from './observation.ts';
import type { JobOutcome } from './perform.ts';
import { planOf, wordsSeen } from './plan.ts';
import { heldIn, predict, shownLevel } from './predict.ts';
import type { Prediction } from './predict.ts';

/** One restore. */
export interface AssessedLeg {
  readonly way: 'there' | 'back';
  readonly on: RoundTripHost;
  readonly prediction: Prediction;
  /** Of what the restore could show. */
  readonly predicted: Level;
  /** Elements for which something bad is predicted that no restore in the lab shows. */
  readonly beyond: number;
  readonly observation: Observation;
  readonly fault: RoundTripFault | null;
  readonly words: readonly WordDisagreement[];
  /** A VMM that insists on every call: whether it was to stop, and whether it would have. */
  readonly insisting: { readonly predicted: boolean; readonly stops: string | null };
  readonly milliseconds: JobDone['milliseconds'] | null;
}

export type Assessed =
  | { readonly travelled: Travelled; readonly legs: readonly AssessedLeg[] }
  /** The guest could not be had on A at all. */
  | { readonly travelled: Travelled; readonly legs: readonly []; readonly why: string };

export function assess(group: RoundTripGroup, travelled: Travelled): Assessed {
  const { trip, sent, there, back } = travelled;
  if (sent === null || there === null) return { travelled, legs: [], why: whyNotSent(travelled) };
  const { departing, to } = trip;
  const outward = leg(group, travelled, 'there', to, sent.snapshot, there);
  const returning = there.how === 'done' ? there.done.snapshot : null;
  if (returning === null || back === null) return { travelled, legs: [outward] };
  return { travelled, legs: [outward, leg(group, travelled, 'back', departing.host, returning, back)] };
}

function whyNotSent({ saved, sent }: Travelled): string {
  if (saved === null) return 'the kernel that saves was not booted';
  if (saved.how === 'lost') return saved.why;
  if (saved.done.snapshot === null) return saved.done.failure ?? 'nothing was saved';
  return sent === null ? 'the kernel does not save the state that the guest was to have in use' : 'not booted';
}

function leg(
  group: RoundTripGroup,
  travelled: Travelled,
  way: AssessedLeg['way'],
  on: RoundTripHost,
  snapshot: MachineState,
  outcome: JobOutcome,
): AssessedLeg {
  const { registry } = group;
  const { trip } = travelled;
  const { told, host, variant } = trip.departing;
  // A contract of a pool does not say what the host that is left adds; the way back is always from another host.
  const left = way === 'back' ? trip.to : variant.contract === 'pool' ? host : null;
  const from = left === null || left === on ? undefined : left.surface;
  const { state } = snapshot;
  const prediction = predict({
    registry,
    contract: told,
    destination: on,
    state,
    savedFrom: (way === 'back' ? trip.to : host).taken,
    ...(from === undefined ? {} : { from }),
  });
  const made = planOf(group, told, on);
  const observation =
    outcome.how === 'lost'
      ? lost(outcome.why)
      : observationOf(
          group,
          [on, host, trip.to],
          made,
          snapshot,
          outcome.done,
          newlyNoticed(registry, travelled, way, outcome.done),
        );
  const seen =
    outcome.how === 'lost'
      ? new Set<string>()
      : wordsSeen(made, outcome.done, Object.keys(heldIn(state, registry, told, from)));
  const observedWords = observation.observed.map(({ word }) => word);
  const { level, beyond } = shownLevel(prediction, new Set([...seen, ...observedWords]));
  return {
    way,
    on,
    prediction,
    predicted: level,
    beyond,
    observation,
    fault: faultOf(level, observation.outcome),
    words: wordDisagreements(prediction, observation, seen),
    insisting: { predicted: prediction.insisting !== null, stops: observation.stops },
    milliseconds: outcome.how === 'lost' ? null : outcome.done.milliseconds,
  };
}

/**
 * The guest tells what is otherwise than in its first round. What was so already when it left, by its own doing, is no news;
 * nor is state at home that was lost on the way there.
 */
function newlyNoticed(
  registry: Registry,
  { saved, there }: Travelled,
  way: AssessedLeg['way'],
  { guest }: JobDone,
): readonly Noticed[] {
  const leaving = nowOf(saved);
  const away = way === 'back' ? nowOf(there) : new Map<WordPath, string>();
  return (guest?.changes ?? []).filter(
    ({ word, before, now }) => leaving.get(word) !== now && !(away.has(word) && isState(registry, word, before, now)),
  );
}

function nowOf(outcome: JobOutcome | null): ReadonlyMap<WordPath, string> {
  const changes = outcome?.how === 'done' ? (outcome.done.guest?.changes ?? []) : [];
  return new Map(changes.map(({ word, now }) => [word, now]));
}

function isState(registry: Registry, word: WordPath, before: string, now: string): boolean {
  if (!isHex(before) || !isHex(now)) return false;
  const bits = fromHex(before) ^ fromHex(now);
  const elements = registry.elements(word, 64).filter((element) => (bits & fieldMask(element)) !== 0n);
  return elements.length > 0 && elements.every((element) => !isPromised(element));
}

function observationOf(
  { registry }: RoundTripGroup,
  hosts: readonly RoundTripHost[],
  plan: ReturnType<typeof planOf>,
  { state }: MachineState,
  { execution, report, guest, failure }: JobDone,
  noticed: readonly Noticed[],
): Observation {
  return observe(registry, {
    plan,
    execution,
    state,
    lacks: (word) => hosts.some(({ surface }) => !surface.words.has(word)),
    report,
    guest: {
      runsOn: guest?.runsOn ?? false,
      text: guest?.text ?? failure ?? 'it was not run',
      noticed,
    },
  });
}
