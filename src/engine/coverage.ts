/**
 * What a registry makes of surfaces, counted: words, elements and bits, named or not, by kind and by area. Pure; that
 * nothing of the raw sections was left out is shown elsewhere (arch/raw).
 */
import { extract } from '../model/index.ts';
import type { Element, ElementPath, Kind, MeasuredSurface, Registry, WordPath } from '../model/index.ts';

export interface Count {
  readonly words: number;
  readonly elements: number;
  readonly bits: number;
  readonly namedBits: number;
}

/** A bit that no table names and that is set: it compares as a feature bit. */
export interface UnnamedBit {
  readonly element: ElementPath;
  readonly area: string;
  readonly comparison: Element['comparison'];
  /** The word's values in which it is set, by surface. */
  readonly seen: readonly { readonly surface: string; readonly value: bigint }[];
}

export interface Coverage {
  readonly total: Count;
  readonly areas: Readonly<Record<string, Count>>;
  /** Words are counted under each kind that they have elements of. */
  readonly kinds: Readonly<Partial<Record<Kind, Count>>>;
  readonly unnamed: readonly UnnamedBit[];
}

/** One surface, as one vCPU of it shows the machine. */
export interface Covered {
  readonly name: string;
  readonly measured: MeasuredSurface;
}

/** Over all surfaces together: a word that several have counts once. All must be of the registry's architecture. */
export function coverage(registry: Registry, surfaces: readonly Covered[]): Coverage {
  const areas = new Map<string, Count>();
  const kinds = new Map<Kind, Count>();
  const seenWords = new Map<WordPath, number>();
  const unnamed = new Map<ElementPath, UnnamedBit>();
  let total = NONE;
  for (const { name, measured } of surfaces) {
    for (const word of measured.words.values()) {
      const elements = registry.elements(word.path, word.width);
      const area = registry.area(word.path);
      if (!seenWords.has(word.path)) {
        seenWords.set(word.path, word.width);
        const counted = count(elements);
        total = sum(total, counted);
        areas.set(area, sum(areas.get(area) ?? NONE, counted));
        for (const [kind, of] of Map.groupBy(elements, (element) => element.kind)) {
          kinds.set(kind, sum(kinds.get(kind) ?? NONE, count(of)));
        }
      }
      if (word.value === null) continue;
      for (const element of elements) {
        if (element.named || extract(element, word.value) === 0n) continue;
        const before = unnamed.get(element.path)?.seen ?? [];
        const seen = before.some(({ surface }) => surface === name)
          ? before
          : [...before, { surface: name, value: word.value }];
        unnamed.set(element.path, { element: element.path, area, comparison: element.comparison, seen });
      }
    }
  }
  return {
    total,
    areas: Object.fromEntries([...areas].sort(byName)),
    kinds: Object.fromEntries([...kinds].sort(byName)),
    unnamed: [...unnamed.values()].sort((a, b) => (a.element < b.element ? -1 : 1)),
  };
}

const NONE: Count = { words: 0, elements: 0, bits: 0, namedBits: 0 };

/** One word's elements, or those of a kind. */
function count(elements: readonly Element[]): Count {
  const bits = (of: readonly Element[]): number => of.reduce((width, element) => width + element.width, 0);
  return {
    words: 1,
    elements: elements.length,
    bits: bits(elements),
    namedBits: bits(elements.filter(({ named }) => named)),
  };
}

function sum(a: Count, b: Count): Count {
  return {
    words: a.words + b.words,
    elements: a.elements + b.elements,
    bits: a.bits + b.bits,
    namedBits: a.namedBits + b.namedBits,
  };
}

function byName([a]: readonly [string, Count], [b]: readonly [string, Count]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
