/** What guests do with an element, by the rows of `use-rows.ts`. */
import type { Element } from '../../../model/index.ts';
import { USE_ROWS } from './use-rows.ts';

const byLength: readonly (readonly [path: string, use: string])[] = Object.entries(USE_ROWS).toSorted(
  ([a], [b]) => b.length - a.length,
);

/** Null where nothing is known; of a bit without a name nothing is. */
export function use(element: Element): string | null {
  if (!element.named) return null;
  return byLength.find(([path]) => isWithin(element.path, path))?.[1] ?? null;
}

/** `cpuid/0xd:1/eax` is within `cpuid/0xd:1/eax/xfd`'s word and not within that element; `…_` is a common beginning. */
function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(outer.endsWith('_') ? outer : `${outer}/`);
}
