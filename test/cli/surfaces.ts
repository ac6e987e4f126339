/** Small surfaces in files, for the edges that recorded ones do not have. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalSections } from '../../src/arch/index.ts';
import type { CpuidData, CpuidLatitudeData } from '../../src/arch/x86/sections.ts';
import { fingerprint, surfaceText } from '../../src/format/index.ts';
import type { Architecture, Json, Section, Surface } from '../../src/model/index.ts';
import { exampleSurface } from '../format/example.ts';

const CAPABILITIES: Json = { scanned: 1, system: [{ number: 0, name: 'KVM_CAP_IRQCHIP', value: 1 }], vm: [] };

/** CPUID leaf 0x7 subleaf 0 with this EBX, under leaf 0 of a vendor. */
export function cpuid(ebx: `0x${string}`): CpuidData {
  const row = { leaf: '0x0', subleaf: '0x0', flags: 0, eax: '0x0', ebx: '0x0', ecx: '0x0', edx: '0x0' } as const;
  return {
    supported: [
      // "AuthenticAMD"
      { ...row, eax: '0x10', ebx: '0x68747541', edx: '0x69746e65', ecx: '0x444d4163' },
      { ...row, leaf: '0x7', flags: 1, ebx },
    ],
    emulated: null,
    hyperv: null,
    missing: [],
  };
}

/** A kernel that takes every table it is given; what of it a guest then sees is another matter. */
export const TAKES_EVERYTHING: CpuidLatitudeData = {
  base: { differs: [], refused: [], sets: 1 },
  cleared: { differs: [], refused: [], sets: 1 },
  ones: { differs: [], refused: [], sets: 1 },
  values: [],
};

export function surfaceOf(architecture: Architecture, data: Readonly<Record<string, Json>>): Surface {
  const sections: Record<string, Section> = { capabilities: { outcome: 'measured', data: CAPABILITIES } };
  for (const [name, value] of Object.entries(data)) sections[name] = { outcome: 'measured', data: value };
  const surface = { ...exampleSurface(), architecture, sections };
  return { ...surface, fingerprint: fingerprint(surface, canonicalSections) };
}

/** Writes it, and gives its path. */
export function writeSurface(directory: string, name: string, surface: Surface): string {
  const path = join(directory, `${name}.json`);
  writeFileSync(path, surfaceText(surface));
  return path;
}
