/** Distinct units of all contracts, numbered; what each gives in the situations in which it was judged. */
import type { MeasuredSurface, Registry, WordPath } from '../../model/index.ts';
import { judgeAddition } from '../addition-units.ts';
import type { Findings } from '../finding.ts';
import { judgeUnit } from '../unit.ts';
import type { Unit } from '../unit.ts';
import { FlagTable } from './flags.ts';
import { Interner } from './interner.ts';

/** `addition` is one word that the contract does not speak of: the engine's unit of all of them, taken apart. */
export type KnownUnit = Exclude<Unit, { kind: 'additions' }> | { readonly kind: 'addition'; readonly path: WordPath };

export interface CompiledUnit {
  readonly id: number;
  readonly unit: KnownUnit;
  /** The word's number; null for areas, which are of the whole surface. */
  readonly word: number | null;
  /** By the situation of the word, or by the areas of the surface. */
  readonly flags: FlagTable;
}

export class Units {
  readonly #numbers = new Interner();
  readonly #units: CompiledUnit[] = [];
  readonly #wordNumber: (path: WordPath) => number;

  constructor(wordNumber: (path: WordPath) => number) {
    this.#wordNumber = wordNumber;
  }

  intern(unit: KnownUnit): CompiledUnit {
    const path = wordOf(unit);
    const word = path === null ? null : this.#wordNumber(path);
    const id = this.#numbers.numberOf(`${unit.kind} ${word ?? ''} ${contentOf(unit)}`);
    return (this.#units[id] ??= { id, unit, word, flags: new FlagTable() });
  }

  at(id: number): CompiledUnit {
    const unit = this.#units[id];
    if (unit === undefined) throw new Error(`unit ${id} is of another engine`);
    return unit;
  }
}

export function judgeKnown(registry: Registry, unit: KnownUnit, surface: MeasuredSurface): Iterable<Findings> {
  if (unit.kind !== 'addition') return judgeUnit(registry, unit, surface);
  const word = surface.words.get(unit.path);
  return word === undefined ? [] : [judgeAddition(registry, word, surface)];
}

function wordOf(unit: KnownUnit): WordPath | null {
  switch (unit.kind) {
    case 'promise':
    case 'gained':
      return unit.promised.word;
    case 'carried':
      return unit.word;
    case 'unsaid':
      return unit.word.path;
    case 'addition':
      return unit.path;
    case 'areas':
      return null;
  }
}

/** Everything of a unit but its word. */
function contentOf(unit: KnownUnit): string {
  switch (unit.kind) {
    case 'promise':
    case 'gained':
      return `${unit.promised.width} ${unit.promised.value} ${unit.promised.mask}`;
    case 'carried':
      return `${unit.holding.value} ${unit.holding.fresh}`;
    case 'unsaid':
      return String(unit.word.width);
    case 'areas':
      return JSON.stringify([[...unit.said], unit.unknown.map(({ area, why }) => [area, why])]);
    case 'addition':
      return '';
  }
}
