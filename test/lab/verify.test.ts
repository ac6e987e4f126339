/** Contracts made on real kernels and read back: what is predicted of them, and what the kernel does. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultChoices, measure, registryFor } from '../../src/arch/index.ts';
import { check, disagreements, pin, plan, verify } from '../../src/engine/index.ts';
import { readDocument } from '../../src/format/index.ts';
import { labContext, labExecute } from '../../src/lab/index.ts';
import type { Architecture, Contract, MeasuredSurface } from '../../src/model/index.ts';
import { ready } from './ready.ts';

const SURFACES = join(import.meta.dirname, '../../surfaces');
const MILLISECONDS = 600_000;

/** On each kernel its own contract first, which it must honour; then others, which it must or must not. */
const CASES = [
  { architecture: 'arm64', on: '6.1', contracts: ['6.1', '5.10', '7.3'], honoured: ['yes', 'no', 'no'] },
  { architecture: 'x86_64', on: '5.10', contracts: ['5.10', '6.1', '7.3'], honoured: ['yes', 'no', 'no'] },
  { architecture: 'x86_64', on: '7.2', contracts: ['7.2', '5.10', '7.3'], honoured: ['yes', 'yes', 'yes'] },
] as const;

describe('a real kernel in the lab', () => {
  for (const { architecture, on, contracts: kernels, honoured: expected } of CASES) {
    it(
      `debian:${on} on ${architecture} does with contracts what is predicted`,
      { timeout: MILLISECONDS },
      async (test) => {
        await ready(test, architecture, `debian:${on}`);
        const registry = registryFor(architecture);
        const destination = await recorded(architecture, on);
        const contracts = await Promise.all(kernels.map((kernel) => contractOf(architecture, kernel)));
        const plans = contracts.map((contract) => plan(registry, contract, destination));
        const executed = await labExecute(labContext(), { architecture, kernel: `debian:${on}`, cpu: 'max' }, plans);
        if (!executed.ok) throw new Error(`${executed.error.message}\n${executed.error.console?.join('\n')}`);
        const honoured = executed.value.map((execution, index) => {
          const [made, contract] = [plans[index], contracts[index]];
          if (!execution.ok || made === undefined || contract === undefined)
            throw new Error('a plan was not carried out');
          const found = verify(registry, made, execution.value);
          expect(disagreements(registry, made, check(registry, contract, destination), found), contract.name).toEqual(
            [],
          );
          return found.honoured;
        });
        expect(honoured).toEqual(expected);
      },
    );
  }
});

async function recorded(architecture: Architecture, kernel: string): Promise<MeasuredSurface> {
  const read = await readDocument(join(SURFACES, architecture, 'max', `debian-${kernel}.json`));
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`${kernel} was not recorded`);
  return measure(read.value.surface);
}

async function contractOf(architecture: Architecture, kernel: string): Promise<Contract> {
  const pinned = pin(registryFor(architecture), [await recorded(architecture, kernel)], {
    name: kernel,
    hosts: [kernel],
    choices: defaultChoices(architecture),
  });
  if (!pinned.ok) throw new Error(pinned.error.message);
  return pinned.value;
}
