/**
 * One unit of state that the guest carries, on one destination. Whether losing it matters depends on what it holds;
 * where nobody knows that, the level is that of a value that is in use, and the text says which value would be harmless.
 * Pure, and independent of every other unit.
 */
import { extract, hex, latitude } from '../model/index.ts';
import type {
  MeasuredSurface,
  MeasuredWord,
  Promised,
  Registry,
  Rejection,
  Restore,
  Values,
  WordPath,
} from '../model/index.ts';
import { fieldLatitude } from './field-latitude.ts';
import { NOTHING, same } from './finding.ts';
import type { Findings } from './finding.ts';
import { rejectionOf } from './judge.ts';
import { absenceOf, missing, unrestorable } from './promise-unit.ts';

/** What is known of what it holds: `value` now, `fresh` on a vCPU that has not run. */
export interface Holding {
  readonly value: bigint | undefined;
  readonly fresh: bigint | undefined;
}

/** A word may have any name, `constructor` too: what objects inherit is no value. */
export function heldBy(values: Values | undefined, word: WordPath): bigint | undefined {
  return values !== undefined && Object.hasOwn(values, word) ? values[word] : undefined;
}

/** True where the guest was promised that it has none of the features by which it could have used the state. */
export function isOutOfReach(registry: Registry, word: WordPath, promises: ReadonlyMap<WordPath, Promised>): boolean {
  const gates = registry.gates?.(word) ?? [];
  return (
    gates.length > 0 &&
    gates.every((gate) => {
      const promised = promises.get(gate.word);
      return promised !== undefined && (promised.mask & gate.bits) === gate.bits && (promised.value & gate.bits) === 0n;
    })
  );
}

export function judgeCarried(
  registry: Registry,
  path: WordPath,
  holding: Holding,
  destination: MeasuredSurface,
): Findings {
  if (destination.areas.get(registry.area(path))?.measured !== true) return NOTHING;
  const neutral = registry.neutral(path);
  const status = registry.status?.(path) ?? 0n;
  if (holding.value !== undefined && neutral !== null && ((holding.value ^ neutral) & ~status) === 0n) return same(1);
  const word = destination.words.get(path);
  if (word !== undefined) {
    return holding.value === undefined ? same(1) : judgeRestore(registry, holding.value, word, status);
  }
  const restore = destination.restores?.get(path);
  const cause =
    restore === undefined ? absenceOf(registry, path, destination).otherwise : causeOf(restore, holding.value, neutral);
  if (cause === null) return same(1);
  const evidence = restore?.evidence ?? destination.areas.get(registry.area(path))?.evidence ?? '';
  const text = restore?.about ?? textOf(holding, neutral);
  return missing(registry, path, unrestorable('state-missing', text, cause), holding.value ?? null, evidence);
}

function textOf({ value, fresh }: Holding, neutral: bigint | null): string {
  if (value !== undefined) return `the guest carries ${hex(value)} in it and the destination does not offer it`;
  const text = 'the guest carries it and the destination does not offer it';
  if (neutral === null) return text;
  const untouched = fresh === neutral ? ', as it is until the guest uses it' : '';
  return `${text} (harmless while its value is ${hex(neutral)}${untouched})`;
}

/** A value that is known, on a host that has the register: does it take that one? Status bits follow from others. */
function judgeRestore(registry: Registry, saved: bigint, word: MeasuredWord, status: bigint): Findings {
  const shows = word.value;
  // A host that lists a register takes what another of its kind saved, unless it was seen not to.
  if (shows === null) return same(1);
  const value = (saved & ~status) | (shows & status);
  if (shows === value) return same(1);
  for (const element of registry.elements(word.path, word.width)) {
    if (element.kind !== 'state') continue;
    const known = fieldLatitude(element, word, shows);
    const field = extract(element, value);
    if (!known.known || latitude.contains(known.latitude, field)) continue;
    const cause = rejectionOf(element, field, word, value);
    if (cause.how === 'unknown') continue;
    const text = `the guest carries ${hex(value)} in it, the destination has ${hex(shows)}`;
    return missing(registry, word.path, unrestorable('state-not-taken', text, cause), value, word.evidence);
  }
  return same(1);
}

/**
 * What happens to `value`, or where that is not known to one that is in use. Null: it is taken. What was refused or
 * dropped with one value counts for others; that the neutral value was taken says nothing of them.
 */
function causeOf(
  { value: wrote, outcome, bits }: Restore,
  value: bigint | undefined,
  neutral: bigint | null,
): Rejection | null {
  if (outcome.how !== 'taken') return outcome;
  if (wrote === null || value === wrote) return null;
  if (bits !== undefined) {
    const { taken, dropped, otherwise } = bits;
    const dropping: Rejection = otherwise.how === 'refused' ? { how: 'ignored', call: otherwise.call } : otherwise;
    if (value !== undefined) {
      const flipped = value ^ wrote;
      if ((flipped & ~(taken | dropped)) !== 0n) return otherwise;
      return (flipped & dropped) === 0n ? null : dropping;
    }
    // Bits that are refused where others are not are reserved, and set in no guest.
    if (dropped !== 0n) return dropping;
    return taken === 0n ? otherwise : null;
  }
  if (wrote !== (neutral ?? 0n)) return null;
  return { how: 'unknown', why: `it takes ${hex(wrote)}, and no other value was tried` };
}
