/** Firecracker's captures, and contracts of them, for tests. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { defaultChoices, measure, registryFor } from '../../../src/arch/index.ts';
import { pin } from '../../../src/engine/index.ts';
import { exportTemplate } from '../../../src/interop/firecracker/export.ts';
import { readFingerprint } from '../../../src/interop/firecracker/index.ts';
import type { Contract, Exported, Json, Surface } from '../../../src/model/index.ts';
import type { ConfigJson } from './apply-json.ts';

const corpora = fileURLToPath(new URL('../../../../shared/corpora/firecracker/', import.meta.url));

const areHere: boolean = existsSync(corpora);

/** Where they are not, lists of cases are empty, and one test of each group says so. */
export function needsCaptures(context: TestContext): void {
  if (!areHere) context.skip('../shared/corpora/firecracker is not here');
}

export interface Captured {
  readonly path: string;
  /** `INTEL_ICELAKE_6.1`. */
  readonly name: string;
  /** `INTEL_ICELAKE`. */
  readonly cpu: string;
  readonly config: ConfigJson;
  readonly surface: Surface;
}

/** Empty where the folder is not. */
export function captures(): Captured[] {
  if (!areHere) return [];
  return globSync('fingerprint_*.json', { cwd: corpora }).map((file) => {
    const path = `${corpora}${file}`;
    const json = JSON.parse(readFileSync(path, 'utf8')) as { readonly guest_cpu_config: ConfigJson } & {
      readonly [key: string]: Json;
    };
    const read = readFingerprint(json);
    if (!read.ok) throw new Error(`${file}: ${read.error.pointer}: ${read.error.message}`);
    const name = file.replace(/^fingerprint_|host\.json$/g, '');
    const cpu = name.replace(/_[0-9.]+$/, '');
    return { path, name, cpu, config: json.guest_cpu_config, surface: read.value };
  });
}

export interface CapturedPair {
  readonly a: Captured;
  readonly b: Captured;
  readonly name: string;
}

/** Every ordered pair of the same CPU, each with itself too. */
export function samePairs(all: readonly Captured[]): CapturedPair[] {
  return all.flatMap((a) => all.filter((b) => b.cpu === a.cpu).map((b) => ({ a, b, name: `${a.name} on ${b.name}` })));
}

/** Of what no value suits all of them nothing is promised, as a person would pin it who is told so. */
export function contractOf(...hosts: readonly Captured[]): Contract {
  const [first] = hosts;
  if (first === undefined) throw new Error('a contract is of a host');
  const { architecture } = first.surface;
  const registry = registryFor(architecture);
  const surfaces = hosts.map(({ surface }) => measure(surface));
  const options = { name: 'guest', hosts: hosts.map(({ name }) => name), choices: defaultChoices(architecture) };
  const pinned = pin(registry, surfaces, options);
  if (pinned.ok) return pinned.value;
  const except = pinned.error.conflicts.map(({ element }) => element);
  const without = pin(registry, surfaces, { ...options, except });
  if (!without.ok) throw new Error(`${options.hosts.join(' + ')}: ${without.error.message}`);
  return without.value;
}

export function exportFor(
  contract: Contract,
  base: Captured,
  { full = false, claim = false }: { readonly full?: boolean; readonly claim?: boolean } = {},
): Exported {
  const { name, surface } = base;
  const found = exportTemplate(registryFor(contract.architecture), contract, {
    base: { name, surface, measured: measure(surface) },
    full,
    claim,
  });
  if (!found.ok) throw new Error(found.error);
  return found.value;
}
