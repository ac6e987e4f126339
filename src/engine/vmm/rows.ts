/** Which row of a profile is about a word: the first whose pattern fits. */
import type { Architecture, VmmProfile, VmmRow, WordPath } from '../../model/index.ts';

interface Compiled {
  readonly rows: readonly { readonly fits: (word: WordPath) => boolean; readonly row: VmmRow }[];
  readonly found: Map<WordPath, VmmRow | null>;
}

const compiled = new WeakMap<VmmProfile, Map<Architecture, Compiled>>();

/** Null where the profile says nothing of the word. */
export function rowFor(profile: VmmProfile, architecture: Architecture, word: WordPath): VmmRow | null {
  const { rows, found } = compile(profile, architecture);
  const known = found.get(word);
  if (known !== undefined) return known;
  const row = rows.find((candidate) => candidate.fits(word))?.row ?? null;
  found.set(word, row);
  return row;
}

/** True where the pattern, in which `*` stands for any text, is of this word. */
export function fits(pattern: string, word: WordPath): boolean {
  return pattern.includes('*') ? expression(pattern).test(word) : pattern === word;
}

function compile(profile: VmmProfile, architecture: Architecture): Compiled {
  const known = compiled.get(profile)?.get(architecture);
  if (known !== undefined) return known;
  const rows = profile.rows[architecture].map((row) => {
    const exact = new Set(row.words.filter((pattern) => !pattern.includes('*')));
    const patterns = row.words.filter((pattern) => pattern.includes('*')).map(expression);
    return { row, fits: (word: WordPath) => exact.has(word) || patterns.some((pattern) => pattern.test(word)) };
  });
  const made: Compiled = { rows, found: new Map() };
  compiled.set(profile, new Map(compiled.get(profile)).set(architecture, made));
  return made;
}

function expression(pattern: string): RegExp {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`);
}
