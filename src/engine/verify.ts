/** `verify`: what was read back from a machine that a plan made, against what the contract promised. Pure. */
import { agrees, extract, fieldMask, fromHex, hex, honouredBy } from '../model/index.ts';
import type {
  Element,
  ElementResult,
  Execution,
  Outcome,
  Plan,
  PlanWord,
  ReadResult,
  Registry,
  StepResult,
  Verification,
} from '../model/index.ts';
import { isPromised } from './addition-units.ts';

export function verify(registry: Registry, plan: Plan, execution: Execution): Verification {
  const counts: Record<Outcome, number> = {
    taken: 0,
    default: 0,
    unreadable: 0,
    unproved: 0,
    refused: 0,
    ignored: 0,
    differs: 0,
  };
  const elements: ElementResult[] = [];
  let honoured: Verification['honoured'] = 'yes';
  plan.words.forEach((word, at) => {
    const step = word.step === null ? null : (execution.steps[word.step] ?? null);
    const read = execution.reads[at] ?? { value: null, why: 'it was not read' };
    for (const result of wordResults(registry, plan, word, step, read)) {
      counts[result.outcome]++;
      if (result.outcome !== 'default') elements.push(result);
      const says = honouredBy(result.outcome);
      if (says === 'no' || honoured === 'yes') honoured = says;
    }
  });
  return { honoured, counts, elements };
}

function wordResults(
  registry: Registry,
  plan: Plan,
  word: PlanWord,
  step: StepResult | null,
  read: ReadResult,
): ElementResult[] {
  const promised = fromHex(word.value);
  const mask = fromHex(word.mask);
  const value = read.value === null ? null : fromHex(read.value);
  const neutral = word.neutral !== undefined && ((fromHex(word.neutral) ^ promised) & mask) === 0n;
  const selected = new Set(word.step === null ? [] : plan.steps[word.step]?.selects.map(({ element }) => element));
  const failure = failureOf(word, step, plan);
  const elements = registry
    .elements(word.word, word.width)
    .filter((element) => (fieldMask(element) & mask) !== 0n && (isPromised(element) || step !== null));
  // A register that does not read is one finding, not one for each of its bits.
  if (value === null) {
    const whole = { element: word.word, promised: promised & mask, reads: null };
    return elements.length === 0 ? [] : [{ ...whole, ...unread(word, read, failure, neutral) }];
  }
  return elements.map((element): ElementResult => {
    const wanted = extract(element, promised);
    const reads = extract(element, value);
    const about = { element: element.path, promised: wanted, reads };
    const asked = selected.has(element.path);
    if (!agrees(element, wanted, reads) && !isHarmless(element, wanted, reads))
      return { ...about, ...wrong(word, failure, reads) };
    // What the host shows by itself was seen there, whatever KVM says.
    const untrue = asked ? unsupported(element, wanted, read) : null;
    if (untrue !== null) return { ...about, outcome: 'ignored', text: untrue };
    if (asked && word.doubt !== undefined) return { ...about, outcome: 'unproved', text: word.doubt };
    return { ...about, outcome: asked ? 'taken' : 'default', text: '' };
  });
}

function unread(
  word: PlanWord,
  read: ReadResult,
  failure: string | null,
  neutral: boolean,
): { outcome: Outcome; text: string } {
  if (failure !== null) return neutral ? { outcome: 'default', text: '' } : { outcome: 'refused', text: failure };
  if (word.unread === 'call') return { outcome: 'taken', text: '' };
  if (word.unread === 'default') return { outcome: 'default', text: '' };
  const text = word.unplanned ?? read.why ?? 'it could not be read';
  if (word.unread === 'none') return { outcome: 'unreadable', text };
  // A register that the host does not have, and of which the guest uses nothing.
  return neutral ? { outcome: 'default', text: '' } : { outcome: 'differs', text };
}

function wrong(word: PlanWord, failure: string | null, reads: bigint): { outcome: Outcome; text: string } {
  if (failure !== null) return { outcome: 'refused', text: failure };
  if (word.step === null) return { outcome: 'differs', text: word.unplanned ?? `it reads ${hex(reads)} by itself` };
  return { outcome: 'ignored', text: `the call succeeds, and it reads ${hex(reads)}` };
}

/** A feature that reads back and that KVM does not support on this host: the guest is told of what is not there. */
function unsupported(element: Element, promised: bigint, { supported }: ReadResult): string | null {
  if (supported === undefined || element.comparison !== 'subset' || element.kind !== 'feature') return null;
  const beyond = promised & ~extract(element, fromHex(supported));
  return beyond === 0n ? null : 'it reads back, and KVM does not say that this host supports it';
}

function isHarmless({ harmless, width, signed }: Element, promised: bigint, reads: bigint): boolean {
  if (harmless === undefined) return false;
  if (harmless.when === 'any') return true;
  const number = (value: bigint): bigint => (signed ? BigInt.asIntN(width, value) : value);
  return number(reads) > number(promised);
}

/** Null where the call that selects the word succeeded, or there is none. */
function failureOf(word: PlanWord, step: StepResult | null, plan: Plan): string | null {
  switch (step?.outcome) {
    case undefined:
    case 'done':
      return null;
    case 'refused':
      return `${step.call}(${step.detail}): ${step.errno}`;
    case 'not-made':
      return step.why;
    case 'partly': {
      const call = word.step === null ? undefined : plan.steps[word.step]?.call;
      const index = word.read?.call === 'KVM_GET_MSRS' ? word.read.index : null;
      const refused = call?.call === 'KVM_SET_MSRS' && index !== null && step.refused.includes(index);
      return refused ? `KVM_SET_MSRS does not take ${hex(index)}` : null;
    }
  }
}
