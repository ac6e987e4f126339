/**
 * Levels as bits, so that the level of many units is one OR over bytes: bit n is `LEVELS[n]`, and the highest decides.
 */
import { LEVELS } from '../../model/index.ts';
import type { Level } from '../../model/index.ts';
import type { Findings } from '../finding.ts';

/** In a table: not judged yet. No level has this bit. */
export const UNJUDGED = 0x80;

export function flagsOf(judged: Iterable<Findings>): number {
  let flags = 0;
  for (const { found } of judged) for (const { level } of found) flags |= 1 << LEVELS.indexOf(level);
  return flags;
}

export function levelOf(flags: number): Level {
  return LEVELS[31 - Math.clz32(flags | 1)] ?? 'same';
}

/** Flags by some small number, judged when first asked for. */
export class FlagTable {
  #flags: Uint8Array = new Uint8Array(0);

  /** `UNJUDGED` where nobody set it. */
  get(at: number): number {
    return at < this.#flags.length ? (this.#flags[at] ?? UNJUDGED) : UNJUDGED;
  }

  set(at: number, flags: number): number {
    if (at >= this.#flags.length) {
      const grown = new Uint8Array(Math.max(8, 2 ** Math.ceil(Math.log2(at + 1)))).fill(UNJUDGED);
      grown.set(this.#flags);
      this.#flags = grown;
    }
    this.#flags[at] = flags;
    return flags;
  }
}
