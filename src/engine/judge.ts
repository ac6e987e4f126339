/**
 * One element on one destination: the promised value against what the destination shows and can be made to show.
 * Pure; the rules of DESIGN.md's verdict table.
 */
import { agrees, extract, fieldMask, hex, latitude, numeric } from '../model/index.ts';
import type { Element, Latitude, MeasuredWord, Rejection } from '../model/index.ts';
import { fieldLatitude, isKnown, showsTogether } from './field-latitude.ts';
import type { Judgement, Rule } from './finding.ts';

const SAME: Judgement = { level: 'same', rule: 'shown-by-default', text: '' };

/** `whole`: the word as the contract wants it, promised bits over the destination's own; default: only this element's. */
export function judge(
  element: Element,
  promised: bigint,
  word: MeasuredWord,
  whole: bigint = withField(element, promised, word.value ?? 0n),
): Judgement {
  if (word.value === null) {
    return { level: 'unknown', rule: 'value-varies', text: 'the destination has it, but its value was not measured' };
  }
  if (!isKnown(element, word)) {
    return {
      level: 'unknown',
      rule: 'not-captured',
      text: `promised ${show(element, promised)}, the capture does not say what the destination shows`,
    };
  }
  const shows = extract(element, word.value);
  if (agrees(element, promised, shows) || isHarmless(element, promised, shows)) return SAME;
  const values = `promised ${show(element, promised)}, the destination shows ${show(element, shows)}`;
  const found = fieldLatitude(element, word, word.value);
  if (!found.known) return { level: 'unknown', rule: 'latitude-unknown', text: `${values}; ${found.why}` };
  if (isSelectable(found.latitude, promised, word, whole)) {
    return { level: 'selectable', rule: 'settable', text: `${values} by default` };
  }
  return rejected(ruleOf(element, promised, shows), values, rejectionOf(element, promised, word, whole));
}

function withField(element: Element, field: bigint, word: bigint): bigint {
  return (word & ~fieldMask(element)) | (field << BigInt(element.shift));
}

/** Where whole words were tried, what the other fields must be counts as well. */
function isSelectable(given: Latitude, promised: bigint, word: MeasuredWord, whole: bigint): boolean {
  return word.latitude.kind === 'values' ? showsTogether(word, whole) : latitude.contains(given, promised);
}

function isHarmless({ harmless, width, signed }: Element, promised: bigint, shows: bigint): boolean {
  switch (harmless?.when) {
    case undefined:
      return false;
    case 'any':
      return true;
    case 'higher':
      return numeric({ width, signed }, shows) > numeric({ width, signed }, promised);
  }
}

/** What happens to this value where it was tried; else what happens to any value outside the field's or word's latitude. */
export function rejectionOf(element: Element, promised: bigint, word: MeasuredWord, whole: bigint): Rejection {
  const given = word.latitude;
  switch (given.kind) {
    case 'free':
      return { how: 'unknown', why: 'every value that was tried was taken' };
    case 'unknown':
      return { how: 'unknown', why: given.why };
    case 'fixed':
    case 'bits':
      return given.otherwise;
    case 'range':
      return whole < given.min ? given.below : given.above;
    case 'values':
      return given.rejections?.find(({ values }) => values.includes(whole))?.rejection ?? given.otherwise;
    case 'fields': {
      const field = given.fields.find(({ shift, width }) => shift === element.shift && width === element.width);
      const tried = field?.rejections?.find(({ values }) => values.includes(promised));
      return tried?.rejection ?? field?.otherwise ?? given.otherwise;
    }
  }
}

function rejected(rule: Rule, values: string, cause: Rejection): Judgement {
  switch (cause.how) {
    case 'refused':
      return { level: 'refused', rule, text: `${values}; ${cause.call} fails with ${cause.errno}`, cause };
    case 'ignored': {
      const instead = cause.instead ?? 'does not change that';
      return { level: 'silent', rule, text: `${values}; ${cause.call} succeeds and ${instead}`, cause };
    }
    case 'unknown':
      return { level: 'unknown', rule, text: `${values}; ${cause.why}`, cause };
  }
}

function ruleOf(element: Element, promised: bigint, shows: bigint): Rule {
  if (element.comparison !== 'subset') return 'value-not-settable';
  return (promised & ~shows) === 0n ? 'feature-not-maskable' : 'feature-missing';
}

/** A value as people write it: a flag as 0 or 1, a register field in hex. */
export function show(element: Pick<Element, 'width'>, value: bigint): string {
  return element.width === 1 ? String(value) : hex(value);
}
