/** What a stream says its guest has, as a contract: the engine judges that as it judges every other. */
import { CONTRACT_FORMAT, fieldMask } from '../../../model/index.ts';
import type { Architecture, Contract, MeasuredSurface, Promised, Registry } from '../../../model/index.ts';
import type { VcpuRegisters } from './registers.ts';

/** Bits of a register of which a host says nothing; every register that travels has so many or fewer. */
const WIDTH = 64;

/** Registers that a guest observes are promised, those that hold state are carried; of many registers both is true. */
export function contractOf(
  registry: Registry,
  architecture: Architecture,
  { registers }: VcpuRegisters,
  destination: MeasuredSurface,
): Contract {
  const promises: Promised[] = [];
  const carries: string[] = [];
  for (const { word, value } of registers.values()) {
    const width = destination.words.get(word)?.width ?? WIDTH;
    const elements = registry.elements(word, width);
    const promised = elements.filter(({ kind }) => OBSERVED.has(kind));
    const mask = promised.reduce((bits, element) => bits | fieldMask(element), 0n);
    if (mask !== 0n) promises.push({ word, width, value, mask });
    if (elements.some(({ kind }) => kind === 'state')) carries.push(word);
  }
  return {
    format: CONTRACT_FORMAT,
    architecture,
    name: 'stream',
    pinnedFrom: [],
    promises,
    carries,
    values: Object.fromEntries([...registers.values()].map(({ word, value }) => [word, value])),
    // What is no register of a vCPU is in other sections, or not in the stream at all: CPUID is made anew on each host.
    unknown: [],
    choices: {},
  };
}

const OBSERVED: ReadonlySet<string> = new Set(['feature', 'limit', 'identity', 'paravirtual']);
