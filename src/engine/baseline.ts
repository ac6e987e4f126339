/**
 * The largest machine that every host of a pool can show, what it costs each of them, which hosts hold it down, and what
 * leaving one out would gain. Hosts that show the same are one group, so that the cost grows with distinct fingerprints.
 * Pure.
 */
import { agrees, atMost, extract, fieldMask } from '../model/index.ts';
import type { Contract, Element, ElementPath, MeasuredSurface, Registry, WordPath } from '../model/index.ts';
import { exclude } from './exclusion.ts';
import type { Exclusion } from './exclusion.ts';
import { pin } from './pin.ts';
import type { PinOptions } from './pin.ts';
import type { Conflict } from './promise.ts';

/** Hosts with one fingerprint. */
export interface PoolGroup {
  /** As the person called them, at least one. */
  readonly names: readonly string[];
  /** What each is, for the contract. */
  readonly hosts: readonly string[];
  readonly surface: MeasuredSurface;
}

/** One element, before and after: of a group alone and in the pool, or of the pool with and without a group. */
export interface ElementChange {
  readonly element: ElementPath;
  /** Null: nothing is promised. */
  readonly before: bigint | null;
  readonly after: bigint | null;
}

export interface GroupReport {
  readonly names: readonly string[];
  readonly fingerprint: string;
  /** What a guest of this group alone would have and a guest of the pool has not: `before` alone, `after` in the pool. */
  readonly costs: readonly ElementChange[];
  /** Elements that other groups could show better and that are as they are because of this group, perhaps among others. */
  readonly limits: readonly ElementPath[];
  /**
   * What becomes better without this group: `before` with it, `after` without. Null where the others have no common machine,
   * or there are no others.
   */
  readonly gains: readonly ElementChange[] | null;
}

export type Baseline =
  | { readonly common: true; readonly contract: Contract; readonly groups: readonly GroupReport[] }
  /** No machine suits all; `exclusion`: the fewest hosts to leave out so that one does. */
  | {
      readonly common: false;
      readonly why: string;
      readonly conflicts: readonly Conflict[];
      readonly exclusion: Exclusion;
    };

/** At least one group. The order of the groups decides among equally good values, as in `pin`. */
export function baseline(
  registry: Registry,
  groups: readonly PoolGroup[],
  options: Pick<PinOptions, 'name' | 'choices'>,
): Baseline {
  const pooled = pinGroups(registry, groups, options);
  if (!pooled.ok) {
    const { message: why, conflicts } = pooled.error;
    return { common: false, why, conflicts, exclusion: exclude(registry, groups) };
  }
  const alone = groups.map((each) => promisedBy(registry, orFail(pinGroups(registry, [each], options))));
  const pool = promisedBy(registry, pooled.value);
  const reports = groups.map((each, index): GroupReport => {
    const own = alone[index] ?? new Map<ElementPath, Value>();
    const others = groups.filter((other) => other !== each);
    const without = others.length === 0 ? null : pinGroups(registry, others, options);
    const gains = without?.ok === true ? better(promisedBy(registry, without.value), pool) : null;
    return {
      names: each.names,
      fingerprint: each.surface.fingerprint,
      costs: better(own, pool).map(({ element, before, after }) => ({ element, before: after, after: before })),
      limits: limitsOf(own, pool, alone, gains ?? []),
      gains,
    };
  });
  return { common: true, contract: pooled.value, groups: reports };
}

function pinGroups(
  registry: Registry,
  groups: readonly PoolGroup[],
  options: Pick<PinOptions, 'name' | 'choices'>,
): ReturnType<typeof pin> {
  // Every host is named in the contract, though only one of each group is compared.
  const pinned = pin(
    registry,
    groups.map(({ surface }) => surface),
    {
      ...options,
      hosts: groups.map(({ hosts }) => hosts[0] ?? ''),
      names: groups.map(({ names }) => groupName(names)),
    },
  );
  if (!pinned.ok) return pinned;
  const pinnedFrom = groups.flatMap(({ hosts, surface: { fingerprint } }) =>
    hosts.map((host) => ({ fingerprint, host })),
  );
  return { ok: true, value: { ...pinned.value, pinnedFrom } };
}

/** `node1 and 3 like it`: hosts that show the same are one in what is said of them. */
export function groupName([first, ...others]: readonly string[]): string {
  return `${first ?? ''}${others.length === 0 ? '' : ` and ${others.length} like it`}`;
}

function orFail(pinned: ReturnType<typeof pin>): Contract {
  if (!pinned.ok) throw new Error(`one surface always has a contract: ${pinned.error.message}`);
  return pinned.value;
}

interface Value {
  readonly element: Element;
  readonly value: bigint;
  /** Words of leaves that are not there read as zeros; those of registers are not promised. */
  readonly zeroWhenAbsent: boolean;
}

/** Every promised element of a contract with its value. */
function promisedBy(registry: Registry, contract: Contract): Map<ElementPath, Value> {
  const values = new Map<ElementPath, Value>();
  for (const { word, width, value, mask } of contract.promises) {
    const zeroWhenAbsent = isZeroWhenAbsent(registry, word);
    for (const element of registry.elements(word, width)) {
      if ((fieldMask(element) & ~mask) !== 0n) continue;
      values.set(element.path, { element, value: extract(element, value), zeroWhenAbsent });
    }
  }
  return values;
}

function isZeroWhenAbsent(registry: Registry, word: WordPath): boolean {
  return registry.whenAbsent(word).kind === 'zero';
}

/** Elements of `more` that are more than in `less`: `before` is the value in `less`. */
function better(more: ReadonlyMap<ElementPath, Value>, less: ReadonlyMap<ElementPath, Value>): ElementChange[] {
  return [...more].flatMap(([path, { element, value, zeroWhenAbsent }]): ElementChange[] => {
    const before = less.get(path)?.value ?? (zeroWhenAbsent ? 0n : null);
    if (before !== null && (agrees(element, value, before) || atMost(element, value, before))) return [];
    return [{ element: path, before, after: value }];
  });
}

/**
 * Elements that some group alone has better than the pool, and this one has not; and what the others could show without
 * it, which it may hold down by what it cannot be made to show.
 */
function limitsOf(
  own: ReadonlyMap<ElementPath, Value>,
  pool: ReadonlyMap<ElementPath, Value>,
  alone: readonly ReadonlyMap<ElementPath, Value>[],
  gains: readonly ElementChange[],
): ElementPath[] {
  const above = new Set(alone.flatMap((other) => better(other, pool).map(({ element }) => element)));
  const mine = new Set(better(own, pool).map(({ element }) => element));
  const held = [...above].filter((element) => !mine.has(element));
  return [...new Set([...held, ...gains.map(({ element }) => element)])];
}
