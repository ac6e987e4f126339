/**
 * The words of all contracts and surfaces, numbered, in groups of 32; their distinct situations, and the distinct
 * situations of whole groups. A surface is then one number a group.
 */
import type { MeasuredSurface, Registry, WordPath } from '../../model/index.ts';
import { Interner } from './interner.ts';
import { situationOf } from './situation.ts';

const GROUP_BITS = 5;

export function groupOf(word: number): number {
  return word >> GROUP_BITS;
}

interface Word {
  readonly path: WordPath;
  readonly area: string;
  readonly situations: Interner;
}

export class Words {
  readonly #registry: Registry;
  readonly #numbers = new Interner();
  readonly #words: Word[] = [];
  readonly #groups: Interner[] = [];

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  get size(): number {
    return this.#words.length;
  }

  numberOf(path: WordPath): number {
    const number = this.#numbers.numberOf(path);
    this.#words[number] ??= { path, area: this.#registry.area(path), situations: new Interner() };
    return number;
  }

  pathOf(word: number): WordPath {
    return this.#at(word).path;
  }

  /** The situations of all words that are known now, after those that were known before. */
  situationsOf(surface: MeasuredSurface, before: Uint32Array): Uint32Array {
    const all = new Uint32Array(this.size);
    all.set(before);
    for (let word = before.length; word < all.length; word++) {
      const { path, area, situations } = this.#at(word);
      all[word] = situations.numberOf(situationOf(surface, path, area));
    }
    return all;
  }

  groupsOf(situations: Uint32Array): Uint32Array {
    const groups = new Uint32Array(groupOf(situations.length - 1) + 1);
    for (let group = 0; group < groups.length; group++) {
      const part = situations.subarray(group << GROUP_BITS, (group + 1) << GROUP_BITS);
      groups[group] = (this.#groups[group] ??= new Interner()).numberOf(part.join(' '));
    }
    return groups;
  }

  #at(word: number): Word {
    const known = this.#words[word];
    if (known === undefined) throw new Error(`word ${word} is of another engine`);
    return known;
  }
}
