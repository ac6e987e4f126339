/**
 * The fewest hosts to leave out of a pool so that the others have a common machine. Found by cores: a smallest set of
 * groups that do not go together, one of which has to go. That holds but for one thing: a further host can settle what two
 * others leave open (which of two identities, a value that one of them alone would not give up). So smaller sets are tried
 * one by one as well, as far as the budget goes. Pure, and the same for the same pool.
 */
import type { MeasuredSurface, Registry, WordPath } from '../model/index.ts';
import { pin } from './pin.ts';

export interface Candidate {
  readonly names: readonly string[];
  readonly surface: MeasuredSurface;
}

export interface Exclusion {
  /** Names of all hosts to leave out. */
  readonly names: readonly string[];
  /** False where the search ended before it was sure that no smaller set will do. */
  readonly smallest: boolean;
}

/** Pins of reduced surfaces that a search may cost; beyond it the best found so far is the answer. */
const BUDGET = 4000;

/** `pool` has no common machine. */
export function exclude(registry: Registry, pool: readonly Candidate[]): Exclusion {
  const search = new Search(registry, pool);
  const left = search.run();
  const kept = new Set(left);
  return { names: pool.filter((each) => !kept.has(each)).flatMap(({ names }) => names), smallest: !search.exhausted };
}

class Search {
  readonly #registry: Registry;
  readonly #pool: readonly Candidate[];
  /** Only these words are compared; those of which no conflict is known are left out. */
  #words: ReadonlySet<WordPath> = new Set();
  #reduced: ReadonlyMap<Candidate, MeasuredSurface> = new Map();
  #spent = 0;

  constructor(registry: Registry, pool: readonly Candidate[]) {
    this.#registry = registry;
    this.#pool = pool;
  }

  get exhausted(): boolean {
    return this.#spent >= BUDGET;
  }

  run(): readonly Candidate[] {
    const comparable = this.#comparable();
    this.#learn(comparable);
    for (;;) {
      this.#spent = 0;
      const found = this.#without(comparable, hosts(comparable)) ?? comparable.slice(0, 1);
      const best = this.#settled(comparable, [], hosts(comparable) - hosts(found)) ?? found;
      // What suits the words that were compared need not suit all: leaving a host out can bring a new conflict.
      if (!this.#learn(best)) return best;
    }
  }

  /** Of hosts that must not be compared (two vendors), the larger part. */
  #comparable(): readonly Candidate[] {
    const classes: Candidate[][] = [];
    for (const each of this.#pool) {
      const own = classes.find(([first]) => first !== undefined && this.#goTogether(first, each));
      if (own === undefined) classes.push([each]);
      else own.push(each);
    }
    return classes.reduce((most, each) => (hosts(each) > hosts(most) ? each : most), classes[0] ?? []);
  }

  #goTogether(a: Candidate, b: Candidate): boolean {
    return this.#registry.incomparable(a.surface, b.surface) === null;
  }

  /** Adds the words in conflict among these; true where there were new ones. */
  #learn(candidates: readonly Candidate[]): boolean {
    const pinned = pin(
      this.#registry,
      candidates.map(({ surface }) => surface),
      { name: '', hosts: [] },
    );
    if (pinned.ok) return false;
    const words = new Set(this.#words);
    for (const { element } of pinned.error.conflicts) {
      for (const { surface } of candidates) {
        for (const word of surface.words.keys())
          if (element === word || element.startsWith(`${word}/`)) words.add(word);
      }
    }
    const learned = words.size > this.#words.size;
    this.#words = words;
    this.#reduced = new Map(this.#pool.map((each) => [each, reduce(each.surface, words)]));
    return learned;
  }

  /** The most hosts that go together, losing fewer than `bound` of them; null where there are none such. */
  #without(candidates: readonly Candidate[], bound: number): readonly Candidate[] | null {
    if (bound <= 0 || this.exhausted) return null;
    const core = this.#core(candidates);
    if (core === null) return candidates;
    let best: readonly Candidate[] | null = null;
    let left = bound;
    // Small groups first: leaving them out costs least.
    for (const out of core.toSorted((a, b) => a.names.length - b.names.length)) {
      const rest = candidates.filter((each) => each !== out);
      const found = rest.length === 0 ? null : this.#without(rest, left - out.names.length);
      if (found === null) continue;
      const lost = hosts(candidates) - hosts(found);
      if (lost >= left) continue;
      best = found;
      left = lost;
    }
    return best;
  }

  /** The most that go together of which fewer than `bound` hosts are left out, tried one set after the other; null for none. */
  #settled(from: readonly Candidate[], kept: readonly Candidate[], bound: number): readonly Candidate[] | null {
    if (bound <= 0 || this.#spent >= BUDGET / 2) return null;
    const [next, ...others] = from;
    if (next === undefined) return this.#agree(kept) ? kept : null;
    const without = this.#settled(others, kept, bound - hosts([next]));
    const left = without === null ? bound : hosts(from) + hosts(kept) - hosts(without);
    return this.#settled(others, [...kept, next], left) ?? without;
  }

  /** A set of candidates that do not go together, and do once any of them is left out; null where all go together. */
  #core(candidates: readonly Candidate[]): readonly Candidate[] | null {
    if (this.#agree(candidates)) return null;
    let core = candidates;
    for (const each of candidates) {
      const rest = core.filter((other) => other !== each);
      if (rest.length > 0 && !this.#agree(rest)) core = rest;
    }
    return core;
  }

  #agree(candidates: readonly Candidate[]): boolean {
    this.#spent++;
    const surfaces = candidates.map((each) => this.#reduced.get(each) ?? each.surface);
    return pin(this.#registry, surfaces, { name: '', hosts: [] }).ok;
  }
}

function hosts(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { names }) => sum + names.length, 0);
}

function reduce(surface: MeasuredSurface, words: ReadonlySet<WordPath>): MeasuredSurface {
  return { ...surface, words: new Map([...surface.words].filter(([path]) => words.has(path))) };
}
