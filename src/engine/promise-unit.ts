/** One promised word on one destination: the unit of a check. Pure, and independent of every other unit. */
import { describeOperation, extract, fieldMask, hex } from '../model/index.ts';
import type {
  Element,
  MeasuredSurface,
  MeasuredWord,
  Mechanism,
  Promised,
  Registry,
  Rejection,
  Setting,
  WordLatitude,
} from '../model/index.ts';
import { NOTHING, same } from './finding.ts';
import type { Finding, Findings, Judgement, Rule } from './finding.ts';
import { judge } from './judge.ts';

/**
 * What happens to a promised word. An area that was not measured gives nothing here: it gets one reason for the whole
 * of it.
 */
export function judgePromise(registry: Registry, promised: Promised, destination: MeasuredSurface): Findings {
  if (destination.areas.get(registry.area(promised.word))?.measured !== true) return NOTHING;
  const word = destination.words.get(promised.word);
  if (word !== undefined) return judgeWord(registry, promised, word);
  const absence = absenceOf(registry, promised.word, destination);
  const evidence = destination.areas.get(registry.area(promised.word))?.evidence ?? '';
  if (absence.kind === 'absent') {
    const text = `promised ${hex(promised.value)}, the destination does not have it`;
    return judgeMissing(registry, promised, text, absence.otherwise, evidence);
  }
  return judgeWord(registry, promised, zeroWord(promised, absence, evidence));
}

/** What the destination shows where it does not have a word, and what happens to a write of it. */
export function absenceOf(
  registry: Registry,
  word: string,
  destination: MeasuredSurface,
): ReturnType<Registry['whenAbsent']> {
  const known = registry.whenAbsent(word);
  const partial = destination.areas.get(registry.area(word))?.partial;
  if (partial === undefined) return known;
  const otherwise = { how: 'unknown', why: partial } as const;
  return known.kind === 'zero' ? { ...known, otherwise, settable: 0n } : { ...known, otherwise };
}

/** A word that reads as zeros where a host does not have it. */
export function zeroWord(
  { word: path, width }: Pick<Promised, 'word' | 'width'>,
  { otherwise, settable, mechanism }: Extract<ReturnType<Registry['whenAbsent']>, { readonly kind: 'zero' }>,
  evidence: string,
): MeasuredWord {
  const latitude: WordLatitude =
    settable === 0n ? { kind: 'fixed', otherwise } : { kind: 'bits', clearable: 0n, settable, otherwise };
  return { path, width, value: 0n, latitude, mechanism, evidence };
}

/** A promised word that the destination has. */
export function judgeWord(registry: Registry, promised: Promised, word: MeasuredWord): Findings {
  const { value, mask } = promised;
  const elements = registry.elements(promised.word, promised.width).filter((each) => (fieldMask(each) & mask) !== 0n);
  const isTold = word.known === undefined || (mask & ~word.known) === 0n;
  if (word.value !== null && isTold && ((word.value ^ value) & mask) === 0n) return same(elements.length);
  const whole = wholeWord(word, promised);
  const area = registry.area(promised.word);
  const found: Finding[] = [];
  for (const element of elements) {
    const judgement = judge(element, extract(element, whole), word, whole);
    if (judgement.level !== 'same') found.push(findingOf(element, area, judgement, word, whole));
  }
  return { same: elements.length - found.length, found };
}

/** The promised bits over what the destination has by default: what would have to be written. */
function wholeWord(word: MeasuredWord, { value, mask }: Promised): bigint {
  return ((word.value ?? 0n) & ~mask) | (value & mask);
}

function findingOf(element: Element, area: string, judgement: Judgement, word: MeasuredWord, whole: bigint): Finding {
  const setting: Setting | null =
    judgement.level !== 'selectable' || word.mechanism === null ? null : settingOf(word.mechanism, whole);
  return {
    ...judgement,
    element: element.path,
    area,
    word: element.word,
    promised: extract(element, whole),
    shows: word.value === null ? null : extract(element, word.value),
    pointer: word.evidence,
    setting,
  };
}

export function settingOf({ operation, until, needs }: Mechanism, whole: bigint): Setting {
  const { call, target } = describeOperation(operation);
  const first = needs === undefined ? '' : `, after ${describeOperation(needs).target}`;
  return { call, target: `${target}${first}`, until, value: hex(whole) };
}

/** A register whose value is known: missing it is harmless where that value is the neutral one. */
export function judgeMissing(
  registry: Registry,
  promised: Promised,
  text: string,
  otherwise: Rejection,
  evidence: string,
): Findings {
  const neutral = registry.neutral(promised.word);
  if (neutral !== null && ((neutral ^ promised.value) & promised.mask) === 0n) return same(1);
  return missing(registry, promised.word, unrestorable('register-missing', text, otherwise), promised.value, evidence);
}

export function missing(
  registry: Registry,
  word: string,
  judgement: Judgement,
  promised: bigint | null,
  evidence: string,
): Findings {
  const area = registry.area(word);
  const about = { element: word, area, word, promised, shows: null, pointer: evidence, setting: null };
  return { same: 0, found: [{ ...judgement, ...about }] };
}

/** State that the host does not take: loudly, or without a word. */
export function unrestorable(rule: Rule, text: string, cause: Rejection): Judgement {
  switch (cause.how) {
    case 'refused':
      return { level: 'refused', rule, text: `${text}; ${cause.call} fails with ${cause.errno}`, cause };
    case 'ignored':
      return { level: 'lost', rule, text: `${text}; ${cause.call} ${cause.instead ?? 'drops it'}`, cause };
    case 'unknown':
      return { level: 'unknown', rule, text: `${text}; ${cause.why}`, cause };
  }
}
