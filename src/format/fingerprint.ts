/** A surface's fingerprint: equal for hosts that show a guest the same, whatever they are called. */
import { createHash } from 'node:crypto';
import type { Architecture, Json, Section } from '../model/index.ts';
import { canonicalJson } from './canonical.ts';

/** What of the sections is the same on every run of the same host; each architecture names what is not. */
export type CanonicalSections = (architecture: Architecture, sections: Readonly<Record<string, Section>>) => Json;

/** `sha256:` and 64 hex digits over the canonical JSON of architecture and canonical sections. */
export function fingerprint(
  surface: { readonly architecture: Architecture; readonly sections: Readonly<Record<string, Section>> },
  canonicalSections: CanonicalSections,
): string {
  const { architecture, sections } = surface;
  const canonical = canonicalJson({ architecture, sections: canonicalSections(architecture, sections) });
  return `sha256:${createHash('sha256').update(canonical).digest('hex')}`;
}
