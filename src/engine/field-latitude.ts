/**
 * What a host can give one element, taken from what is known of the whole word. Where the word's latitude says
 * nothing about a field, the field is fixed at its default: only what was tried counts.
 */
import { extract, fieldMask, latitude } from '../model/index.ts';
import type { Element, Latitude, MeasuredWord } from '../model/index.ts';

export type FieldLatitude =
  { readonly known: true; readonly latitude: Latitude } | { readonly known: false; readonly why: string };

export function fieldLatitude(element: Element, word: MeasuredWord, value: bigint): FieldLatitude {
  const shows = extract(element, value);
  const { width } = element;
  const known = (found: Latitude): FieldLatitude => ({ known: true, latitude: found });
  const given = word.latitude;
  switch (given.kind) {
    case 'unknown':
      return { known: false, why: given.why };
    case 'free':
      return known(latitude.free(width));
    case 'fixed':
      return known(around(element, shows, shows));
    case 'values':
      return known(
        latitude.enumerated(
          width,
          // A field can take a value only in a whole word that was tried and that leaves its neighbours as they are.
          given.values
            .filter((whole) => ((whole ^ value) & ~fieldMask(element)) === 0n)
            .map((whole) => extract(element, whole))
            .concat(shows),
        ),
      );
    case 'fields': {
      const field = given.fields.find(({ shift, width: bits }) => shift === element.shift && bits === width);
      if (field?.all === true) return known(latitude.free(width));
      return known(latitude.enumerated(width, [...(field?.values ?? []), shows]));
    }
    case 'range':
      return known(width === word.width ? around(element, given.min, given.max) : latitude.fixed(width, shows));
    case 'bits':
      return known(bitLatitude(element, shows, extract(element, given.clearable), extract(element, given.settable)));
  }
}

/** False where a capture tells of the word, and not of all bits of this field. */
export function isKnown(element: Pick<Element, 'shift' | 'width'>, { known }: Pick<MeasuredWord, 'known'>): boolean {
  return known === undefined || (fieldMask(element) & ~known) === 0n;
}

/** Bits that flip one by one. */
function bitLatitude(
  { comparison, signed, width }: Element,
  shows: bigint,
  clearable: bigint,
  settable: bigint,
): Latitude {
  const free = latitude.subset(width, shows | settable, shows & ~clearable);
  // Of a number, a bit that can be set is no reason to believe in more than the host shows.
  if (comparison !== 'lower-safe' || width === 1 || signed) return free;
  // A number whose bits can all be changed: the host can show any smaller one.
  if (clearable !== 0n && (shows & ~clearable) === 0n) return latitude.range(width, 0n, shows);
  return latitude.intersection(free, latitude.range(width, 0n, shows));
}

/** From `min` to `max`, and what counts as the same. */
function around({ tolerance, width }: Element, min: bigint, max: bigint): Latitude {
  const slack = (value: bigint): bigint => (value * BigInt(tolerance ?? 0)) / 1_000_000n;
  const most = latitude.free(width).max;
  const above = max + slack(max);
  return latitude.range(width, min - slack(min), above > most ? most : above);
}

/** True where the word can show all of `whole` at once; a latitude of fields or bits was found one at a time. */
export function showsTogether(word: MeasuredWord, whole: bigint): boolean {
  return word.latitude.kind !== 'values' || whole === word.value || word.latitude.values.includes(whole);
}
