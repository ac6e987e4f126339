/**
 * What came of a restore, by word: from what the plan's calls gave and read back, from the restore's own comparison, and
 * from what code in the guest noticed. Pure.
 */
import { verify } from '../../engine/index.ts';
import { RESET_UNKNOWN } from '../../arch/arm64/volatile.ts';
import { fieldMask, fromHex, honouredBy, isHex } from '../../model/index.ts';
import type { Execution, Plan, Registry, RoundTripOutcome, SavedState, WordPath } from '../../model/index.ts';
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

/** An observation that may only follow from another: `bits`, those that differ, where that is known. */
interface Differing {
  readonly seen: Observed;
  readonly bits: bigint | null;
}

/** A restore that was done, whole or in part. */
export interface Restored {
  readonly plan: Plan;
  readonly execution: Execution;
  /** What was to be restored. */
  readonly state: SavedState;
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
  const differing = [...(report?.differences ?? []).flatMap(differingState), ...guest.noticed.map(differingRead)];
  // What was refused does not read as it was to, in KVM and in the guest: that is the same thing once more.
  const refused = new Set(
    [...planned, ...units.map(({ seen }) => seen)].flatMap(({ how, word }) => (how === 'refused' ? [word] : [])),
  );
  const anyRefused = direct.some(({ how }) => how === 'refused');
  const observed = [
    ...direct,
    ...differing
      .filter(({ seen: { word }, bits }) => !refused.has(word) && !(anyRefused && isDerived(registry, word, bits)))
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

function differingState({ unit, word, saved, reads, errno }: StateDifference): Differing[] {
  // Nobody gave it a value, and it promises nothing.
  if (fromHex(saved) === RESET_UNKNOWN) return [];
  const text = `${unit}: saved ${saved}, reads ${reads ?? errno ?? 'nothing'}`;
  const bits = reads === null ? null : fromHex(saved) ^ fromHex(reads);
  return [{ seen: { word, how: 'differs', by: 'restore', text }, bits }];
}

function differingRead({ word, before, now }: Noticed): Differing {
  const bits = isHex(before) && isHex(now) ? fromHex(before) ^ fromHex(now) : null;
  return { seen: { word, how: 'differs', by: 'guest', text: `${before} became ${now}` }, bits };
}

/** Bits that follow from other elements: those that were refused tell of them. */
function isDerived(registry: Registry, word: WordPath, bits: bigint | null): boolean {
  if (bits === null) return false;
  const derived = registry.elements(word, bits < 1n << 32n ? 32 : 64).filter(({ kind }) => kind === 'derived');
  return derived.reduce((rest, element) => rest & ~fieldMask(element), bits) === 0n;
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
