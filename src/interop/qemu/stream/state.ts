/**
 * States and fields that are made when somebody looks at them. A stream describes some ten thousand bytes of arrays for each
 * vCPU, and who lists sections wants none of their elements.
 */
import type { StreamField, StreamState } from './model.ts';

/** What the description says in one entry: a field, or all elements of an array, which follow each other. */
export interface Entry {
  readonly name: string;
  readonly type: string;
  /** Where the description names the element; null of single fields and where `count` says how many there are. */
  readonly index: number | null;
  /** Null of what is no array. */
  readonly count: number | null;
  /** Of one element, bytes. */
  readonly size: number;
  /** In the bytes that were read. */
  readonly at: number;
  /** Of structs, one an element. */
  readonly states: readonly StreamState[] | null;
}

/** The bytes that were read, and where they begin in the stream. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

export class State implements StreamState {
  readonly name: string;
  readonly version: number;
  readonly offset: number;
  readonly bytes: number;
  readonly subsections: readonly StreamState[];
  readonly #source: Source;
  readonly #entries: readonly Entry[];

  constructor(
    source: Source,
    entries: readonly Entry[],
    of: Pick<StreamState, 'name' | 'version' | 'offset' | 'bytes' | 'subsections'>,
  ) {
    this.#source = source;
    this.#entries = entries;
    this.name = of.name;
    this.version = of.version;
    this.offset = of.offset;
    this.bytes = of.bytes;
    this.subsections = of.subsections;
  }

  get fields(): readonly StreamField[] {
    return this.#entries.flatMap((entry) => expand(this.#source, entry));
  }

  /** What is in the structs among the fields. */
  get inner(): readonly StreamState[] {
    return this.#entries.flatMap(({ states }) => states ?? []);
  }

  /** Fields of other types than these; arrays in one. */
  undescribed(types: ReadonlySet<string>): readonly StreamField[] {
    return this.#entries
      .filter(({ type, states }) => states === null && !types.has(type))
      .flatMap((entry) => expand(this.#source, { ...entry, count: null, size: entry.size * (entry.count ?? 1) }));
  }

  /** Whether there is a field of that name; makes none. */
  has(name: string): boolean {
    return this.#entries.some((entry) => entry.name === name);
  }

  /** A subsection has its version in the stream, and begins with a header. */
  asSubsection(version: number, offset: number): State {
    const { name, subsections } = this;
    const bytes = this.offset + this.bytes - offset;
    return new State(this.#source, this.#entries, { name, version, offset, bytes, subsections });
  }
}

function expand(source: Source, { name, type, index, count, size, at, states }: Entry): StreamField[] {
  return Array.from({ length: count ?? 1 }, (_, element) => {
    const begin = at + element * size;
    return {
      name,
      type,
      index: count === null ? index : element,
      offset: source.offset + begin,
      size,
      bytes: source.bytes.subarray(begin, begin + size),
      state: states?.[element] ?? null,
    };
  });
}
