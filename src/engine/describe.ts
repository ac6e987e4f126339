/** Latitudes in words, for people who have to choose a value. */
import { latitude } from '../model/index.ts';
import type { Element, Latitude } from '../model/index.ts';
import type { FieldLatitude } from './field-latitude.ts';
import { show } from './judge.ts';

/** Members beyond this many are not listed. */
const LISTED = 8;

/** `only 0x1`, `0 or 1`, `0x0 to 0x3f`, `any bits of 0xf0`, or why nothing is known. */
export function describeLatitude(element: Pick<Element, 'width'>, found: FieldLatitude): string {
  return found.known ? describeMembers(element, found.latitude) : `not known: ${found.why}`;
}

function describeMembers(element: Pick<Element, 'width'>, given: Latitude): string {
  const form = latitude.canonical(given);
  const count = latitude.size(form);
  if (count === 0n) return 'nothing';
  if (count === 1n) return `only ${show(element, form.min)}`;
  if (count === form.max - form.min + 1n && count > 2n) {
    return count === 1n << BigInt(element.width)
      ? 'any value'
      : `${show(element, form.min)} to ${show(element, form.max)}`;
  }
  if (count <= BigInt(LISTED)) return listed(element, form);
  const mask = show(element, form.mask);
  if (form.values !== null) return `${count} values from ${show(element, form.min)} to ${show(element, form.max)}`;
  const required = form.required === 0n ? '' : `, with all of ${show(element, form.required)}`;
  return `any bits of ${mask}${required}`;
}

function listed(element: Pick<Element, 'width'>, given: Latitude): string {
  const members: string[] = [];
  let next = latitude.smallest(given);
  while (next !== null) {
    members.push(show(element, next));
    next = latitude.smallest(latitude.intersection(given, { ...given, min: next + 1n, values: null }));
  }
  return `${members.slice(0, -1).join(', ')} or ${members.at(-1) ?? ''}`;
}
