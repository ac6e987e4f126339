/** A VMM surface's fingerprint: equal for builds that give guests the same, whoever packed them and wherever they were asked. */
import { createHash } from 'node:crypto';
import type { Json, VmmSurface } from '../model/index.ts';
import { canonicalJson } from './canonical.ts';

/**
 * `sha256:` and 64 hex digits over the canonical JSON. Left out: where and when it was asked, the package, and the words of
 * machine types that could not be made here, which are about the host.
 */
export function vmmFingerprint(
  surface: Pick<VmmSurface, 'architecture' | 'vmm' | 'accelerator' | 'machines' | 'cpu' | 'vmstate'>,
): string {
  const { architecture, vmm, accelerator, machines, cpu, vmstate } = surface;
  const { descriptions, dumps } = vmstate;
  const content = {
    architecture,
    vmm: { name: vmm.name, version: vmm.version },
    accelerator,
    machines,
    cpu,
    vmstate: { descriptions, dumps },
  };
  // Interfaces lack the index signature of Json; what they hold is JSON.
  const canonical = canonicalJson(JSON.parse(JSON.stringify(content)) as Json);
  return `sha256:${createHash('sha256').update(canonical).digest('hex')}`;
}
