/** A verdict with all its reasons from units that were judged before: counts added up, reasons joined by level. */
import { LEVELS } from '../../model/index.ts';
import type { Level, Reason, Registry, Verdict } from '../../model/index.ts';
import type { Findings } from '../finding.ts';
import { reasonOf } from '../fold.ts';
import type { CompiledContract, CompiledSurface, Judged } from './compiled.ts';
import { judgeKnown } from './units.ts';
import type { KnownUnit, Units } from './units.ts';
import type { Words } from './words.ts';

/** `incomparable`: nothing but this, where the two must not be compared. */
export function verdictOf(
  registry: Registry,
  words: Words,
  units: Units,
  contract: CompiledContract,
  surface: CompiledSurface,
  incomparable: Findings | null,
): Verdict {
  const counts: Record<Level, number> = { same: 0, selectable: 0, unknown: 0, refused: 0, lost: 0, silent: 0 };
  const byLevel: Record<Level, Reason[]> = { same: [], selectable: [], unknown: [], refused: [], lost: [], silent: [] };
  const add = ({ same, reasons }: Judged): void => {
    counts.same += same;
    for (const reason of reasons) {
      counts[reason.level]++;
      byLevel[reason.level].push(reason);
    }
  };
  const addUnits = (ids: Uint32Array): void => {
    for (const id of ids) add((surface.judged[id] ??= judged(registry, units.at(id).unit, surface)));
  };
  if (incomparable !== null) {
    add(joined([incomparable], surface));
  } else {
    addUnits(contract.units);
    surface.additions ??= additionsOf(registry, words, surface);
    for (const [word, addition] of surface.additions) if (contract.speaks[word] === 0) add(addition);
    addUnits(contract.gained);
  }
  const worstFirst = LEVELS.toReversed();
  return {
    level: worstFirst.find((level) => byLevel[level].length > 0) ?? 'same',
    counts,
    reasons: worstFirst.flatMap((level) => byLevel[level]),
    caveats: [...surface.surface.caveats, ...(incomparable === null ? contract.caveats : [])],
  };
}

function judged(registry: Registry, unit: KnownUnit, surface: CompiledSurface): Judged {
  return joined(judgeKnown(registry, unit, surface.surface), surface);
}

function joined(findings: Iterable<Findings>, { surface }: CompiledSurface): Judged {
  let same = 0;
  const reasons: Reason[] = [];
  for (const each of findings) {
    same += each.same;
    for (const finding of each.found) {
      if (finding.level === 'same') same++;
      else reasons.push(reasonOf(finding, surface));
    }
  }
  return { same, reasons };
}

function additionsOf(
  registry: Registry,
  words: Words,
  surface: CompiledSurface,
): NonNullable<CompiledSurface['additions']> {
  return [...surface.surface.words.keys()].flatMap((path): [number, Judged][] => {
    const addition = judged(registry, { kind: 'addition', path }, surface);
    return addition.same === 0 && addition.reasons.length === 0 ? [] : [[words.numberOf(path), addition]];
  });
}
