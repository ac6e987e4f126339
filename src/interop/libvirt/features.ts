/**
 * libvirt's list of CPU features (cpu_map/x86_features.xml): which bit of which CPUID register or MSR each name is. In
 * that file an MSR has two halves, EDX the upper one, as RDMSR returns them.
 */
import { msrWord } from '../../arch/x86/msr-names.ts';
import { CPUID_REGISTERS, cpuidWord } from '../../arch/x86/paths.ts';
import { err, ok } from '../../model/index.ts';
import type { Result, WordPath } from '../../model/index.ts';
import { unsigned } from './numbers.ts';
import { attribute, childrenOf, fault, parseXml } from './xml.ts';
import type { XmlElement, XmlFault } from './xml.ts';

export interface LibvirtFeature {
  readonly name: string;
  readonly word: WordPath;
  readonly bit: number;
  /** False where libvirt will not migrate a guest that has it (`migratable='no'`). */
  readonly migratable: boolean;
}

/** In the file's order; a feature of several bits has a row for each. */
export function libvirtFeatures(text: string): Result<readonly LibvirtFeature[], XmlFault> {
  const root = parseXml(text);
  if (!root.ok) return root;
  const features: LibvirtFeature[] = [];
  for (const element of childrenOf(root.value, 'feature')) {
    const name = attribute(element, 'name');
    if (!name.ok) return name;
    const migratable = element.attributes.get('migratable') !== 'no';
    for (const child of element.children) {
      const places = placesOf(child);
      if (!places.ok) return places;
      features.push(...places.value.map(([word, bit]) => ({ name: name.value, word, bit, migratable })));
    }
  }
  return ok(features);
}

type Place = readonly [word: WordPath, bit: number];

function placesOf(element: XmlElement): Result<readonly Place[], XmlFault> {
  switch (element.name) {
    case 'cpuid': {
      const leaf = unsigned(element, 'eax_in', 32);
      if (!leaf.ok) return leaf;
      const subleaf = unsigned(element, 'ecx_in', 32, 0n);
      if (!subleaf.ok) return subleaf;
      const places: Place[] = [];
      for (const register of CPUID_REGISTERS) {
        const mask = unsigned(element, register, 32, 0n);
        if (!mask.ok) return mask;
        const word = cpuidWord(Number(leaf.value), Number(subleaf.value), register);
        places.push(...bitsOf(mask.value).map((bit): Place => [word, bit]));
      }
      return ok(places);
    }
    case 'msr': {
      const index = unsigned(element, 'index', 32);
      if (!index.ok) return index;
      const high = unsigned(element, 'edx', 32);
      if (!high.ok) return high;
      const low = unsigned(element, 'eax', 32);
      if (!low.ok) return low;
      const word = msrWord(Number(index.value));
      return ok(bitsOf((high.value << 32n) | low.value).map((bit): Place => [word, bit]));
    }
    case 'alias':
      return ok([]);
    default:
      return err(fault(element.line, `<${element.name}> is neither a CPUID register nor an MSR`));
  }
}

function bitsOf(mask: bigint): number[] {
  return Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => ((mask >> BigInt(bit)) & 1n) === 1n);
}
