/**
 * `pin`: from surfaces to a contract. One surface: what its host shows a guest by default. Several: the largest
 * machine that all of them can show, element by element within the intersection of their latitudes. Pure.
 */
import { CONTRACT_FORMAT, err, ok } from '../model/index.ts';
import type {
  Contract,
  ElementPath,
  MeasuredSurface,
  Promised,
  Registry,
  Result,
  SwitchWord,
  WordPath,
} from '../model/index.ts';
import { isPromised } from './addition-units.ts';
import { choose } from './promise.ts';
import type { Conflict, NamedHost, Wanted } from './promise.ts';
import { findElement, validate } from './wanted.ts';

export interface PinOptions {
  readonly name: string;
  /** What the hosts are, in the order of the surfaces; kept in the contract for people. */
  readonly hosts: readonly string[];
  /** What the person called the surfaces, for conflicts; `hosts` where not given. */
  readonly names?: readonly string[];
  readonly choices?: Readonly<Record<string, string>>;
  /** Values that the guest is given instead of a default, by element. Each must be one that every host can show. */
  readonly settings?: ReadonlyMap<ElementPath, bigint>;
  /** Elements of which nothing is promised: the guest does not depend on them. */
  readonly except?: readonly ElementPath[];
}

export interface PinError {
  readonly code: 'no-surface' | 'incomparable' | 'no-common-machine' | 'unknown-element' | 'not-selectable';
  readonly message: string;
  /** For `no-common-machine`: the elements for which no value suits all hosts. */
  readonly conflicts: readonly Conflict[];
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
  const names = options.names ?? options.hosts;
  const hosts = surfaces.map((surface, index): NamedHost => ({ name: names[index] ?? `host ${index + 1}`, surface }));
  const wanted = validate(registry, options.settings ?? new Map(), hosts);
  if (!wanted.ok) return err({ ...wanted.error, conflicts: [] });
  const except = exceptions(registry, options.except ?? [], hosts);
  if (!except.ok) return except;
  const pinned = promisesOf(registry, hosts, wanted.value, except.value);
  if (pinned.conflicts.length > 0) return err(noCommonMachine(pinned.conflicts, surfaces.length));
  const { promises } = pinned;
  const carries = carriedBy(registry, surfaces);
  const fresh = carries.flatMap((path): [WordPath, bigint][] => {
    const value = surfaces.length === 1 ? (first.words.get(path)?.value ?? null) : null;
    return value === null ? [] : [[path, value]];
  });
  const said = new Set(promises.map(({ word }) => registry.area(word)));
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
    ...(fresh.length === 0 ? {} : { fresh: Object.fromEntries(fresh) }),
    // Of switches that a person spoke of, the others are unsaid one by one.
    unknown: [...unknownAreas(surfaces).filter(({ area }) => !said.has(area)), ...sparseAreas(surfaces)],
    choices: options.choices ?? {},
  });
}

interface Pinned {
  readonly promises: readonly Promised[];
  readonly conflicts: readonly Conflict[];
}

function promisesOf(
  registry: Registry,
  hosts: readonly NamedHost[],
  wanted: Wanted,
  except: ReadonlySet<ElementPath>,
): Pinned {
  const promises: Promised[] = [];
  const conflicts: Conflict[] = [];
  for (const { path, width } of promisable(registry, hosts)) {
    const elements = registry
      .elements(path, width)
      .filter((element) => isPromised(element) && !except.has(element.path));
    const asked = elements.filter((element) => wanted.has(element.path));
    const measured = hosts.every(({ surface }) => surface.areas.get(registry.area(path))?.measured === true);
    if (elements.length === 0 || (!measured && asked.length === 0)) continue;
    // Nothing was measured, and the person said what the VMM sets: a switch is one element.
    const chosen = measured
      ? choose(registry, path, width, elements, hosts, wanted)
      : choose(registry, path, width, asked, [], wanted);
    if (chosen.promised !== null) promises.push(chosen.promised);
    conflicts.push(...chosen.conflicts);
  }
  return { promises, conflicts };
}

/** All words of all surfaces, in the order in which the first that has them gives them, and every switch. */
function promisable(registry: Registry, hosts: readonly NamedHost[]): Iterable<SwitchWord> {
  const words = new Map<WordPath, SwitchWord>();
  for (const { surface } of hosts) {
    for (const word of surface.words.values()) if (!words.has(word.path)) words.set(word.path, word);
  }
  // A kernel that does not know a switch gives what its neutral value gives.
  for (const word of registry.switches?.() ?? []) if (!words.has(word.path)) words.set(word.path, word);
  return words.values();
}

/** State that every one of them has and that can be written: what cannot is a fact about the host. */
function carriedBy(registry: Registry, surfaces: readonly MeasuredSurface[]): WordPath[] {
  const [first] = surfaces;
  if (first === undefined) return [];
  return [...first.words.values()].flatMap(({ path, width, mechanism }) => {
    if (mechanism === null) return [];
    const area = registry.area(path);
    const everywhere = surfaces.every(
      (surface) => surface.areas.get(area)?.measured === true && surface.words.has(path),
    );
    return everywhere && registry.elements(path, width).some(({ kind }) => kind === 'state') ? [path] : [];
  });
}

function exceptions(
  registry: Registry,
  paths: readonly ElementPath[],
  hosts: readonly NamedHost[],
): Result<ReadonlySet<ElementPath>, PinError> {
  const found = new Set<ElementPath>();
  for (const path of paths) {
    const element = findElement(registry, path, hosts);
    if (element === null) {
      const message = `${path}: no element of these surfaces has this path`;
      return err({ code: 'unknown-element', message, conflicts: [] });
    }
    found.add(element.path);
  }
  return ok(found);
}

function noCommonMachine(conflicts: readonly Conflict[], hosts: number): PinError {
  if (hosts === 1) {
    // Each can be had, and whole words were tried without this one.
    return { code: 'no-common-machine', message: 'the values cannot be had together', conflicts };
  }
  const elements = conflicts.length === 1 ? '1 element has' : `${conflicts.length} elements have`;
  const message = `no machine suits all ${hosts} hosts: ${elements} no value that each of them can show`;
  return { code: 'no-common-machine', message, conflicts };
}

/** Of these a capture told single bits: what is promised of them is not all that the guest has. */
function sparseAreas(surfaces: readonly MeasuredSurface[]): Contract['unknown'] {
  const sparse = new Map<string, string>();
  for (const surface of surfaces) {
    for (const area of surface.areas.values()) {
      if (area.measured && area.sparse === true) sparse.set(area.name, area.partial ?? area.evidence);
    }
  }
  return [...sparse].map(([area, why]) => ({ area, why }));
}

function unknownAreas(surfaces: readonly MeasuredSurface[]): Contract['unknown'] {
  const unknown = new Map<string, string>();
  for (const surface of surfaces) {
    for (const area of surface.areas.values()) if (!area.measured) unknown.set(area.name, area.evidence);
  }
  return [...unknown].map(([area, why]) => ({ area, why }));
}
