/** From collected sections to a surface: the host's own section moves to the top, the fingerprint is taken. */
import { canonicalSections } from '../arch/index.ts';
import { fingerprint } from '../format/index.ts';
import { SURFACE_FORMAT } from '../model/index.ts';
import type { Architecture, Host, Recorded, Section, Surface } from '../model/index.ts';
import { evenkeelVersion } from '../probe/index.ts';

/** What came of the steps that were run. */
export interface Collected {
  readonly sections: Readonly<Record<string, Section>>;
  readonly ioctls: number | null;
  /** Worker's own time in all its steps, milliseconds. */
  readonly milliseconds: number;
  readonly stepMilliseconds: Readonly<Record<string, number>>;
}

/** What the caller knows of the recording and the sections do not tell. */
export type Provenance = Pick<Recorded, 'method' | 'command' | 'environment'>;

export function assemble(architecture: Architecture, collected: Collected, provenance: Provenance): Surface {
  const { host: hostSection, ...sections } = collected.sections;
  const surface = { architecture, sections };
  return {
    format: SURFACE_FORMAT,
    architecture,
    host: hostOf(hostSection),
    recorded: {
      at: new Date().toISOString(),
      by: `evenkeel ${evenkeelVersion()}`,
      ...provenance,
      milliseconds: Math.round(collected.milliseconds),
      ioctls: collected.ioctls,
    },
    sections,
    fingerprint: fingerprint(surface, canonicalSections),
  };
}

function hostOf(section: Section | undefined): Host | null {
  // The host step measures exactly a `Host`, in this same version of the program.
  return section?.outcome === 'measured' ? (section.data as Host) : null;
}
