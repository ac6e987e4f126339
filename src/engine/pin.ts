/**
 * `pin`: from surfaces to a contract. One surface: what its host shows a guest by default. Several: the largest
 * machine that all of them can show, element by element within the intersection of their latitudes. Pure.
 */
import { CONTRACT_FORMAT, err, extract, fieldMask, latitude, numeric, ok } from '../model/index.ts';
import type {
  Contract,
  Element,
  ElementPath,
  Latitude,
  MeasuredSurface,
  MeasuredWord,
  Promised,
  Registry,
  Result,
  WordPath,
} from '../model/index.ts';
import { isPromised } from './check.ts';
import { fieldLatitude } from './field-latitude.ts';
import { show } from './judge.ts';

export interface PinOptions {
  readonly name: string;
  /** What the hosts are, in the order of the surfaces; kept in the contract for people. */
  readonly hosts: readonly string[];
  /** What the person called the surfaces, for conflicts; `hosts` where not given. */
  readonly names?: readonly string[];
  readonly choices?: Readonly<Record<string, string>>;
}

export interface PinError {
  readonly code: 'no-surface' | 'incomparable' | 'no-common-machine';
  readonly message: string;
  /** For `no-common-machine`: the elements for which no value suits all hosts. */
  readonly conflicts: readonly Conflict[];
}

export interface Conflict {
  readonly element: ElementPath;
  readonly text: string;
}

export function pin(
  registry: Registry,
  surfaces: readonly MeasuredSurface[],
  options: PinOptions,
): Result<Contract, PinError> {
  const [first, ...others] = surfaces;
  if (first === undefined)
    return err({ code: 'no-surface', message: 'a contract is pinned from at least one surface', conflicts: [] });
  for (const other of others) {
    const why = registry.incomparable(first, other);
    if (why !== null) return err({ code: 'incomparable', message: why, conflicts: [] });
  }
  const promises: Promised[] = [];
  const carries: WordPath[] = [];
  const conflicts: Conflict[] = [];
  const measuredAreas = new Set(
    [...first.areas.values()].filter((area) => everywhere(surfaces, area.name)).map(({ name }) => name),
  );
  for (const path of wordsOf(surfaces)) {
    if (!measuredAreas.has(registry.area(path))) continue;
    const width = surfaces.find((surface) => surface.words.has(path))?.words.get(path)?.width ?? 64;
    const elements = registry.elements(path, width);
    const wanted = elements.filter(isPromised);
    if (elements.some((element) => element.kind === 'state')) {
      if (surfaces.every((surface) => surface.words.has(path))) carries.push(path);
    }
    if (wanted.length === 0) continue;
    const promised = promise(registry, path, width, wanted, surfaces, options.names ?? options.hosts, conflicts);
    if (promised !== null) promises.push(promised);
  }
  if (conflicts.length > 0) {
    const message = `no machine suits all ${surfaces.length} hosts: ${conflicts.length} ${conflicts.length === 1 ? 'element has' : 'elements have'} no value that each of them can show`;
    return err({ code: 'no-common-machine', message, conflicts });
  }
  return ok({
    format: CONTRACT_FORMAT,
    architecture: first.architecture,
    name: options.name,
    pinnedFrom: surfaces.map((surface, index) => ({
      fingerprint: surface.fingerprint,
      host: options.hosts[index] ?? '',
    })),
    promises,
    carries,
    unknown: unknownAreas(surfaces),
    choices: options.choices ?? {},
  });
}

function everywhere(surfaces: readonly MeasuredSurface[], area: string): boolean {
  return surfaces.every((surface) => surface.areas.get(area)?.measured === true);
}

/** All words of all surfaces, in the order in which the first that has them gives them. */
function wordsOf(surfaces: readonly MeasuredSurface[]): Set<WordPath> {
  return new Set(surfaces.flatMap((surface) => [...surface.words.keys()]));
}

function unknownAreas(surfaces: readonly MeasuredSurface[]): Contract['unknown'] {
  const unknown = new Map<string, string>();
  for (const surface of surfaces) {
    for (const area of surface.areas.values()) if (!area.measured) unknown.set(area.name, area.evidence);
  }
  return [...unknown].map(([area, why]) => ({ area, why }));
}

