/**
 * What the data of a section means, said for every member: a unit that must become a word, a key that names the unit
 * beside it, or a measurement that is no word of its own, with the reason. What no meaning speaks of is unclassified:
 * that is how a registry proves that it left nothing out of what was recorded.
 */
import type { Json, Surface, WordPath } from '../../model/index.ts';

/** Where the walk is. */
export interface Here {
  readonly value: Json;
  /** JSON pointer into the surface. */
  readonly pointer: string;
  /** The objects and arrays around it, the nearest first. */
  readonly parents: readonly Json[];
  /** The member's name or the item's index, then those of the parents. */
  readonly keys: readonly string[];
  readonly context: Context;
}

export interface Context {
  readonly surface: Surface;
  /** Every word that the surface gives, for whatever vCPU it was recorded. */
  readonly words: ReadonlySet<WordPath>;
}

export interface Mapped {
  readonly word: WordPath;
  /** Why the word may be missing all the same; null: then it is a gap of the registry. */
  readonly otherwise: string | null;
}

export type Meaning =
  /** A unit; `members`: those of its object, where it is one. */
  | {
      readonly is: 'unit';
      readonly what: string;
      readonly members: readonly string[] | null;
      readonly map: (here: Here) => Mapped;
    }
  | { readonly is: 'measurement'; readonly why: string }
  | { readonly is: 'key' }
  | { readonly is: 'record'; readonly members: Readonly<Record<string, Meaning>> }
  | { readonly is: 'list'; readonly of: Meaning }
  | { readonly is: 'tuple'; readonly of: readonly Meaning[] };

/** One scalar or row of a section, and what became of it. */
export interface RawUnit {
  readonly pointer: string;
  /** `CPUID register`, `MSR`, `capability`, …; `measurement` where it is none. */
  readonly what: string;
  readonly became:
    | { readonly kind: 'word'; readonly word: WordPath }
    | { readonly kind: 'measurement'; readonly why: string }
    | { readonly kind: 'unclassified'; readonly why: string };
}

export const KEY: Meaning = { is: 'key' };
export const measurement = (why: string): Meaning => ({ is: 'measurement', why });
export const list = (of: Meaning): Meaning => ({ is: 'list', of });
export const tuple = (...of: readonly Meaning[]): Meaning => ({ is: 'tuple', of });
export const record = (members: Readonly<Record<string, Meaning>>): Meaning => ({ is: 'record', members });

/** A scalar that is a unit. */
export const unit = (what: string, map: (here: Here) => Mapped): Meaning => ({ is: 'unit', what, members: null, map });

/** An object that is a unit as a whole, with the members that belong to it. */
export const row = (what: string, members: readonly string[], map: (here: Here) => Mapped): Meaning => ({
  is: 'unit',
  what,
  members,
  map,
});

export const word = (path: WordPath, otherwise: string | null = null): Mapped => ({ word: path, otherwise });

/** A member of an object as text; empty where it is none, which no word is called. */
export function textOf(value: Json | undefined, name: string): string {
  const member = isObject(value) ? value[name] : undefined;
  return typeof member === 'string' || typeof member === 'number' ? String(member) : '';
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
