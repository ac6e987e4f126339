/** What a contract promises of an x86 CPU, as libvirt's names see it. */
import { hex } from '../../model/index.ts';
import type { Contract, Promised, WordPath } from '../../model/index.ts';
import { cpuOfLeaves } from '../x86-cpu.ts';
import type { Wanted } from './x86-describe.ts';
import { VENDOR_WORDS } from './x86-switches.ts';

export type Promises = ReadonlyMap<WordPath, Promised>;

export function promisesOf({ promises }: Contract): Promises {
  return new Map(promises.map((promised) => [promised.word, promised]));
}

/** The promised bits under `mask`; null where not all of them are promised. */
export function promisedBits(promises: Promises, word: WordPath, mask: bigint): bigint | null {
  const promised = promises.get(word);
  return promised === undefined || (mask & ~promised.mask) !== 0n ? null : promised.value & mask;
}

export function wantedOf(promises: Promises): Wanted {
  const on = new Map<WordPath, bigint>();
  const off = new Map<WordPath, bigint>();
  for (const { word, value, mask } of promises.values()) {
    if ((value & mask) !== 0n) on.set(word, value & mask);
    if ((~value & mask) !== 0n) off.set(word, ~value & mask);
  }
  return { on, off, vendor: vendorOf(promises), signature: signatureOf(promises) };
}

/** The 12 characters of leaf 0. */
export function vendorOf(promises: Promises): string | null {
  const words = VENDOR_WORDS.map((word) => promisedBits(promises, word, 0xffff_ffffn));
  if (words.some((word) => word === null)) return null;
  const codes = words.flatMap((word) => [0n, 8n, 16n, 24n].map((shift) => Number(((word ?? 0n) >> shift) & 0xffn)));
  return String.fromCharCode(...codes.filter((code) => code !== 0));
}

/** Family, model and stepping, with the extended ones (Intel SDM volume 2, CPUID leaf 1). */
const SIGNATURE_MASK = 0x0fff_0fffn;

function signatureOf(promises: Promises): Wanted['signature'] {
  const eax = promisedBits(promises, 'cpuid/0x1:0/eax', SIGNATURE_MASK);
  if (eax === null) return null;
  const { family, modelNumber, stepping } = cpuOfLeaves((leaf) => (leaf === 1 ? { eax: hex(eax) } : undefined));
  return family === undefined || modelNumber === undefined || stepping === undefined
    ? null
    : { family, model: modelNumber, stepping };
}
