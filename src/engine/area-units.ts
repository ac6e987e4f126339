/** What cannot be said element by element: areas that one side knows nothing of, and hosts that cannot be compared. */
import type { Contract, MeasuredSurface, MeasuredWord, Registry, WordPath } from '../model/index.ts';
import { NOTHING, ofArea } from './finding.ts';
import type { Findings, Judgement } from './finding.ts';

/** Another vendor is one reason: an element-wise comparison would say much and mean nothing. Null where they compare. */
export function judgeComparable(registry: Registry, contract: Contract, other: MeasuredSurface): Findings | null {
  const why = registry.incomparable(asSurface(contract), other);
  return why === null ? null : ofArea('host', { level: 'refused', rule: 'incomparable', text: why });
}

/** A contract as the surface of a host that shows exactly what it promises; to ask a registry what both are. */
function asSurface(contract: Contract): MeasuredSurface {
  const words = contract.promises.map(({ word: path, width, value }): [WordPath, MeasuredWord] => [
    path,
    { path, width, value, latitude: { kind: 'free' }, mechanism: null, evidence: '' },
  ]);
  return {
    architecture: contract.architecture,
    fingerprint: contract.pinnedFrom[0]?.fingerprint ?? '',
    words: new Map(words),
    areas: new Map(),
    caveats: [],
  };
}

/** Every area that the contract names, or that a word of it belongs to. */
export function areasSaid(registry: Registry, contract: Contract): ReadonlySet<string> {
  return new Set([
    ...contract.unknown.map(({ area }) => area),
    ...contract.promises.map(({ word }) => registry.area(word)),
    ...contract.carries.map((word) => registry.area(word)),
  ]);
}

/** One area as a whole: unknown to the contract, to the destination, or to everybody. */
export function judgeArea(area: string, unknowns: Contract['unknown'], destination: MeasuredSurface): Findings {
  const unknown = unknowns.find((known) => known.area === area);
  if (unknown !== undefined) {
    return ofArea(area, unmeasured(`nothing was known of it when the contract was pinned: ${unknown.why}`));
  }
  const there = destination.areas.get(area);
  if (there === undefined) {
    // A promise in an area that the destination does not even name is not kept by silence.
    return ofArea(area, unmeasured('the contract says something of it, and nobody knows such an area'));
  }
  if (there.measured) return NOTHING;
  return ofArea(area, unmeasured(`the destination's surface says nothing of it: ${there.evidence}`));
}

function unmeasured(text: string): Judgement {
  return { level: 'unknown', rule: 'not-measured', text };
}
