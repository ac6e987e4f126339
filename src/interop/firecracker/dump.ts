/**
 * A surface or a contract as a fingerprint of Firecracker's, for tools that read those: `cpu-template-helper fingerprint
 * compare`, and templates that people make from differences. What is not known is the text `unknown`, or `x` in a bitmap,
 * and never made up; what such a file has no place for is told. Pure.
 */
import { stringify } from '../../format/stringify.ts';
import type { Architecture, Contract, Json, MeasuredSurface, Surface, WordPath } from '../../model/index.ts';
import { assemble } from './assemble.ts';
import { isDump } from './base.ts';
import { allOnes } from './bitmap.ts';
import type { SetBits } from './export.ts';
import { rawRegisters } from './raw.ts';
import { slotOf } from './slot.ts';
import { isRegisterOfTemplates } from './template.ts';
import { templateJson } from './write.ts';

export interface Dumped {
  /** The file. */
  readonly text: string;
  /** What it does not say, one sentence each. */
  readonly notes: readonly string[];
}

interface Value {
  readonly word: WordPath;
  readonly width: number;
  readonly mask: bigint;
  /** Null where it varies or was not measured. */
  readonly value: bigint | null;
}

/** The same again where it was a capture of Firecracker's. */
export function dumpSurface(surface: Surface, measured: MeasuredSurface): Dumped {
  const isOwn = isDump({ name: '', surface, measured });
  const values = [...measured.words.values()].map(({ path: word, width, value }): Value => ({
    word,
    width,
    mask: allOnes(width),
    value,
  }));
  const environment = (name: string): string => surface.recorded.environment[name] ?? UNKNOWN;
  return dumped(surface.architecture, surface, isOwn ? ownValues(surface) : values, {
    firecracker_version: environment('firecrackerVersion'),
    kernel_version: surface.host?.kernelRelease ?? UNKNOWN,
    microcode_version: surface.host?.cpu.microcode ?? UNKNOWN,
    bios_version: environment('biosVersion'),
    bios_revision: environment('biosRevision'),
    notes: isOwn ? [] : [FROM_KVM],
  });
}

export function dumpContract(contract: Contract): Dumped {
  return dumped(contract.architecture, null, contract.promises, {
    firecracker_version: UNKNOWN,
    kernel_version: UNKNOWN,
    microcode_version: UNKNOWN,
    bios_version: UNKNOWN,
    bios_revision: UNKNOWN,
    notes: [FROM_CONTRACT],
  });
}

const UNKNOWN = 'unknown';
const FROM_KVM =
  'values are what KVM gives by default; what Firecracker writes over CPUID (its CPUID normalization) is not in them';
const FROM_CONTRACT = 'bits that the contract does not promise are x';

interface Facts {
  readonly firecracker_version: string;
  readonly kernel_version: string;
  readonly microcode_version: string;
  readonly bios_version: string;
  readonly bios_revision: string;
  readonly notes: readonly string[];
}

function dumped(
  architecture: Architecture,
  flags: Surface | null,
  values: readonly Value[],
  { notes, ...facts }: Facts,
): Dumped {
  const set: SetBits[] = [];
  const left = new Map<string, number>();
  for (const { word, mask, value } of values) {
    const slot = slotOf(architecture, word);
    const hasPlace =
      slot !== null && slot.in !== 'features' && (slot.in !== 'registers' || isRegisterOfTemplates(slot.id));
    if (hasPlace && value !== null) set.push({ slot, mask, value: value & mask });
    else {
      const why = hasPlace ? 'values that vary or were not measured' : (word.split('/')[0] ?? word);
      left.set(why, (left.get(why) ?? 0) + 1);
    }
  }
  const config = templateJson(assemble(architecture, flags, set), 'dump');
  const document: Json = { ...facts, guest_cpu_config: config };
  const unknown = Object.entries(facts).flatMap(([name, value]) => (value === UNKNOWN ? [name] : []));
  const leftOut = [...left].map(([what, count]) => `${what} (${count})`);
  return {
    text: stringify(document),
    notes: [
      ...notes,
      ...(unknown.length === 0 ? [] : [`not known, and written as "${UNKNOWN}": ${unknown.join(', ')}`]),
      ...(leftOut.length === 0 ? [] : [`without a place in such a file: ${leftOut.join(', ')}`]),
    ],
  };
}

/** A capture has values of what varies from run to run too, which no measured word has. */
function ownValues(surface: Surface): Value[] {
  return [...rawRegisters(surface).values()]
    .filter(({ isFlags }) => !isFlags)
    .map(({ word, width, value }) => ({ word, width, mask: allOnes(width), value }));
}
