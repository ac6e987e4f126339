/**
 * The surfaces that come with Evenkeel, recorded from real kernels: `surfaces/ARCHITECTURE/CPU/KERNEL.json`. Their
 * names are their paths there: `x86_64/max/debian-6.12`. And the VMM surfaces: `surfaces/vmm/QEMU/ARCHITECTURE.json`, whose
 * names are `vmm/qemu-10.0/x86_64`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Architecture } from '../model/index.ts';

/** From src/cli and from dist/cli the package is two folders up. */
const SURFACES: string = fileURLToPath(new URL('../../surfaces', import.meta.url));

export interface RecordedName {
  readonly name: string;
  readonly architecture: string;
  readonly cpu: string;
  readonly kernel: string;
  readonly path: string;
}

/** The folder beside those of the architectures. */
const VMM = 'vmm';

export interface RecordedVmm {
  readonly name: string;
  readonly path: string;
}

/** All recorded VMM surfaces, versions from old to new. */
export function recordedVmms(directory: string = SURFACES): RecordedVmm[] {
  return entries(join(directory, VMM)).flatMap((version) =>
    entries(join(directory, VMM, version))
      .filter((file) => file.endsWith('.json'))
      .map((file) => ({
        name: `${VMM}/${version}/${file.slice(0, -'.json'.length)}`,
        path: join(directory, VMM, version, file),
      })),
  );
}

/** All recorded surfaces, kernels of one CPU from old to new. */
export function recordedNames(architecture?: Architecture, directory: string = SURFACES): RecordedName[] {
  return entries(directory)
    .filter((name) => name !== VMM && (architecture === undefined || name === architecture))
    .flatMap((name) =>
      entries(join(directory, name)).flatMap((cpu) =>
        entries(join(directory, name, cpu))
          .filter((file) => file.endsWith('.json'))
          .map((file) => {
            const kernel = file.slice(0, -'.json'.length);
            return {
              name: `${name}/${cpu}/${kernel}`,
              architecture: name,
              cpu,
              kernel,
              path: join(directory, name, cpu, file),
            };
          }),
      ),
    );
}

function entries(directory: string): string[] {
  try {
    // By number where there are numbers: 6.1 before 6.12 before 7.2.
    return readdirSync(directory).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch {
    return [];
  }
}
