/**
 * Latitude: the set of values that a host can give an element. One product form stands for all the kinds: a value
 * belongs where it contains the `required` bits, has no bits outside `mask`, lies in `min`..`max` (unsigned), and is
 * among `values` where those are enumerated. Intersection is taken part by part, so the form is closed under it.
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
  return (
    (latitude.required & ~value) === 0n &&
    (value & ~latitude.mask) === 0n &&
    value >= latitude.min &&
    value <= latitude.max &&
    (latitude.values === null || latitude.values.includes(value))
  );
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
  if (values === null) return joined;
  // Enumerated values say everything; what the other parts exclude is dropped, so that equal sets have equal forms.
  return { ...joined, values: values.filter((value) => contains({ ...joined, values: null }, value)) };
}

/** The largest member, or null where there is none. */
export function largest(latitude: Latitude): bigint | null {
  const candidate =
    latitude.values === null
      ? largestSubset(latitude.mask, latitude.required, latitude.max)
      : (latitude.values.findLast((value) => contains(latitude, value)) ?? null);
  return candidate !== null && contains(latitude, candidate) ? candidate : null;
}

export function isEmpty(latitude: Latitude): boolean {
  return largest(latitude) === null;
}

/**
 * The largest value between `required` and `mask` (as bit sets) that does not exceed `max`: take optional bits from
 * the top while the bits that are required further down still fit.
 */
function largestSubset(mask: bigint, required: bigint, max: bigint): bigint | null {
  if ((required & ~mask) !== 0n || required > max) return null;
  let value = required;
  for (let bit = BigInt(mask.toString(2).length) - 1n; bit >= 0n; bit--) {
    const with_ = value | (1n << bit);
    if ((mask & (1n << bit)) !== 0n && with_ <= max) value = with_;
  }
  return value;
}

function sorted(values: readonly bigint[]): bigint[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
