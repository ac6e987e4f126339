/** The registries, by architecture: what every word and element of a surface is and how it compares. */
import type { Architecture, MeasuredSurface, Registry, Section, Surface } from '../model/index.ts';
import * as arm64 from './arm64/index.ts';
import * as x86 from './x86/index.ts';

export interface MeasureOptions {
  /** arm64: which recorded combination of vCPU features the guest has. Default: everything but EL2. */
  readonly vcpu?: string;
}

export function registryFor(architecture: Architecture): Registry {
  switch (architecture) {
    case 'x86_64':
      return x86.registry;
    case 'arm64':
      return arm64.registry;
  }
}

/** Words, latitude and areas of a surface, derived from its sections. */
export function measure(surface: Surface, options: MeasureOptions = {}): MeasuredSurface {
  switch (surface.architecture) {
    case 'x86_64':
      return x86.measure(surface);
    case 'arm64':
      return arm64.measure(surface, options);
  }
}

/** The sections without what varies from run to run; the fingerprint is taken over these. */
export function canonicalSections(
  architecture: Architecture,
  sections: Readonly<Record<string, Section>>,
): Readonly<Record<string, Section>> {
  switch (architecture) {
    case 'x86_64':
      return x86.canonicalSections(sections);
    case 'arm64':
      return arm64.canonicalSections(sections);
  }
}
