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
      return known(latitude.fixed(width, shows));
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
    case 'bits': {
      const clearable = extract(element, given.clearable);
      const settable = extract(element, given.settable);
      if (element.comparison === 'lower-safe' && width > 1 && clearable !== 0n && (shows & ~clearable) === 0n) {
        // A number whose bits can all be changed: the host can show any smaller one.
        return known(latitude.range(width, 0n, shows));
      }
      return known(latitude.subset(width, shows | settable, shows & ~clearable));
    }
  }
}
