/** Descriptions that save the same: most of any two dumps, told apart from the others without building anything. */
import type { Description, Field } from './model.ts';

const known = new WeakMap<Description, WeakMap<Description, boolean>>();

/** As isEqual, which is the same both ways; of every two it is found out once. */
export function areKnownEqual(a: Description, b: Description): boolean {
  const before = known.get(a)?.get(b) ?? known.get(b)?.get(a);
  if (before !== undefined) return before;
  const equal = isEqual(a, b);
  const others = known.get(a) ?? new WeakMap<Description, boolean>();
  known.set(a, others.set(b, equal));
  return equal;
}

/** Nothing differs but the sizes of structs in memory, and numbers of elements that one of them does not say. */
export function isEqual(a: Description, b: Description): boolean {
  return (
    a.name === b.name &&
    a.version === b.version &&
    a.minimumVersion === b.minimumVersion &&
    // Of itself too, a version may be older than the oldest that is taken.
    (a.minimumVersion === null || a.version >= a.minimumVersion) &&
    a.entries.length === b.entries.length &&
    areEqual(a.fields, b.fields, isEqualField) &&
    areEqual(a.subsections, b.subsections, isEqual) &&
    hasDistinctNames(a.subsections)
  );
}

/** Of two subsections of one name only the first is ever loaded. QEMU 11.1 has such a device (eMMC). */
function hasDistinctNames(subsections: readonly Description[] | null): boolean {
  return (
    subsections === null ||
    subsections.length < 2 ||
    subsections.every(({ name }, index) => subsections.findIndex((other) => other.name === name) === index)
  );
}

function isEqualField(a: Field, b: Field): boolean {
  if (a.name !== b.name || a.version !== b.version || a.conditional !== b.conditional) return false;
  if (a.count !== b.count && a.count !== null && b.count !== null) return false;
  if (a.description === null || b.description === null) return a.description === b.description && a.size === b.size;
  return isEqual(a.description, b.description);
}

function areEqual<T>(a: readonly T[] | null, b: readonly T[] | null, equal: (x: T, y: T) => boolean): boolean {
  if (a === b) return true;
  if (a === null || b?.length !== a.length) return false;
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index], b[index]];
    if (x === undefined || y === undefined || !equal(x, y)) return false;
  }
  return true;
}
