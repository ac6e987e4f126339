/** The plan of a recorded kernel's own default contract on that kernel. */
import { join } from 'node:path';
import { defaultChoices, measure, registryFor } from '../../src/arch/index.ts';
import { pin, plan } from '../../src/engine/index.ts';
import { readDocument } from '../../src/format/index.ts';
import type { Architecture, Plan } from '../../src/model/index.ts';

const SURFACES = join(import.meta.dirname, '../../surfaces');

/** `kernel`: `debian:6.12`; `cpu`: `max`, `neoverse-n1`. */
export async function defaultPlan(architecture: Architecture, kernel: string, cpu: string): Promise<Plan> {
  const read = await readDocument(join(SURFACES, architecture, cpu, `${kernel.replace(':', '-')}.json`));
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`${kernel} was not recorded on ${cpu}`);
  const surface = measure(read.value.surface);
  const registry = registryFor(architecture);
  const pinned = pin(registry, [surface], { name: kernel, hosts: [kernel], choices: defaultChoices(architecture) });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return plan(registry, pinned.value, surface);
}
