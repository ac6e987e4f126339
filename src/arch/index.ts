/** The registries, by architecture: what every word and element of a surface is and how it compares. */
import type {
  Architecture,
  Contract,
  Cpu,
  MeasuredSurface,
  Observation,
  ObservationRule,
  Operation,
  Registry,
  Section,
  Surface,
  WordPath,
} from '../model/index.ts';
import * as arm64 from './arm64/index.ts';
import { BEHAVIOURS as ARM64_BEHAVIOURS } from './arm64/tables/behaviours.ts';
import type { BehaviourRow } from './behaviour.ts';
import * as x86 from './x86/index.ts';
import { BEHAVIOURS as X86_BEHAVIOURS } from './x86/tables/behaviours.ts';

export { behaviourEvidence, behaviourFindings, behaviourWord, valueOf } from './behaviour.ts';
export type { BehaviourEvidence, BehaviourRow } from './behaviour.ts';
export { PHASES, orderingRules, ruleOf } from './ordering/index.ts';
export type { OrderingRule, Phase, Violation } from './ordering/index.ts';

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

/**
 * What a contract says of the guest where the person did not choose: on arm64 the vCPU features that `measure` takes
 * for the default guest. On x86_64 nothing is chosen before CPUID is set.
 */
export function defaultChoices(architecture: Architecture): Contract['choices'] {
  switch (architecture) {
    case 'x86_64':
      return {};
    case 'arm64':
      return { vcpu: arm64.DEFAULT_VCPU };
  }
}

/** Who made the CPU: the vendor string of CPUID leaf 0, or the name behind MIDR_EL1's implementer code. */
export function cpuMaker(cpu: Cpu): string {
  return cpu.midr === undefined ? cpu.vendor : arm64.implementerName(BigInt(cpu.midr));
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

/** The write to KVM that selects a word's value; null for what nothing selects. */
export function operationFor(architecture: Architecture, word: WordPath): Operation | null {
  switch (architecture) {
    case 'x86_64':
      return x86.operation(word);
    case 'arm64':
      return arm64.operation(word);
  }
}

/** What a guest read of the words that the host's ioctls declare; nothing where the surface has no such section. */
export function observationsOf(surface: Surface): Observation[] {
  switch (surface.architecture) {
    case 'x86_64':
      return x86.observations(surface);
    case 'arm64':
      return arm64.observations(surface);
  }
}

/** Differences between what is declared and what a guest reads that are none. */
export function observationRulesFor(architecture: Architecture): readonly ObservationRule[] {
  switch (architecture) {
    case 'x86_64':
      return x86.OBSERVATION_RULES;
    case 'arm64':
      return arm64.OBSERVATION_RULES;
  }
}

/** The behaviour tests of an architecture: what is tried, what can come of it, what selects it. */
export function behavioursFor(architecture: Architecture): readonly BehaviourRow[] {
  switch (architecture) {
    case 'x86_64':
      return X86_BEHAVIOURS;
    case 'arm64':
      return ARM64_BEHAVIOURS;
  }
}
