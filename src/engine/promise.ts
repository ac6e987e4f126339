/** The value that a word is promised with: per element the best that every host can show, and all of it at once. */
import { atMost, best, extract, fieldMask, latitude } from '../model/index.ts';
import type {
  Element,
  ElementPath,
  Latitude,
  MeasuredSurface,
  MeasuredWord,
  Promised,
  Registry,
} from '../model/index.ts';
import { describeLatitude } from './describe.ts';
import { fieldLatitude, isKnown, showsTogether } from './field-latitude.ts';
import { show } from './judge.ts';
import { zeroWord } from './promise-unit.ts';

/** What one host says of an element for which a value was looked for. */
export interface HostSays {
  readonly name: string;
  /** Null: the host does not have the register. */
  readonly shows: bigint | null;
  /** What it can show, in words. */
  readonly canShow: string;
}

export interface Conflict {
  readonly element: ElementPath;
  /** `0x4 (5.10.0-32), 0x6 (6.12.107, 7.2.12)`. */
  readonly text: string;
  readonly hosts: readonly HostSays[];
}

export interface NamedHost {
  readonly name: string;
  readonly surface: MeasuredSurface;
}

/** What a person asked for, by element. */
export type Wanted = ReadonlyMap<ElementPath, bigint>;

export interface WordChoice {
  readonly promised: Promised | null;
  readonly conflicts: readonly Conflict[];
}

const NO_PROMISE: WordChoice = { promised: null, conflicts: [] };

/**
 * `elements`: those of the word that are to be promised. No promise where the word was not measured everywhere, or some
 * hosts lack it and no value of it means "not there".
 */
export function choose(
  registry: Registry,
  path: string,
  width: number,
  elements: readonly Element[],
  hosts: readonly NamedHost[],
  wanted: Wanted,
): WordChoice {
  const words = hosts.map(({ surface }) => wordOn(registry, path, width, surface));
  if (words.some((word) => word !== 'absent' && word.value === null)) return NO_PROMISE;
  const present = words.filter((word) => word !== 'absent');
  const neutral = present.length < words.length ? registry.neutral(path) : null;
  // A register that only some of them have is harmless on those as long as the guest is not told of it.
  if (present.length < words.length && neutral === null) return NO_PROMISE;
  const conflict = (element: Element): Conflict => conflictOf(element, words, hosts);
  let value = 0n;
  let mask = 0n;
  const conflicts: Conflict[] = [];
  for (const element of elements) {
    const asked = wanted.get(element.path);
    // What a capture does not say is promised to nobody.
    if (asked === undefined && present.some((word) => !isKnown(element, word))) continue;
    const chosen = common(element, present, neutral, asked);
    if (chosen === null) conflicts.push(conflict(element));
    else value |= chosen << BigInt(element.shift);
    mask |= fieldMask(element);
  }
  if (conflicts.length > 0) return { promised: null, conflicts };
  if (mask === 0n) return NO_PROMISE;
  if (togetherOn(present, value, mask)) return { promised: { word: path, width, value, mask }, conflicts };
  // Where whole words were tried, fields that can be had one by one may not be had at once.
  const whole = neutral === null ? bestTogether(elements, present, mask, wanted) : null;
  const [first] = elements;
  if (whole !== null) return { promised: { word: path, width, value: whole, mask }, conflicts };
  return { promised: null, conflicts: first === undefined ? [] : [{ ...conflict(first), element: path }] };
}

function wordOn(registry: Registry, path: string, width: number, surface: MeasuredSurface): MeasuredWord | 'absent' {
  const word = surface.words.get(path);
  if (word !== undefined) return word;
  const absence = registry.whenAbsent(path);
  if (absence.kind === 'absent') return 'absent';
  if (surface.areas.get(registry.area(path))?.sparse === true) {
    return { ...zeroWord({ word: path, width }, absence, ''), known: 0n };
  }
  return zeroWord({ word: path, width }, absence, '');
}

/** What every one of these words can show; a host of which nothing is known can be counted on for its default alone. */
export function jointLatitude(element: Element, words: readonly MeasuredWord[]): Latitude {
  return words.reduce((joint, word) => {
    const shown = word.value ?? 0n;
    const found = fieldLatitude(element, word, shown);
    const own = found.known ? found.latitude : latitude.fixed(element.width, extract(element, shown));
    return latitude.intersection(joint, own);
  }, latitude.free(element.width));
}

/**
 * The best value that every host can show, or null. Where some hosts lack the register, only its neutral value will
 * do: those that have it must be able to show that.
 */
function common(
  element: Element,
  words: readonly MeasuredWord[],
  neutral: bigint | null,
  asked: bigint | undefined,
): bigint | null {
  const only = asked ?? (neutral === null ? undefined : extract(element, neutral));
  if (asked !== undefined && neutral !== null && extract(element, neutral) !== asked) return null;
  const shown = words.map((word) => extract(element, word.value ?? 0n));
  const first = only ?? shown[0] ?? 0n;
  if (shown.every((value) => value === first)) return first;
  const joint = jointLatitude(element, words);
  if (only !== undefined) return latitude.contains(joint, only) ? only : null;
  return best(element, joint, shown);
}

function togetherOn(words: readonly MeasuredWord[], value: bigint, mask: bigint): boolean {
  return words.every((word) => showsTogether(word, ((word.value ?? 0n) & ~mask) | value));
}

/** Among the whole words that some host was seen to take, the largest that all can show and that is safe for all. */
function bestTogether(
  elements: readonly Element[],
  words: readonly MeasuredWord[],
  mask: bigint,
  wanted: Wanted,
): bigint | null {
  const tried = words.flatMap(({ latitude: given, value }) =>
    given.kind === 'values' ? [...given.values, value ?? 0n] : [],
  );
  const suits = (whole: bigint): boolean =>
    togetherOn(words, whole, mask) &&
    elements.every((element) => {
      const value = extract(element, whole);
      const asked = wanted.get(element.path);
      if (asked !== undefined && asked !== value) return false;
      return words.every((word) => {
        const shown = extract(element, word.value ?? 0n);
        if (asked === undefined && element.comparison !== 'exact' && !atMost(element, value, shown)) return false;
        return word.latitude.kind === 'values' || latitude.contains(jointLatitude(element, [word]), value);
      });
    });
  return tried
    .map((whole) => whole & mask)
    .filter(suits)
    .reduce<bigint | null>((most, whole) => (most === null || whole > most ? whole : most), null);
}

function conflictOf(
  element: Element,
  words: readonly (MeasuredWord | 'absent')[],
  hosts: readonly NamedHost[],
): Conflict {
  const said = words.map((word, index): HostSays => {
    const name = hosts[index]?.name ?? `host ${index + 1}`;
    if (word === 'absent') return { name, shows: null, canShow: 'nothing: it does not have the register' };
    const value = word.value ?? 0n;
    return {
      name,
      shows: extract(element, value),
      canShow: describeLatitude(element, fieldLatitude(element, word, value)),
    };
  });
  const byValue = Map.groupBy(said, ({ shows }) => (shows === null ? 'absent' : show(element, shows)));
  const text = [...byValue].map(([value, rows]) => `${value} (${rows.map(({ name }) => name).join(', ')})`).join(', ');
  return { element: element.path, text, hosts: said };
}
