/** `diff`: what two surfaces show differently, element by element: presence, default, and what can be made of it. */
import { agrees, extract, fieldMask, hex } from '../model/index.ts';
import type { Element, ElementPath, MeasuredSurface, MeasuredWord, Registry, WordPath } from '../model/index.ts';
import { isKnown } from './field-latitude.ts';

export interface Difference {
  readonly element: ElementPath;
  readonly word: WordPath;
  readonly kind: Element['kind'];
  readonly named: boolean;
  readonly description: string;
  readonly what: 'only-in-a' | 'only-in-b' | 'default' | 'latitude' | 'not-measured-in-a' | 'not-measured-in-b';
  /** Default values; null where there is none or it was not measured. */
  readonly a: bigint | null;
  readonly b: bigint | null;
  /** For `latitude`: what the element can be made to show on each, in words. */
  readonly latitude: { readonly a: string; readonly b: string } | null;
  /** JSON pointers into the two surfaces; null where one has nothing to point at. */
  readonly evidence: { readonly a: string | null; readonly b: string | null };
}

export function diff(registry: Registry, a: MeasuredSurface, b: MeasuredSurface): Difference[] {
  return [...new Set([...a.words.keys(), ...b.words.keys()])].flatMap((path) => {
    const [left, right] = [a.words.get(path), b.words.get(path)];
    const some = left ?? right;
    if (some === undefined) return [];
    const elements = registry.elements(path, some.width);
    if (left !== undefined && right !== undefined) return fields(elements, left, right);
    const missing = left === undefined ? a : b;
    const measured = missing.areas.get(registry.area(path))?.measured === true;
    // A leaf that is measured not to be there reads as zeros; a guest sees what differs from that.
    if (
      measured &&
      missing.areas.get(registry.area(path))?.sparse !== true &&
      registry.whenAbsent(path).kind === 'zero'
    ) {
      const zeros: MeasuredWord = { ...some, value: 0n };
      const rows = left === undefined ? fields(elements, zeros, some) : fields(elements, some, zeros);
      const side = left === undefined ? 'a' : 'b';
      return rows.map((each) => ({ ...each, evidence: { ...each.evidence, [side]: null } }));
    }
    const whole = elements[0];
    if (whole === undefined) return [];
    const present = left === undefined ? 'b' : 'a';
    const what =
      measured && missing.areas.get(registry.area(path))?.sparse !== true
        ? (`only-in-${present}` as const)
        : (`not-measured-in-${present === 'a' ? 'b' : 'a'}` as const);
    const description = elements.length === 1 ? whole.description : 'the whole register';
    return [
      { ...row(whole, left, right), element: path, description, what, a: left?.value ?? null, b: right?.value ?? null },
    ];
  });
}

function fields(elements: readonly Element[], left: MeasuredWord, right: MeasuredWord): Difference[] {
  const sameLatitude = canonical(left) === canonical(right);
  if (left.value === right.value && left.known === right.known && sameLatitude) return [];
  return elements.flatMap((element): Difference[] => {
    const [inLeft, inRight] = [isKnown(element, left), isKnown(element, right)];
    if (!inLeft && !inRight) return [];
    if (!inLeft || !inRight) {
      const what = inLeft ? 'not-measured-in-b' : 'not-measured-in-a';
      return [{ ...row(element, left, right), [inLeft ? 'b' : 'a']: null, what }];
    }
    if (!showTheSame(element, left, right)) return [{ ...row(element, left, right), what: 'default' }];
    // A number that is the same within its tolerance has a latitude that is.
    if (sameLatitude || element.tolerance !== undefined) return [];
    const latitude = { a: projected(element, left), b: projected(element, right) };
    return latitude.a === latitude.b ? [] : [{ ...row(element, left, right), what: 'latitude', latitude }];
  });
}

function row(
  element: Element,
  left: MeasuredWord | undefined,
  right: MeasuredWord | undefined,
): Omit<Difference, 'what'> {
  return {
    element: element.path,
    word: element.word,
    kind: element.kind,
    named: element.named,
    description: element.description,
    a: left === undefined ? null : valueOf(element, left),
    b: right === undefined ? null : valueOf(element, right),
    latitude: null,
    evidence: { a: left?.evidence ?? null, b: right?.evidence ?? null },
  };
}

function showTheSame(element: Element, left: MeasuredWord, right: MeasuredWord): boolean {
  const [a, b] = [valueOf(element, left), valueOf(element, right)];
  return a === b || (a !== null && b !== null && agrees(element, a, b));
}

function valueOf(element: Element, word: MeasuredWord): bigint | null {
  return word.value === null ? null : extract(element, word.value);
}

/** A word's latitude as text, for equality. */
function canonical(word: MeasuredWord): string {
  return JSON.stringify(word.latitude, (_, value: unknown) =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
  );
}

/** What a latitude says about one field: `fixed`, `any value`, `0x0, 0x2 or 0x3`, … */
function projected(element: Element, word: MeasuredWord): string {
  const { latitude, value } = word;
  const fixed = 'fixed';
  switch (latitude.kind) {
    case 'bits': {
      const mask = fieldMask(element);
      const movable = (value === null ? 0n : (latitude.clearable & value) | (latitude.settable & ~value)) & mask;
      if (movable === 0n) return fixed;
      return movable === mask ? 'can be changed' : `bits ${hex(movable >> BigInt(element.shift))} can be changed`;
    }
    case 'fields': {
      const field = latitude.fields.find(({ shift, width }) => shift === element.shift && width === element.width);
      return field === undefined ? fixed : oneOf(field.values, valueOf(element, word));
    }
    case 'values':
      return oneOf(
        latitude.values.map((whole) => extract(element, whole)),
        valueOf(element, word),
      );
    case 'range':
      return latitude.min === latitude.max ? fixed : `${hex(latitude.min)} to ${hex(latitude.max)}`;
    case 'fixed':
      return fixed;
    case 'free':
      return 'any value';
    case 'unknown':
      return 'unknown';
  }
}

/** Values beyond this many are counted. */
const LISTED = 4;

function oneOf(values: readonly bigint[], shows: bigint | null): string {
  const all = [...new Set(shows === null ? values : [...values, shows])].sort((a, b) => (a < b ? -1 : 1));
  if (all.length <= 1) return 'fixed';
  const [least, most] = [all[0] ?? 0n, all.at(-1) ?? 0n];
  const gapless = most - least === BigInt(all.length - 1);
  if (gapless && all.length > 2) return `${hex(least)} to ${hex(most)}`;
  return all.length <= LISTED ? all.map(hex).join(', ') : `${all.length} values, ${hex(least)} to ${hex(most)}`;
}
