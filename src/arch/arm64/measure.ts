/**
 * A surface's sections as words with value and latitude. The guest shown is the default one of a VMM that turns on
 * everything but nested virtualization, with a vGICv3; another of the recorded combinations can be asked for.
 */
import type { Area, MeasuredSurface, MeasuredWord, Surface } from '../../model/index.ts';
import { AREAS, LATER_AREAS } from './areas.ts';
import { caveatsOf } from './caveats.ts';
import { importedRegisters } from './imported.ts';
import { capabilityWords } from './measure-capabilities.ts';
import { deviceWords } from './measure-devices.ts';
import { asTheGuestReads, behaviourWordsOf, observedWords } from './measure-observed.ts';
import { registerWords } from './measure-registers.ts';
import { switchWords } from './measure-switches.ts';
import { restoredRegisters } from './measure-unlisted.ts';
import { vcpuWords } from './measure-vcpu.ts';
import { dataOf, DEFAULT_VCPU, resolveVcpu, whyMissing } from './read-sections.ts';
import type { VcpusSection } from './sections.ts';

export interface Arm64MeasureOptions {
  /** The name of a recorded combination of vCPU features: `psci`, `psci+pmu`, `all`, `all+el2`, … */
  readonly vcpu?: string;
}

export function measure(surface: Surface, options: Arm64MeasureOptions = {}): MeasuredSurface {
  const imported = importedRegisters(surface);
  if (imported !== null) return imported;
  const name = options.vcpu ?? DEFAULT_VCPU;
  const section = dataOf<VcpusSection>(surface, 'vcpus');
  const vcpu = section === null ? null : resolveVcpu(section, name);
  const words: MeasuredWord[] = [
    ...(vcpu === null ? [] : asTheGuestReads(surface, registerWords(surface, vcpu), name)),
    ...(section === null || vcpu === null ? [] : vcpuWords(section, vcpu)),
    ...deviceWords(surface),
    ...switchWords(surface),
    ...capabilityWords(surface),
    ...observedWords(surface),
    ...behaviourWordsOf(surface),
  ];
  const known = Object.entries(AREAS).filter(
    ([area, from]) => !LATER_AREAS.has(area) || surface.sections[from] !== undefined,
  );
  const areas = known.map(([area, from]): [string, Area] => {
    const missing =
      from === 'vcpus' && section !== null && vcpu === null ? noSuchVcpu(section, name) : whyMissing(surface, from);
    // A section that says the host has no such thing was measured: its words are absent, and that is known.
    const measured = missing === null || surface.sections[from]?.outcome === 'absent';
    return [area, { name: area, measured, evidence: missing === null || measured ? `/sections/${from}` : missing }];
  });
  return {
    architecture: 'arm64',
    fingerprint: surface.fingerprint,
    words: new Map(words.map((word) => [word.path, word])),
    areas: new Map(areas),
    // Tried on a vCPU with every feature: another one lacks more registers.
    ...(name === DEFAULT_VCPU ? { restores: restoredRegisters(surface) } : {}),
    caveats: caveatsOf(surface),
  };
}

function noSuchVcpu(section: VcpusSection, name: string): string {
  const found = section.combinations.find((combination) => combination.name === name);
  switch (found?.outcome) {
    case undefined:
      return `no vCPU ${name} was recorded; there are ${section.combinations.map((row) => row.name).join(', ')}`;
    case 'refused':
      return `the host refused a vCPU ${name}: ${found.call}: ${found.errno}`;
    case 'absent':
      return `the host has no vCPU ${name}: ${found.capability} is 0`;
    case 'created':
      return `vCPU ${name} was recorded as a difference to one that is not there`;
  }
}
