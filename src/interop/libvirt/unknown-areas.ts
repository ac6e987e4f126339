/** The areas of an architecture, all of them unknown: libvirt states some bits of some, and of most nothing. */
import { measure } from '../../arch/index.ts';
import { SURFACE_FORMAT } from '../../model/index.ts';
import type { Architecture, Contract } from '../../model/index.ts';

export function unknownAreas(architecture: Architecture, why: string): Contract['unknown'] {
  const nothing = measure({
    format: SURFACE_FORMAT,
    architecture,
    host: null,
    recorded: {
      at: null,
      by: 'libvirt',
      method: 'import',
      command: null,
      environment: {},
      milliseconds: null,
      ioctls: null,
    },
    sections: {},
    fingerprint: '',
  });
  return [...nothing.areas.keys()].map((area) => ({ area, why }));
}
