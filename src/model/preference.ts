/**
 * Which of an element's values is the better promise. `atMost` is the order: a guest that was promised `value` is safe
 * where `limit` is shown (Linux's arm64_ftr_safe_value, arch/arm64/kernel/cpufeature.c, gives the rules their names).
 */
import { numeric } from './element.ts';
import type { Element } from './element.ts';
import { contains, intersection, largest, range, smallest, subset } from './latitude.ts';
import type { Latitude } from './latitude.ts';

export type Preference = Pick<Element, 'comparison' | 'signed' | 'width'>;

/** True where a guest that was promised `value` is safe on a host that has `limit`. */
export function atMost(element: Preference, value: bigint, limit: bigint): boolean {
  const [a, b] = [numeric(element, value), numeric(element, limit)];
  switch (element.comparison) {
    case 'subset':
      return (value & ~limit) === 0n;
    case 'lower-safe':
      return a <= b;
    case 'higher-safe':
      return a >= b;
    case 'higher-or-zero':
      return a === 0n || (b !== 0n && a >= b);
    case 'exact':
    case 'none':
      return a === b;
  }
}

/**
 * The best member that promises no host more than it shows by default, or null where there is none. `shown`: the
 * defaults, at least one. Of an element that must be the same everywhere it is the first default that belongs.
 */
export function best(element: Preference, latitude: Latitude, shown: readonly bigint[]): bigint | null {
  const { width } = element;
  switch (element.comparison) {
    case 'subset': {
      const ceiling = shown.reduce((all, value) => all & value);
      return largest(intersection(latitude, subset(width, ceiling, 0n)));
    }
    case 'lower-safe':
      return highest(
        element,
        latitude,
        extreme(element, shown, (a, b) => a < b),
      );
    case 'higher-safe':
      return lowest(
        element,
        latitude,
        extreme(element, shown, (a, b) => a > b),
      );
    case 'higher-or-zero': {
      const most = shown.includes(0n) ? null : extreme(element, shown, (a, b) => a > b);
      const above = most === null ? null : smallest(intersection(latitude, range(width, most, ones(width))));
      return above ?? (contains(latitude, 0n) ? 0n : null);
    }
    case 'exact':
    case 'none':
      return shown.find((value) => contains(latitude, value)) ?? null;
  }
}

/** The largest member that is at most `limit`, as the element counts. */
function highest(element: Preference, latitude: Latitude, limit: bigint): bigint | null {
  const { signed, width } = element;
  if (!signed) return largest(intersection(latitude, range(width, 0n, limit)));
  // Unsigned, the negative half lies above the other; within a half the orders agree.
  const sign = 1n << BigInt(width - 1);
  if (limit >= sign) return largest(intersection(latitude, range(width, sign, limit)));
  return (
    largest(intersection(latitude, range(width, 0n, limit))) ??
    largest(intersection(latitude, range(width, sign, ones(width))))
  );
}

/** The smallest member that is at least `limit`, as the element counts. */
function lowest(element: Preference, latitude: Latitude, limit: bigint): bigint | null {
  const { signed, width } = element;
  if (!signed) return smallest(intersection(latitude, range(width, limit, ones(width))));
  const sign = 1n << BigInt(width - 1);
  if (limit < sign) return smallest(intersection(latitude, range(width, limit, sign - 1n)));
  return (
    smallest(intersection(latitude, range(width, limit, ones(width)))) ??
    smallest(intersection(latitude, range(width, 0n, sign - 1n)))
  );
}

function extreme(element: Preference, shown: readonly bigint[], before: (a: bigint, b: bigint) => boolean): bigint {
  return shown.reduce((found, value) => (before(numeric(element, value), numeric(element, found)) ? value : found));
}

function ones(width: number): bigint {
  return (1n << BigInt(width)) - 1n;
}

/** True where the values differ by no more than the element tolerates (`tolerance`, parts per million of `shown`). */
export function agrees(element: Pick<Element, 'tolerance'>, promised: bigint, shown: bigint): boolean {
  if (promised === shown) return true;
  if (element.tolerance === undefined) return false;
  const distance = promised > shown ? promised - shown : shown - promised;
  return distance * 1_000_000n <= shown * BigInt(element.tolerance);
}
