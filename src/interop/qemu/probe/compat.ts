/**
 * Compat properties without what is said again: a machine type of an older version sets what the next newer one sets and then
 * more (pc_q35_9_1_machine_options begins with pc_q35_9_2_machine_options, hw/i386/pc_q35.c).
 */
import type { CompatProperties, CompatProperty } from '../../../model/index.ts';

/** Each list as the longest other list that it begins with, and the rest. Of equal ones, that of the own family. */
export function foldCompat(
  lists: ReadonlyMap<string, readonly CompatProperty[]>,
): ReadonlyMap<string, CompatProperties> {
  const keys = new Map([...lists].map(([name, list]) => [name, list.map((row) => JSON.stringify(row))]));
  const shortestFirst = [...keys].sort(([a, x], [b, y]) => x.length - y.length || (a < b ? -1 : 1));
  const folded = new Map<string, CompatProperties>();
  for (const [index, [name, rows]] of shortestFirst.entries()) {
    const candidates = shortestFirst
      .slice(0, index)
      .filter(([, shorter]) => shorter.length > 0 && shorter.every((row, at) => row === rows[at]));
    const longest = candidates.at(-1)?.[1].length ?? 0;
    const best = candidates.filter(([, shorter]) => shorter.length === longest);
    const after = (best.find(([other]) => family(other) === family(name)) ?? best[0])?.[0] ?? null;
    folded.set(name, { after, properties: (lists.get(name) ?? []).slice(longest) });
  }
  return folded;
}

/** `pc-q35` of `pc-q35-9.1`. */
function family(name: string): string {
  return name.replace(/-\d+(\.\d+)+$/, '');
}
