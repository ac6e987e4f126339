/**
 * What came of a restore, by word: from what the plan's calls gave and read back, from the restore's own comparison, and
 * from what code in the guest noticed. Pure.
 */
import { verify } from '../../engine/index.ts';
import { RESET_UNKNOWN } from '../../arch/arm64/volatile.ts';
import { extract, fieldMask, fromHex, honouredBy, isHex, numeric } from '../../model/index.ts';
import type { Element, Execution, Plan, Registry, RoundTripOutcome, SavedState, WordPath } from '../../model/index.ts';
import type { RefusedRegister, RestoreReport, StateDifference, UnitReport } from '../../snapshot/restore-report.ts';

export interface Observed {
  readonly word: WordPath;
  readonly how: 'refused' | 'differs';
  /** Who noticed. */
  readonly by: 'plan' | 'restore' | 'guest';
  readonly text: string;
}

export interface Observation {
  readonly outcome: RoundTripOutcome;
  readonly observed: readonly Observed[];
  /** Registers that the host does not take and that hold what means "not used": left out, nothing is lost. */
  readonly harmless: readonly Observed[];
  /** What a VMM stops at that insists on every call: the first refusal in the order of the calls; null where there is none. */
  readonly stops: string | null;
  /** How the guest went on. */
  readonly guest: string;
}

/** A word that the guest noticed: what it read in its first round, and last. */
export interface Noticed {
  readonly word: WordPath;
  readonly before: string;
  readonly now: string;
}

/** What differs, with both values where each is one number. */
interface Differing {
  readonly seen: Observed;
  readonly values: { readonly before: bigint; readonly now: bigint } | null;
}

/** A restore that was done, whole or in part. */
export interface Restored {
  readonly plan: Plan;
  readonly execution: Execution;
  /** What was to be restored. */
  readonly state: SavedState;
  /** Words that some host of the trip does not have. */
  readonly lacks?: (word: WordPath) => boolean;
  /** Null where there was no machine to restore onto. */
  readonly report: RestoreReport | null;
  readonly guest: {
    /** True where every vCPU did its rounds, and its timer, interrupts and memory went on. */
    readonly runsOn: boolean;
    readonly text: string;
    readonly noticed: readonly Noticed[];
  };
}

export function observe(registry: Registry, restored: Restored): Observation {
  const { plan, execution, report, guest } = restored;
  const planned = observedOfPlan(registry, plan, execution);
  const units = (report?.units ?? []).flatMap((unit) => observedOfUnit(registry, unit, restored.state));
  const direct = [...planned, ...units.filter(({ neutral }) => !neutral).map(({ seen }) => seen)];
  const differing = [
    ...(report?.differences ?? []).flatMap(differingState),
    ...guest.noticed.map(differingRead),
  ].filter(({ seen }, _, all) => !isConflated(seen.word, all));
  // What was refused does not read as it was to, in KVM and in the guest: that is the same thing once more.
  const refused = new Set(
    [...planned, ...units.map(({ seen }) => seen)].flatMap(({ how, word }) => (how === 'refused' ? [word] : [])),
  );
  const anyRefused = direct.some(({ how }) => how === 'refused');
  const observed = [
    ...direct,
    ...differing
      .filter(({ seen: { word } }) => !refused.has(word))
      .filter((each) => !isHarmless(registry, each) && !isUnused(registry, each, restored.lacks))
      // What another host derived is no state; what the guest reads is told by the guest.
      .filter((each) => !((anyRefused || each.seen.by === 'restore') && isDerived(registry, each)))
      .map(({ seen }) => seen),
  ];
  return {
    outcome: outcomeOf(observed, guest.runsOn),
    observed,
    harmless: units.filter(({ neutral }) => neutral).map(({ seen }) => seen),
    stops: firstRefusal(plan, execution, report),
    guest: guest.text,
  };
}

/** Of the guest's own reads alone, where a VMM did the rest. */
export function noticedByGuest(
  registry: Registry,
  noticed: readonly Noticed[],
  lacks: (word: WordPath) => boolean,
): readonly Observed[] {
  return noticed
    .map(differingRead)
    .filter((each) => !isHarmless(registry, each) && !isUnused(registry, each, lacks))
    .map(({ seen }) => seen);
}

function differingState({ unit, word, saved, reads, errno }: StateDifference): Differing[] {
  // Nobody gave it a value, and it promises nothing.
  if (fromHex(saved) === RESET_UNKNOWN) return [];
  const text = `${unit}: saved ${saved}, reads ${reads ?? errno ?? 'nothing'}`;
  const values = reads === null ? null : { before: fromHex(saved), now: fromHex(reads) };
  return [{ seen: { word, how: 'differs', by: 'restore', text }, values }];
}

function differingRead({ word, before, now }: Noticed): Differing {
  const values = isHex(before) && isHex(now) ? { before: fromHex(before), now: fromHex(now) } : null;
  return { seen: { word, how: 'differs', by: 'guest', text: `${before} became ${now}` }, values };
}

/** The elements whose fields differ; empty where that is not known. */
function differingElements(registry: Registry, { seen: { word }, values }: Differing): readonly Element[] {
  if (values === null) return [];
  const { before, now } = values;
  const width = (before | now) >> 32n === 0n ? 32 : 64;
  return registry.elements(word, width).filter((element) => ((before ^ now) & fieldMask(element)) !== 0n);
}

/** Bits that follow from other elements: those that were refused tell of them. */
function isDerived(registry: Registry, differing: Differing): boolean {
  const elements = differingElements(registry, differing);
  return elements.length > 0 && elements.every(({ kind }) => kind === 'derived');
}

