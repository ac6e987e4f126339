/**
 * Latitude: the set of values that a host can give an element. One product form stands for all the kinds: a value
 * belongs where it contains the `required` bits, has no bits outside `mask`, lies in `min`..`max` (unsigned), and is
 * among `values` where those are enumerated. Intersection is taken part by part, so the form is closed under it; every
 * set has one canonical form (`canonical`), so that equality is decided without listing members.
 *
 * That a latitude is not known is no latitude: it is kept apart by whoever has one (`WordLatitude`, `FieldLatitude`).
 */
export interface Latitude {
  readonly mask: bigint;
  readonly required: bigint;
  readonly min: bigint;
  readonly max: bigint;
  /** Sorted, without duplicates; null where the values are not enumerated. */
  readonly values: readonly bigint[] | null;
}

const ones = (width: number): bigint => (1n << BigInt(width)) - 1n;

export function free(width: number): Latitude {
  return { mask: ones(width), required: 0n, min: 0n, max: ones(width), values: null };
}

export function fixed(width: number, value: bigint): Latitude {
  return { ...free(width), values: [value] };
}

/** Every value that contains `required` and has no bit outside `mask`. */
export function subset(width: number, mask: bigint, required: bigint): Latitude {
  return { ...free(width), mask, required };
}

export function range(width: number, min: bigint, max: bigint): Latitude {
  return { ...free(width), min, max };
}

export function enumerated(width: number, values: readonly bigint[]): Latitude {
  return { ...free(width), values: sorted(values) };
}

export function contains(latitude: Latitude, value: bigint): boolean {
  return inBox(latitude, value) && (latitude.values === null || latitude.values.includes(value));
}

export function intersection(a: Latitude, b: Latitude): Latitude {
  const values =
    a.values === null ? b.values : b.values === null ? a.values : a.values.filter((value) => b.values?.includes(value));
  const joined: Latitude = {
    mask: a.mask & b.mask,
    required: a.required | b.required,
    min: a.min > b.min ? a.min : b.min,
    max: a.max < b.max ? a.max : b.max,
    values,
  };
  return values === null ? joined : { ...joined, values: values.filter((value) => inBox(joined, value)) };
}

/** The largest member, or null where there is none. */
export function largest(latitude: Latitude): bigint | null {
  if (latitude.values !== null) return latitude.values.findLast((value) => inBox(latitude, value)) ?? null;
  const candidate = largestSubset(latitude.mask, latitude.required, latitude.max);
  return candidate !== null && inBox(latitude, candidate) ? candidate : null;
}

/** The smallest member, or null where there is none. */
export function smallest(latitude: Latitude): bigint | null {
  if (latitude.values !== null) return latitude.values.find((value) => inBox(latitude, value)) ?? null;
  // The smallest value is the complement of the largest complement.
  const all = ones(Math.max(...[latitude.mask, latitude.max, latitude.min].map(bits)));
  const { mask, required, min } = latitude;
  const mirrored = largestSubset(~required & all, ~mask & all, all ^ min);
  const candidate = mirrored === null ? null : all ^ mirrored;
  return candidate !== null && inBox(latitude, candidate) ? candidate : null;
}

export function isEmpty(latitude: Latitude): boolean {
  return largest(latitude) === null;
}

/** How many values belong. */
export function size(latitude: Latitude): bigint {
  if (latitude.values !== null) return BigInt(latitude.values.filter((value) => inBox(latitude, value)).length);
  const below = latitude.min === 0n ? 0n : countUpTo(latitude, latitude.min - 1n);
  const count = countUpTo(latitude, latitude.max) - below;
  return count > 0n ? count : 0n;
}

const EMPTY: Latitude = { mask: 0n, required: 0n, min: 0n, max: 0n, values: [] };

/**
 * The one form of this set: equal sets have equal forms. The box is the tightest around the members (bits that all of
 * them have, bits that any of them has, the smallest, the largest), and values are enumerated only where there are
 * fewer of them than the box holds.
 */
export function canonical(latitude: Latitude): Latitude {
  const [min, max] = [smallest(latitude), largest(latitude)];
  if (min === null || max === null) return EMPTY;
  if (latitude.values === null) return tighten(latitude, min, max);
  const values = latitude.values.filter((value) => inBox(latitude, value));
  const box: Latitude = {
    mask: values.reduce((any, value) => any | value, 0n),
    required: values.reduce((all, value) => all & value),
    min,
    max,
    values: null,
  };
  return size(box) === BigInt(values.length) ? box : { ...box, values };
}

export function equals(a: Latitude, b: Latitude): boolean {
  const [left, right] = [canonical(a), canonical(b)];
  return (
    left.mask === right.mask &&
    left.required === right.required &&
    left.min === right.min &&
    left.max === right.max &&
    (left.values === null) === (right.values === null) &&
    (left.values ?? []).length === (right.values ?? []).length &&
    (left.values ?? []).every((value, index) => right.values?.[index] === value)
  );
}

/** True where every member of `a` belongs to `b`. */
export function within(a: Latitude, b: Latitude): boolean {
  return equals(intersection(a, b), a);
}

function inBox({ mask, required, min, max }: Latitude, value: bigint): boolean {
  return (required & ~value) === 0n && (value & ~mask) === 0n && value >= min && value <= max;
}

/** A bit that no member has leaves the mask; one that every member has is required. */
function tighten(latitude: Latitude, min: bigint, max: bigint): Latitude {
  let { mask, required } = { mask: 0n, required: latitude.mask };
  for (let bit = 1n; bit <= latitude.mask; bit <<= 1n) {
    if ((latitude.mask & bit) === 0n) continue;
    if (!isEmpty({ ...latitude, required: latitude.required | bit })) mask |= bit;
    if ((latitude.required & bit) === 0n && !isEmpty({ ...latitude, mask: latitude.mask & ~bit })) required &= ~bit;
  }
  return { mask, required: required & mask, min, max, values: null };
}

/**
 * The largest value between `required` and `mask` (as bit sets) that does not exceed `max`: take optional bits from
 * the top while the bits that are required further down still fit.
 */
function largestSubset(mask: bigint, required: bigint, max: bigint): bigint | null {
  if ((required & ~mask) !== 0n || required > max) return null;
  let value = required;
  for (let bit = BigInt(bits(mask)) - 1n; bit >= 0n; bit--) {
    const with_ = value | (1n << bit);
    if ((mask & (1n << bit)) !== 0n && with_ <= max) value = with_;
  }
  return value;
}

/** How many values between `required` and `mask` do not exceed `max`: digit by digit from the top. */
function countUpTo({ mask, required }: Latitude, max: bigint): bigint {
  if ((required & ~mask) !== 0n) return 0n;
  const optional = mask & ~required;
  let count = 0n;
  for (let at = Math.max(bits(mask), bits(max)) - 1; at >= 0; at--) {
    const bit = 1n << BigInt(at);
    if ((max & bit) === 0n) {
      if ((required & bit) !== 0n) return count;
    } else {
      // Below a 0 here everything fits.
      if ((required & bit) === 0n) count += 1n << BigInt(population(optional & (bit - 1n)));
      if ((mask & bit) === 0n) return count;
    }
  }
  return count + 1n;
}

function bits(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}

function population(value: bigint): number {
  return value.toString(2).replaceAll('0', '').length;
}

function sorted(values: readonly bigint[]): bigint[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
