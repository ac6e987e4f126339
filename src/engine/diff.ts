/** `diff`: what two surfaces show differently, element by element: presence, default, and what can be made of it. */
import { extract, fieldMask } from '../model/index.ts';
import type { Element, ElementPath, MeasuredSurface, MeasuredWord, Registry } from '../model/index.ts';

export interface Difference {
  readonly element: ElementPath;
  readonly kind: Element['kind'];
  readonly named: boolean;
  readonly description: string;
  readonly what: 'only-in-a' | 'only-in-b' | 'default' | 'latitude' | 'not-measured-in-a' | 'not-measured-in-b';
  /** Default values; null where there is none or it was not measured. */
  readonly a: bigint | null;
  readonly b: bigint | null;
  /** JSON pointers into the two surfaces. */
  readonly evidence: { readonly a: string | null; readonly b: string | null };
}

export function diff(registry: Registry, a: MeasuredSurface, b: MeasuredSurface): Difference[] {
  const found: Difference[] = [];
  for (const path of new Set([...a.words.keys(), ...b.words.keys()])) {
    const [left, right] = [a.words.get(path), b.words.get(path)];
    const area = registry.area(path);
    const width = left?.width ?? right?.width ?? 64;
    const elements = registry.elements(path, width);
    const whole = elements[0];
    if (whole === undefined) continue;
    if (left === undefined || right === undefined) {
      const missing = left === undefined ? a : b;
      const measured = missing.areas.get(area)?.measured === true;
      const what =
        left === undefined
          ? measured
            ? 'only-in-b'
            : 'not-measured-in-a'
          : measured
            ? 'only-in-a'
            : 'not-measured-in-b';
      found.push({ ...row(whole, left, right), element: path, what, a: left?.value ?? null, b: right?.value ?? null });
      continue;
    }
    found.push(...fields(elements, left, right));
  }
  return found;
}

function fields(elements: readonly Element[], left: MeasuredWord, right: MeasuredWord): Difference[] {
  const sameLatitude = canonical(left) === canonical(right);
  if (left.value === right.value && sameLatitude) return [];
  const differing = elements.filter((element) => valueOf(element, left) !== valueOf(element, right));
  const rows: Difference[] = differing.map((element) => ({ ...row(element, left, right), what: 'default' }));
  if (sameLatitude) return rows;
  const touched = elements.filter((element) => !differing.includes(element) && latitudeDiffers(element, left, right));
  return [...rows, ...touched.map((element): Difference => ({ ...row(element, left, right), what: 'latitude' }))];
}

function row(
  element: Element,
  left: MeasuredWord | undefined,
  right: MeasuredWord | undefined,
): Omit<Difference, 'what'> {
  return {
    element: element.path,
    kind: element.kind,
    named: element.named,
    description: element.description,
    a: left === undefined ? null : valueOf(element, left),
    b: right === undefined ? null : valueOf(element, right),
    evidence: { a: left?.evidence ?? null, b: right?.evidence ?? null },
  };
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

function latitudeDiffers(element: Element, left: MeasuredWord, right: MeasuredWord): boolean {
  return projected(element, left) !== projected(element, right);
}

/** What a latitude says about one field. */
function projected(element: Element, word: MeasuredWord): string {
  const { latitude } = word;
  switch (latitude.kind) {
    case 'bits': {
      const mask = fieldMask(element);
      return `bits ${latitude.clearable & mask} ${latitude.settable & mask}`;
    }
    case 'fields': {
      const field = latitude.fields.find(({ shift, width }) => shift === element.shift && width === element.width);
      return `fields ${field?.values.join(' ') ?? ''}`;
    }
    case 'values':
      return `values ${latitude.values.map((value) => extract(element, value)).join(' ')}`;
    case 'fixed':
    case 'free':
    case 'unknown':
      return latitude.kind;
  }
}
