/**
 * What KVM_SET_CPUID2 can make of one CPUID register, from the three tables that were tried and from what a guest
 * really read. KVM accepts bits that the host cannot give: such a bit then reads as set and the feature is not there,
 * so a feature can be hidden and never added, but for those that KVM emulates or leaves to the VMM.
 */
import type { FieldValues, Rejection, WordLatitude } from '../../../model/index.ts';
import { extract, fieldMask, fromHex } from '../../../model/index.ts';
import type { CpuidElement } from '../cpuid-elements.ts';
import type { CpuidLatitudeData, CpuidObservedData, CpuidTrial } from '../sections.ts';

const ALL = 0xffff_ffffn;
const CALL = 'KVM_SET_CPUID2';
const IGNORED: Rejection = { how: 'ignored', call: CALL };
/** Fields up to this width have their values listed one by one; wider ones only those that were tried, and 0. */
const LISTED_BITS = 8;

/** Bits of a word that read back as asked when they were cleared, or set. */
export interface Movable {
  readonly clearable: bigint;
  readonly settable: bigint;
  readonly otherwise: Rejection;
}

/** What the trials say of a word whose default is `value`. */
export function movable(
  word: string,
  value: bigint,
  tried: CpuidLatitudeData,
  seen: CpuidObservedData | null,
): Movable {
  const zero = outcome(tried.cleared, word, 0n);
  const ones = outcome(tried.ones, word, ALL);
  const stuck = observedResidue(word, seen);
  const refusal = zero.errno ?? ones.errno;
  return {
    clearable: value & (zero.reads === null ? zero.takes : ~zero.reads & ALL) & ~stuck,
    settable: ~value & (ones.reads ?? ones.takes) & ALL & (stuck === 0n ? ALL : 0n),
    otherwise: refusal === null ? IGNORED : { how: 'refused', call: CALL, errno: refusal },
  };
}

interface Outcome {
  /** What the word read after the write; null where the write was refused. */
  readonly reads: bigint | null;
  readonly takes: bigint;
  readonly errno: string | null;
}

function outcome(trial: CpuidTrial, word: string, wrote: bigint): Outcome {
  const refused = trial.refused.find((row) => row.word === word);
  if (refused !== undefined) return { reads: null, takes: fromHex(refused.takes), errno: refused.errno };
  const differs = trial.differs.find((row) => row.word === word);
  return { reads: differs === undefined ? wrote : fromHex(differs.reads), takes: 0n, errno: null };
}

/** Bits that a guest still read as 1 although its table had the whole register 0. */
function observedResidue(word: string, seen: CpuidObservedData | null): bigint {
  if (seen?.cleared.ended !== 'halted') return 0n;
  const differs = seen.cleared.differs.find((row) => row.word === word);
  return differs === undefined ? 0n : fromHex(differs.reads);
}

/** `given`: bits of features that KVM does not list as supported and yet can give this guest. */
export function latitudeOf(
  elements: readonly CpuidElement[],
  value: bigint,
  { clearable, settable, otherwise }: Movable,
  given: bigint,
  values: readonly FieldValues[],
): WordLatitude {
  const byField = values.length > 0 || elements.some(({ selection }) => selection === 'hardware');
  if (byField)
    return {
      kind: 'fields',
      fields: elements.map((element) => fieldValues(element, value, clearable, settable, given, values)),
      otherwise,
    };
  let mayClear = 0n;
  let maySet = 0n;
  for (const element of elements) {
    const mask = fieldMask(element);
    const feature = element.selection === 'mask';
    // An inverted feature is hidden by setting its bit, and had by nothing.
    const inverted = element.comparison === 'higher-safe';
    if (!(feature && inverted)) mayClear |= mask & clearable;
    maySet |= mask & settable & (feature && !inverted ? given : ALL);
  }
  if (mayClear === 0n && maySet === 0n) return { kind: 'fixed', otherwise };
  return { kind: 'bits', clearable: mayClear, settable: maySet, otherwise };
}

/** The values of one field, each reachable while its neighbours stay as they are. */
function fieldValues(
  element: CpuidElement,
  value: bigint,
  clearable: bigint,
  settable: bigint,
  given: bigint,
  tried: readonly FieldValues[],
): FieldValues {
  const { shift, width } = element;
  const shows = extract(element, value);
  const known = tried.find((field) => field.shift === shift && field.width === width)?.values ?? [];
  const fixed = extract(element, value & ~clearable);
  // Data may take any bits that KVM takes; a feature those that KVM can give besides.
  const ceiling = shows | extract(element, settable & (element.selection === 'data' ? ALL : given));
  const values = [shows, ...(fixed === 0n ? [0n] : []), ...known];
  if (element.selection !== 'hardware' && width <= LISTED_BITS) {
    for (let candidate = 0n; candidate < 1n << BigInt(width); candidate++) {
      if ((candidate & ~ceiling) !== 0n || (fixed & ~candidate) !== 0n) continue;
      if (element.comparison !== 'lower-safe' || candidate <= shows) values.push(candidate);
    }
  }
  return { shift, width, values: [...new Set(values)] };
}
