/**
 * One element on one destination: the promised value against what the destination shows and can be made to show.
 * Pure; the rules of DESIGN.md's verdict table.
 */
import { extract, hex, latitude } from '../model/index.ts';
import type { Element, Level, MeasuredWord, Rejection } from '../model/index.ts';
import { fieldLatitude } from './field-latitude.ts';

export interface Judgement {
  readonly level: Level;
  /** A stable code; see `docs/verdicts.md`. */
  readonly rule: Rule;
  readonly text: string;
}

export type Rule =
  | 'shown-by-default'
  | 'settable'
  | 'not-measured'
  | 'latitude-unknown'
  | 'value-varies'
  | 'feature-missing'
  | 'feature-not-maskable'
  | 'value-not-settable'
  | 'register-missing'
  | 'state-missing'
  | 'destination-only'
  | 'incomparable';

const SAME: Judgement = { level: 'same', rule: 'shown-by-default', text: '' };

export function judge(element: Element, promised: bigint, word: MeasuredWord): Judgement {
  if (word.value === null) {
    return { level: 'unknown', rule: 'value-varies', text: 'the destination has it, but its value was not measured' };
  }
  const shows = extract(element, word.value);
  if (promised === shows) return SAME;
  const found = fieldLatitude(element, word, word.value);
  const values = `promised ${show(element, promised)}, the destination shows ${show(element, shows)}`;
  if (!found.known) return { level: 'unknown', rule: 'latitude-unknown', text: `${values}; ${found.why}` };
  if (latitude.contains(found.latitude, promised)) {
    return { level: 'selectable', rule: 'settable', text: `${values} by default` };
  }
  return rejected(element, promised, shows, values, rejectionOf(element, promised, word));
}

/** What happens to this value where it was tried; else what happens to any value outside the field's or word's latitude. */
function rejectionOf(element: Element, promised: bigint, word: MeasuredWord): Rejection {
  const given = word.latitude;
  const field =
    given.kind === 'fields'
      ? given.fields.find(({ shift, width }) => shift === element.shift && width === element.width)
      : undefined;
  const whole = given.kind === 'values' && element.width === word.width ? given.rejections : undefined;
  const tried = (field?.rejections ?? whole)?.find(({ values }) => values.includes(promised));
  return tried?.rejection ?? field?.otherwise ?? otherwise(word);
}

/** What happens to a value that is outside a word's latitude. */
export function otherwise(word: MeasuredWord): Rejection {
  switch (word.latitude.kind) {
    case 'free':
      return { how: 'unknown', why: 'every value that was tried was taken' };
    case 'unknown':
      return { how: 'unknown', why: word.latitude.why };
    case 'fixed':
    case 'bits':
    case 'fields':
    case 'values':
      return word.latitude.otherwise;
  }
}

function rejected(element: Element, promised: bigint, shows: bigint, values: string, rejection: Rejection): Judgement {
  const rule = ruleOf(element, promised, shows);
  switch (rejection.how) {
    case 'refused':
      return { level: 'refused', rule, text: `${values}; ${rejection.call} fails with ${rejection.errno}` };
    case 'ignored':
      return { level: 'silent', rule, text: `${values}; ${rejection.call} succeeds and does not change that` };
    case 'unknown':
      return { level: 'unknown', rule, text: `${values}; ${rejection.why}` };
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
