/** What a VMM can do about one element: its row speaks of whole words. */
import { extract, hex } from '../../model/index.ts';
import type { Element, Selection } from '../../model/index.ts';

export type ElementSelection =
  | { readonly how: 'can'; readonly text: string }
  /** `text`: what there is to add, or nothing. */
  | { readonly how: 'never'; readonly text: string }
  | { readonly how: 'insists'; readonly text: string }
  | { readonly how: 'unknown' };

/** `promised` is the element's value; null where it is not known. */
export function selectionOf(
  selection: Selection,
  element: Element | undefined,
  promised: bigint | null,
): ElementSelection {
  switch (selection.how) {
    case 'property':
    case 'itself':
      return { how: 'can', text: selection.text };
    case 'bits':
      // Numbers among feature bits have properties of their own, if any.
      return element === undefined || element.width > 1 || promised === null
        ? { how: 'unknown' }
        : byName(selection.names, selection.option, element, promised);
    case 'gives':
      return element === undefined || promised === null
        ? { how: 'unknown' }
        : given(extract(element, selection.value), promised);
    case 'off':
      return promised === 0n ? { how: 'can', text: selection.text } : { how: 'never', text: ' but to turn it off' };
    case 'never':
      return { how: 'never', text: '' };
    case 'insists':
      return selection;
    case 'unknown':
      return selection;
  }
}

function given(value: bigint, promised: bigint): ElementSelection {
  return value === promised
    ? { how: 'can', text: 'its guests always have it' }
    : { how: 'never', text: `: its guests always have ${hex(value)}` };
}

function byName(
  names: Readonly<Record<number, string>>,
  option: string,
  element: Element,
  promised: bigint,
): ElementSelection {
  const bits = Array.from({ length: element.width }, (_, bit) => bit + element.shift);
  const unnamed = bits.filter((bit) => names[bit] === undefined);
  const wanted = bits.filter((bit) => extract({ shift: bit - element.shift, width: 1 }, promised) === 1n);
  const unknown = unnamed.filter((bit) => wanted.includes(bit));
  if (unknown.length > 0) return { how: 'never', text: ': it does not know the bit' };
  const options = bits.flatMap((bit) => {
    const name = names[bit];
    if (name === undefined) return [];
    return [option.replace('NAME', name).replace('VALUE', wanted.includes(bit) ? 'on' : 'off')];
  });
  return { how: 'can', text: options.length > 0 ? options.join(' ') : 'it does not know the bit and leaves it 0' };
}
