/** Firecracker's fingerprints and CPU templates, where ../shared/corpora has them, and the moves between them. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defaultChoices, measure, registryFor } from '../../../src/arch/index.ts';
import { check, checkReturn, pin } from '../../../src/engine/index.ts';
import { readFingerprint, readTemplate } from '../../../src/interop/firecracker/index.ts';
import type { CpuTemplate } from '../../../src/interop/firecracker/index.ts';
import type { Contract, Json, Surface, Verdict } from '../../../src/model/index.ts';

export const CORPUS: string = fileURLToPath(new URL('../../../../shared/corpora/firecracker/', import.meta.url));

export interface Capture {
  /** `INTEL_ICELAKE`. */
  readonly cpu: string;
  /** `6.1`. */
  readonly kernel: string;
  readonly surface: Surface;
}

const FINGERPRINT = /^fingerprint_(.+)_([0-9.]+)host\.json$/;

export function corpusIsHere(): boolean {
  return existsSync(CORPUS);
}

export function readCaptures(): readonly Capture[] {
  const captures = readdirSync(CORPUS).flatMap((file): Capture[] => {
    const [, cpu, kernel] = FINGERPRINT.exec(file) ?? [];
    if (cpu === undefined || kernel === undefined) return [];
    const surface = readFingerprint(json(file));
    if (!surface.ok) throw new Error(`${file}: ${surface.error.pointer}: ${surface.error.message}`);
    return [{ cpu, kernel, surface: surface.value }];
  });
  const order = new Intl.Collator('en', { numeric: true });
  return captures.toSorted((a, b) => order.compare(a.cpu, b.cpu) || releaseOrder(a.kernel) - releaseOrder(b.kernel));
}

/** 5.10 before 6.1 before 6.18. */
function releaseOrder(kernel: string): number {
  const [major = '0', minor = '0'] = kernel.split('.');
  return Number(major) * 1000 + Number(minor);
}

export function readTemplates(): ReadonlyMap<string, CpuTemplate> {
  return new Map(
    readdirSync(`${CORPUS}templates`).map((file) => {
      const template = readTemplate(json(`templates/${file}`));
      if (!template.ok) throw new Error(`${file}: ${template.error.pointer}: ${template.error.message}`);
      return [file.replace('.json', ''), template.value];
    }),
  );
}

function json(file: string): Json {
  // Whatever JSON.parse gives is JSON.
  return JSON.parse(readFileSync(`${CORPUS}${file}`, 'utf8')) as Json;
}

/** What a guest gets that is started there without asking for anything. */
export function pinned(surface: Surface): Contract {
  const options = { name: 'default', hosts: ['capture'], choices: defaultChoices(surface.architecture) };
  const contract = pin(registryFor(surface.architecture), [measure(surface)], options);
  if (!contract.ok) throw new Error(contract.error.message);
  return contract.value;
}

/** A guest that was started on one host without asking for anything: there, and from there back home. */
export function move(from: Surface, to: Surface): { readonly there: Verdict; readonly back: Verdict } {
  const registry = registryFor(from.architecture);
  const [home, away] = [measure(from), measure(to)];
  const contract = pinned(from);
  return {
    there: check(registry, contract, away),
    back: checkReturn(registry, contract, away, home),
  };
}
