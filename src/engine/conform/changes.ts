/** One difference between two kernels as a change, with what was measured for each clause that it concerns. Pure. */
import { atMost, fieldMask, hex, latitude } from '../../model/index.ts';
import type { Element, MeasuredSurface, MeasuredWord, Reason, Registry, Verdict } from '../../model/index.ts';
import type { Difference } from '../diff.ts';
import { fieldLatitude } from '../field-latitude.ts';
import { show } from '../judge.ts';
import { settingOf } from '../promise-unit.ts';
import { answerOf } from './model.ts';
import type { Answer, Clause, Finding } from './model.ts';

export interface Sides {
  readonly registry: Registry;
  readonly before: MeasuredSurface;
  readonly after: MeasuredSurface;
  /** The default machine of the kernel before: on the kernel after, and back from there. */
  readonly there: Verdict;
  readonly back: Verdict;
}

/** Calls that give a guest something only because userspace names it. All other values come without being asked for. */
const ASKED_FOR: ReadonlySet<string> = new Set(['KVM_SET_CPUID2', 'KVM_ENABLE_CAP', 'KVM_ARM_VCPU_INIT']);

export function finding(clause: Clause, answer: Answer, text: string, setting: Finding['setting'] = null): Finding {
  return { clause, answer, text, setting };
}

function fromReason(clause: Clause, reason: Reason | undefined, otherwise: string): Finding {
  if (reason === undefined) return finding(clause, 'kept', otherwise);
  return finding(clause, answerOf(reason.level), reason.text, reason.setting);
}

/** The reason for an element, or for its whole word. */
export function reasonFor(verdict: Verdict, element: string, word: string): Reason | undefined {
  return verdict.reasons.find((reason) => reason.element === element || reason.element === word);
}

/** An element that both have and that shows another value by default. */
export function changedFindings(sides: Sides, difference: Difference, element: Element): readonly Finding[] {
  const reason = reasonFor(sides.there, difference.element, difference.word);
  const same = 'a guest that was promised the value before is not hurt by the one after';
  const previous = fromReason('previous-selectable', reason, same);
  if (!isMore(element, difference)) return [previous];
  const word = sides.after.words.get(difference.word);
  return [
    previous,
    { ...previous, clause: 'new-off-or-maskable' },
    offByDefault(word, `the value after, ${shown(element, difference.b)}, is shown without being asked for`),
    discoverable(element, word, null),
  ];
}

/** True where the kernel after shows more: a bit that was clear, a larger number where smaller is safe. */
function isMore(element: Element, { a, b }: Difference): boolean {
  if (a === null || b === null || element.comparison === 'exact' || element.comparison === 'none') return false;
  if (element.comparison === 'subset') return (b & ~a) !== 0n;
  return atMost(element, a, b);
}

function shown(element: Element, value: bigint | null): string {
  return value === null ? 'which was not measured' : show(element, value);
}

/** A register, leaf or switch that only the kernel after has. */
export function appearedFindings(sides: Sides, difference: Difference, whole: Element): readonly Finding[] {
  const { registry, after, there, back } = sides;
  const word = after.words.get(difference.word);
  const returning = reasonFor(back, difference.element, difference.word);
  const rollback = fromReason(
    'rollback-possible',
    returning,
    'what a guest has of it is nothing that the way back loses',
  );
  if (whole.kind === 'state') return [rollback];
  const offered = reasonFor(there, difference.element, difference.word);
  const neutral = registry.neutral(difference.word);
  const off = word === undefined || neutral === null ? null : turnedOff(word, neutral);
  return [
    offered === undefined
      ? finding('new-off-or-maskable', 'kept', 'no guest of the kernel before finds it')
      : (off ?? fromReason('new-off-or-maskable', offered, '')),
    ...(word === undefined || neutral === null || word.value === null
      ? []
      : [
          word.value === neutral
            ? finding('off-by-default', 'kept', `it is ${hex(neutral)}, off, until userspace asks for it`)
            : offByDefault(word, `it is ${hex(word.value)} without being asked for`),
        ]),
    discoverable(whole, word, neutral),
    off === null ? rollback : { ...off, clause: 'rollback-possible' },
  ];
}

/** What is off is what a kernel without it shows: a guest that is to go back there is given no more. */
function turnedOff({ latitude: given, value, mechanism }: MeasuredWord, neutral: bigint): Finding | null {
  if (value === null) return null;
  const off =
    value === neutral ||
    (given.kind === 'bits' &&
      (value & ~neutral & ~given.clearable) === 0n &&
      (neutral & ~value & ~given.settable) === 0n) ||
    (given.kind === 'values' && given.values.includes(neutral)) ||
    given.kind === 'free';
  if (!off) return null;
  const setting = mechanism === null || value === neutral ? null : settingOf(mechanism, neutral);
  const text =
    value === neutral
      ? `it is ${hex(neutral)}, off`
      : `on by default (${hex(value)}), and ${hex(neutral)} turns it off`;
  return finding('new-off-or-maskable', 'kept', text, setting);
}

