/** What one element showed on several surfaces, in their order: its default, what it could be made, where that changed. */
import { agrees, extract } from '../model/index.ts';
import type { Element, MeasuredSurface, Registry } from '../model/index.ts';
import { describeLatitude } from './describe.ts';
import { fieldLatitude } from './field-latitude.ts';

export interface Point {
  readonly surface: string;
  /** `not-there`: the area was measured and the word is not among it; a CPUID leaf then reads as zeros. */
  readonly presence: 'there' | 'not-there' | 'not-measured';
  /** What a guest gets by default; null where it is not there, varies or was not measured. */
  readonly shows: bigint | null;
  /** What it can be made to show, in words; null where it is not there. */
  readonly canShow: string | null;
  /** What is otherwise than on the surface before: nothing on the first. */
  readonly changed: readonly ('presence' | 'default' | 'latitude')[];
}

/** `surfaces`: of one CPU, from the oldest kernel to the newest. */
export function history(
  registry: Registry,
  element: Element,
  surfaces: readonly { readonly name: string; readonly measured: MeasuredSurface }[],
): readonly Point[] {
  const points: Point[] = [];
  for (const { name, measured } of surfaces) {
    const point = pointOf(registry, element, name, measured);
    points.push({ ...point, changed: changes(element, points.at(-1), point) });
  }
  return points;
}

/** How `describeLatitude` says that there is one value. */
const ONLY = 'only ';
const VARIES = 'not known: its value varies, or was not measured';

function pointOf(
  registry: Registry,
  element: Element,
  surface: string,
  measured: MeasuredSurface,
): Omit<Point, 'changed'> {
  const word = measured.words.get(element.word);
  if (word === undefined) {
    const known = measured.areas.get(registry.area(element.word))?.measured === true;
    return { surface, presence: known ? 'not-there' : 'not-measured', shows: null, canShow: null };
  }
  const there = { surface, presence: 'there' } as const;
  if (word.value === null) return { ...there, shows: null, canShow: VARIES };
  const canShow = describeLatitude(element, fieldLatitude(element, word, word.value));
  return { ...there, shows: extract(element, word.value), canShow };
}

function changes(element: Element, before: Point | undefined, now: Omit<Point, 'changed'>): Point['changed'] {
  if (before === undefined) return [];
  if (before.presence !== now.presence) return ['presence'];
  const same =
    before.shows === now.shows ||
    (before.shows !== null && now.shows !== null && agrees(element, before.shows, now.shows));
  // What cannot be set shows its default and nothing else: that it follows the default is no change of its own.
  const sameLatitude = before.canShow === now.canShow || (isFixed(before) && isFixed(now));
  return [...(same ? [] : ['default' as const]), ...(sameLatitude ? [] : ['latitude' as const])];
}

function isFixed({ canShow }: Omit<Point, 'changed'>): boolean {
  return canShow?.startsWith(ONLY) === true;
}