function promise(
  registry: Registry,
  path: WordPath,
  width: number,
  elements: readonly Element[],
  surfaces: readonly MeasuredSurface[],
  names: readonly string[],
  conflicts: Conflict[],
): Promised | null {
  const words = surfaces.map((surface) => wordOn(registry, path, width, surface));
  // Not measured, or varying from run to run on one of them: no promise.
  if (words.some((word) => word !== 'absent' && word.value === null)) return null;
  const present = words.filter((word) => word !== 'absent');
  const neutral = present.length < words.length ? registry.neutral(path) : null;
  // A register that only some of them have is harmless on those as long as the guest is not told of it.
  if (present.length < words.length && neutral === null) return null;
  let value = 0n;
  let mask = 0n;
  for (const element of elements) {
    const chosen = common(element, present, neutral);
    if (chosen === null) conflicts.push({ element: element.path, text: defaults(element, words, names) });
    else value |= chosen << BigInt(element.shift);
    mask |= fieldMask(element);
  }
  return { word: path, width, value, mask };
}

function wordOn(registry: Registry, path: WordPath, width: number, surface: MeasuredSurface): MeasuredWord | 'absent' {
  const word = surface.words.get(path);
  if (word !== undefined) return word;
  const absence = registry.whenAbsent(path);
  if (absence.kind === 'absent') return 'absent';
  return {
    path,
    width,
    value: 0n,
    latitude: { kind: 'fixed', otherwise: absence.otherwise },
    mechanism: null,
    evidence: '',
  };
}

/**
 * The best value that every host can show, or null. Where some hosts lack the register, only its neutral value will
 * do: those that have it must be able to show that.
 */
function common(element: Element, words: readonly MeasuredWord[], neutral: bigint | null): bigint | null {
  const shown = words.map((word) => extract(element, word.value ?? 0n));
  const first = neutral === null ? (shown[0] ?? 0n) : extract(element, neutral);
  if (shown.every((value) => value === first)) return first;
  let joint: Latitude = latitude.free(element.width);
  for (const word of words) {
    const found = fieldLatitude(element, word, word.value ?? 0n);
    // Where nothing is known of a host's latitude, its default is all that can be counted on.
    const own = found.known ? found.latitude : latitude.fixed(element.width, extract(element, word.value ?? 0n));
    joint = latitude.intersection(joint, own);
  }
  if (neutral !== null) return latitude.contains(joint, first) ? first : null;
  return best(element, joint, shown);
}

/** The best member of `joint` that promises no host more than it shows by default, under the element's comparison. */
function best(element: Element, joint: Latitude, shown: readonly bigint[]): bigint | null {
  switch (element.comparison) {
    case 'subset': {
      const ceiling = shown.reduce((all, value) => all & value);
      return latitude.largest(latitude.intersection(joint, latitude.subset(element.width, ceiling, 0n)));
    }
    case 'lower-safe':
    case 'higher-safe':
    case 'higher-or-zero':
      return mostThatIsSafe(element, joint, shown);
    case 'exact':
    case 'none':
      return shown.find((value) => latitude.contains(joint, value)) ?? null;
  }
}

/** Among the values that are known one by one (enumerated, or some host's default), the best that is safe for all. */
function mostThatIsSafe(element: Element, joint: Latitude, shown: readonly bigint[]): bigint | null {
  const safe = (joint.values ?? shown).filter(
    (value) => latitude.contains(joint, value) && shown.every((limit) => atMost(element, value, limit)),
  );
  return safe.toSorted((a, b) => (atMost(element, a, b) ? 1 : -1))[0] ?? null;
}

/** True where a guest that was promised `value` is safe on a host that has `limit`. */
export function atMost(element: Element, value: bigint, limit: bigint): boolean {
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

/** `0x4 (5.10.0-32), 0x6 (6.12.107, 7.2.12)`: what each host shows by default. */
function defaults(element: Element, words: readonly (MeasuredWord | 'absent')[], names: readonly string[]): string {
  const byValue = Map.groupBy(
    words.map((word, index) => ({
      value: word === 'absent' ? 'absent' : show(element, extract(element, word.value ?? 0n)),
      host: names[index] ?? `host ${index + 1}`,
    })),
    ({ value }) => value,
  );
  return [...byValue].map(([value, rows]) => `${value} (${rows.map(({ host }) => host).join(', ')})`).join(', ');
}