/**
 * Without KVM_CAP_EXCEPTION_PAYLOAD an exception that is not delivered yet is told as both pending and injected, and taken as
 * injected alone (kvm_vcpu_ioctl_x86_get_vcpu_events and _set_): where that one is as it was, nothing is lost.
 */
function isConflated(word: WordPath, all: readonly Differing[]): boolean {
  const injected = word.replace(/\/exception\.pending$/, '/exception.injected');
  return injected !== word && !all.some(({ seen }) => seen.word === injected);
}

/** It says "not used" on one host, and another, which does not have it, shows something else: a cache that CLIDR_EL1 does not name. */
function isUnused(
  registry: Registry,
  { seen: { word }, values }: Differing,
  lacks: Restored['lacks'] = () => false,
): boolean {
  const neutral = registry.neutral(word);
  if (values === null || !lacks(word)) return false;
  // State that was in use and is not any more is lost.
  const isState = registry.elements(word, 64).some(({ kind }) => kind === 'state');
  return values.before === neutral || (values.now === neutral && !isState);
}

/** Reads by which a guest meets what the registry knows as a behaviour: whether it hurts is said there. */
const BEHAVIOUR_OF: ReadonlyMap<WordPath, WordPath> = new Map([
  ['reg/SMIDR_EL1', 'behaviour/id-registers/streaming-mode'],
]);

/** What the registry says that no running guest is hurt by. */
function isHarmless(registry: Registry, differing: Differing): boolean {
  const behaviour = BEHAVIOUR_OF.get(differing.seen.word);
  if (behaviour !== undefined) return registry.elements(behaviour, 8).every(({ harmless }) => harmless?.when === 'any');
  const elements = differingElements(registry, differing);
  const { values } = differing;
  return (
    values !== null &&
    elements.length > 0 &&
    elements.every((element) => {
      const field = (value: bigint): bigint => numeric(element, extract(element, value));
      return (
        element.harmless?.when === 'any' ||
        (element.harmless?.when === 'higher' && field(values.now) > field(values.before))
      );
    })
  );
}

function outcomeOf(observed: readonly Observed[], runsOn: boolean): RoundTripOutcome {
  if (observed.some(({ how }) => how === 'differs')) return 'differs';
  if (observed.length > 0) return 'refused';
  return runsOn ? 'identical' : 'hung';
}

/** A machine of which nothing came back. */
export function lost(why: string): Observation {
  return { outcome: 'lost', observed: [], harmless: [], stops: null, guest: why };
}

function observedOfPlan(registry: Registry, plan: Plan, execution: Execution): Observed[] {
  const wordOf = new Map<string, WordPath>();
  for (const { word, width } of plan.words) {
    wordOf.set(word, word);
    for (const { path } of registry.elements(word, width)) wordOf.set(path, word);
  }
  return verify(registry, plan, execution)
    .elements.filter(({ outcome }) => honouredBy(outcome) === 'no')
    .map(({ element, outcome, text }): Observed => ({
      word: wordOf.get(element) ?? element,
      how: outcome === 'refused' ? 'refused' : 'differs',
      by: 'plan',
      text: `${element}: ${text}`,
    }));
}

interface Refused {
  readonly seen: Observed;
  /** It was to hold what means "not used". */
  readonly neutral: boolean;
}

function observedOfUnit(registry: Registry, { unit, call, result }: UnitReport, state: SavedState): Refused[] {
  const seen = (word: WordPath, text: string): Observed => ({ word, how: 'refused', by: 'restore', text });
  switch (result.outcome) {
    case 'refused':
      return [{ seen: seen(unit, refusedCall(call, result)), neutral: false }];
    case 'partly':
      return result.refused.map((register) => ({
        seen: seen(register.word, refusal(unit, register)),
        neutral: holdsNeutral(registry, register, valueOf(state, unit, register)),
      }));
    case 'done':
    case 'not-made':
    case 'left-out':
      return [];
  }
}

function refusedCall(call: string, { detail, errno }: { readonly detail: string; readonly errno: string }): string {
  return `${call}(${detail}): ${errno}`;
}

function refusal(unit: string, { word, errno }: RefusedRegister): string {
  return `${unit}: ${word}: ${errno ?? 'not taken'}`;
}

function valueOf({ units }: SavedState, name: string, { id }: RefusedRegister): bigint | null {
  const data = units.find((unit) => unit.name === name)?.data;
  const register = data?.kind === 'registers' ? data.registers.find((candidate) => candidate.id === id) : undefined;
  return register === undefined ? null : fromHex(register.value);
}

function holdsNeutral(registry: Registry, { word }: RefusedRegister, value: bigint | null): boolean {
  const neutral = registry.neutral(word);
  return neutral !== null && value !== null && ((value ^ neutral) & ~(registry.status?.(word) ?? 0n)) === 0n;
}

function firstRefusal(plan: Plan, execution: Execution, report: RestoreReport | null): string | null {
  for (const [index, step] of execution.steps.entries()) {
    if (step.outcome === 'refused') return refusedCall(step.call, step);
    if (step.outcome === 'partly')
      return `${plan.steps[index]?.call.call ?? 'a call'} does not take ${step.refused.map((each) => `0x${each.toString(16)}`).join(', ')}`;
  }
  for (const { unit, call, result } of report?.units ?? []) {
    if (result.outcome === 'refused') return `${unit}: ${refusedCall(call, result)}`;
    const [first] = result.outcome === 'partly' ? result.refused : [];
    if (first !== undefined) return refusal(unit, first);
  }
  return null;
}
