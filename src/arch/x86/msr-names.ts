/** MSR numbers and Linux's names for them. */
import { MSR_NAMES } from './tables/msr-names.ts';
import { COMPUTED_MSR_NAMES } from './tables/msr-names-extra.ts';

// Later rows win by number; by name all are known, so that a path with an older name still means its MSR.
const nameOf: ReadonlyMap<number, string> = new Map([...MSR_NAMES, ...COMPUTED_MSR_NAMES]);
const indexOf: ReadonlyMap<string, number> = new Map(
  [...MSR_NAMES, ...COMPUTED_MSR_NAMES].map(([index, name]) => [name, index]),
);

/** `msr/MSR_IA32_XSS`, or `msr/0xc0011aaa` where Linux has no name. */
export function msrWord(index: number): string {
  return `msr/${nameOf.get(index) ?? `0x${index.toString(16)}`}`;
}

/** The MSR that a word path is of, by name or number; null for anything else. */
export function parseMsrWord(path: string): number | null {
  if (!path.startsWith('msr/')) return null;
  const name = path.slice('msr/'.length);
  const index = indexOf.get(name);
  if (index !== undefined) return index;
  return /^0x[0-9a-f]{1,8}$/.test(name) ? Number(name) : null;
}
