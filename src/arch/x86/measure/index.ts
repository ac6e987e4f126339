/** A surface's sections as words with latitude. */
import type { MeasuredSurface, Surface } from '../../../model/index.ts';
import { measureBehaviour } from './behaviour.ts';
import { measureCapabilities } from './capabilities.ts';
import { measureCpuid } from './cpuid.ts';
import { measureHostCpu } from './host-cpu.ts';
import { measureSwitches } from './enabled-switches.ts';
import { measureImported } from './imported.ts';
import { measureLibvirt } from './libvirt.ts';
import { measureFeatureMsrs, measureMsrs, restoredMsrs } from './msr.ts';
import type { Part } from './reading.ts';
import { measureState } from './state.ts';
import { measureQuirks, measureX2apic } from './switches.ts';
import { measureTsc } from './tsc.ts';
import { measureXsave, restoredXsave } from './xsave.ts';

export function measure(surface: Surface): MeasuredSurface {
  const probed = measureProbed(surface);
  const areas = [...probed.areas.keys()];
  return measureImported(surface, areas) ?? measureHostCpu(surface, areas) ?? measureLibvirt(surface, areas) ?? probed;
}

function measureProbed(surface: Surface): MeasuredSurface {
  const cpuid = measureCpuid(surface);
  return assemble(
    surface,
    [
      ...cpuid.parts,
      measureMsrs(surface),
      measureFeatureMsrs(surface),
      measureQuirks(surface),
      measureX2apic(surface),
      measureSwitches(surface),
      ...measureState(surface),
      measureXsave(surface),
      measureTsc(surface),
      measureCapabilities(surface),
      ...measureBehaviour(surface),
    ],
    cpuid.caveats,
  );
}

function assemble(surface: Surface, parts: readonly Part[], caveats: readonly string[]): MeasuredSurface {
  return {
    architecture: surface.architecture,
    fingerprint: surface.fingerprint,
    restores: new Map([...restoredMsrs(surface), ...restoredXsave(surface)]),
    words: new Map(parts.flatMap((part) => part.words.map((word) => [word.path, word] as const))),
    areas: new Map(parts.map(({ area }) => [area.name, area])),
    caveats,
  };
}