/** A register that only the kernel before has. */
export function disappearedFindings(sides: Sides, difference: Difference, whole: Element): readonly Finding[] {
  const reason = reasonFor(sides.there, difference.element, difference.word);
  const taken = fromReason('old-state-restorable', reason, 'a restore of it is taken, or is harmless to leave out');
  const lost: readonly Finding[] = reason?.level === 'lost' ? [finding('state-sufficient', 'broken', reason.text)] : [];
  if (whole.kind === 'state') return [taken, ...lost];
  return [{ ...taken, clause: 'previous-selectable' }, taken, ...lost];
}

/** Values that the kernel before could be made to show and the kernel after cannot; null where there are none. */
export function narrowedFindings(sides: Sides, difference: Difference, element: Element): readonly Finding[] | null {
  const [before, after] = [sides.before.words.get(difference.word), sides.after.words.get(difference.word)];
  if (before?.value === null || after?.value === null || before === undefined || after === undefined) return null;
  const old = fieldLatitude(element, before, before.value);
  if (!old.known) return null;
  const now = fieldLatitude(element, after, after.value);
  if (!now.known) {
    return [finding('previous-selectable', 'unknown', `what it can be set to is no longer known: ${now.why}`)];
  }
  const gone = lostValues(old.latitude, now.latitude);
  if (gone === null) return null;
  const text = `could be set to ${gone} before, and no longer can`;
  return [finding('previous-selectable', 'broken', text)];
}

/** How many values are tried one by one; what is wider is compared bound by bound. */
const ENUMERATED = 256n;

function lostValues(old: latitude.Latitude, now: latitude.Latitude): string | null {
  const values = old.values ?? (old.max < ENUMERATED ? upTo(old.max) : null);
  if (values !== null) {
    const gone = values.filter((value) => latitude.contains(old, value) && !latitude.contains(now, value));
    return gone.length === 0 ? null : listed(gone);
  }
  const within =
    (old.mask & ~now.mask) === 0n &&
    (now.required & ~old.required) === 0n &&
    now.min <= old.min &&
    old.max <= now.max &&
    now.values === null;
  return within ? null : 'more values';
}

/** Values without gaps as a range. */
function listed(values: readonly bigint[]): string {
  const [first, last] = [values[0] ?? 0n, values.at(-1) ?? 0n];
  const gapless = values.length > 2 && last - first === BigInt(values.length - 1);
  return gapless ? `any of ${hex(first)} to ${hex(last)}` : values.map(hex).join(', ');
}

function upTo(last: bigint): bigint[] {
  return Array.from({ length: Number(last) + 1 }, (_, index) => BigInt(index));
}

function offByDefault(word: MeasuredWord | undefined, broken: string): Finding {
  const call = word?.mechanism?.operation.call;
  if (call !== undefined && ASKED_FOR.has(call)) {
    return finding('off-by-default', 'kept', `a guest gets it only where userspace passes it to ${call}`);
  }
  return finding('off-by-default', 'broken', broken);
}

/** Written by name or number, which KVM_GET_REG_LIST, KVM_GET_MSR_INDEX_LIST and the like give. */
const LISTED: ReadonlySet<string> = new Set(['KVM_SET_ONE_REG', 'KVM_SET_MSRS', 'KVM_SET_CPUID2']);

/**
 * A default is found by reading it on a fresh vCPU, which is arm64's equivalent of KVM_GET_SUPPORTED_CPUID. What has to be
 * switched on shows nothing, and must be announced.
 */
function discoverable(element: Element, word: MeasuredWord | undefined, off: bigint | null): Finding {
  const shows = word?.value ?? null;
  if (shows !== null && shows !== off) return finding('discoverable', 'kept', 'a fresh vCPU shows it');
  if (word?.declared === undefined && LISTED.has(word?.mechanism?.operation.call ?? '')) {
    return finding('discoverable', 'kept', 'KVM lists it');
  }
  if (word?.declared === undefined) {
    return finding('discoverable', 'unknown', 'it is off by default, and whether KVM announces it was not measured');
  }
  return announced(element, word.declared);
}

function announced(element: Element, { mask, by }: NonNullable<MeasuredWord['declared']>): Finding {
  return (mask & fieldMask(element)) === fieldMask(element)
    ? finding('discoverable', 'kept', `announced by ${by}`)
    : finding('discoverable', 'broken', `taken when it was tried, and not announced by ${by}`);
}

/** Values that could not be selected before and now can: whether KVM says so. Null where it was not asked. */
export function widenedFindings(sides: Sides, difference: Difference, element: Element): readonly Finding[] | null {
  const declared = sides.after.words.get(difference.word)?.declared;
  if (declared === undefined) return null;
  const found = announced(element, declared);
  return found.answer === 'kept' ? null : [found];
}
