/** Coverage of surfaces by the registries, collected for output. */
import { rawUnits, vcpusOf } from '../arch/raw/index.ts';
import type { RawUnit } from '../arch/raw/index.ts';
import { measure, registryFor } from '../arch/index.ts';
import { coverage } from '../engine/index.ts';
import type { Covered } from '../engine/index.ts';
import { COVERAGE_FORMAT } from '../format/index.ts';
import type { CoverageDocument, RawCount } from '../format/index.ts';
import type { Architecture } from '../model/index.ts';
import { fingerprinted } from './input.ts';
import type { NamedSurface } from './input.ts';

interface Walked {
  readonly named: NamedSurface;
  readonly units: readonly RawUnit[];
}

export function coverageOf(surfaces: readonly NamedSurface[]): CoverageDocument {
  const walked = surfaces.map((named): Walked => ({ named, units: rawUnits(named.surface) }));
  const byArchitecture = [...Map.groupBy(walked, ({ named }) => named.surface.architecture)];
  return {
    format: COVERAGE_FORMAT,
    surfaces: surfaces.map(fingerprinted),
    raw: byArchitecture.flatMap(([architecture, of]) => rawCounts(architecture, of)),
    measurements: byArchitecture.flatMap(([architecture, of]) => reasons(architecture, of)),
    unclassified: walked.flatMap(({ named, units }) =>
      units.flatMap(({ pointer, became }) =>
        became.kind === 'unclassified' ? [{ surface: named.name, pointer, why: became.why }] : [],
      ),
    ),
    architectures: byArchitecture.map(([architecture, of]) => ({
      architecture,
      ...coverage(registryFor(architecture), of.flatMap(covered)),
    })),
  };
}

/** A surface once for each vCPU that it was recorded with: another vCPU has other registers. */
function covered({ named: { name, surface } }: Walked): Covered[] {
  return vcpusOf(surface).map((vcpu) => ({ name, measured: measure(surface, vcpu === undefined ? {} : { vcpu }) }));
}

function rawCounts(architecture: Architecture, walked: readonly Walked[]): RawCount[] {
  const units = walked.flatMap((one) => one.units);
  return [...Map.groupBy(units, ({ what }) => what)]
    .map(([what, of]) => {
      const become = (kind: RawUnit['became']['kind']): number =>
        of.filter(({ became }) => became.kind === kind).length;
      return {
        architecture,
        what,
        units: of.length,
        words: become('word'),
        measurements: become('measurement'),
        unclassified: become('unclassified'),
      };
    })
    .sort((a, b) => (a.what < b.what ? -1 : 1));
}

function reasons(architecture: Architecture, walked: readonly Walked[]): CoverageDocument['measurements'] {
  const counts = new Map<string, number>();
  for (const { became } of walked.flatMap((one) => one.units)) {
    if (became.kind === 'measurement') counts.set(became.why, (counts.get(became.why) ?? 0) + 1);
  }
  return [...counts]
    .map(([why, units]) => ({ architecture, why, units }))
    .sort((a, b) => b.units - a.units || (a.why < b.why ? -1 : 1));
}
