/** `baseline`: the largest machine of a pool, what it costs, and what limits it. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, flag, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { registryFor } from '../../arch/index.ts';
import { contractUnder } from '../../engine/index.ts';
import type { Baseline } from '../../engine/index.ts';
import { BASELINE_FORMAT, baselineSchema, contractText } from '../../format/index.ts';
import type { BaselineDocument } from '../../format/index.ts';
import type { Contract, VmmProfile } from '../../model/index.ts';
import { poolOf, poolText } from '../baseline.ts';
import type { Pool } from '../baseline.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText, emit } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import { fingerprinted, loadSurfaces } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { vmmOption, vmmProfile } from '../vmm.ts';

export const baseline: Command = define(
  'baseline',
  map(
    object({
      surfaces: multiple(
        argument(surfaceName('SURFACE'), { description: message`The hosts of the pool, of one architecture` }),
        { min: 1 },
      ),
      name: optional(
        option('--name', string({ metavar: 'NAME' }), { description: message`For people; default: the hosts` }),
      ),
      vcpu: vcpuOption(),
      vmm: vmmOption(),
      write: optional(
        option('-w', '--write', string({ metavar: 'FILE' }), { description: message`Write the contract to this file` }),
      ),
      all: optional(flag('-a', '--all', { description: message`Name every element, not the first of each list` })),
      output: outputOption(),
    }),
    (options): Task =>
      async (terminal) => {
        const loaded = await loadSurfaces(options.surfaces, terminal);
        if (!loaded.ok) return loaded.error;
        const [first, ...others] = loaded.value;
        if (first === undefined) return failure(EXIT.usage, 'a pool has at least one host');
        const pool = poolOf([first, ...others], { name: options.name, vcpu: options.vcpu });
        if (!pool.ok) return pool.error;
        const vmm = options.vmm === undefined ? null : await vmmProfile(options.vmm);
        terminal.out(
          options.output === 'json'
            ? baselineJson(loaded.value, pool.value, vmm)
            : poolText(terminal, pool.value, options.all === true),
        );
        const { found } = pool.value;
        if (!found.common) return EXIT.worse;
        const failed =
          options.write === undefined
            ? null
            : emit(terminal, contractText(contractOf(pool.value, found.contract, vmm)), options.write);
        return failed ?? EXIT.ok;
      },
  ),
  {
    brief: 'Find the largest machine that all hosts of a pool can show, and what limits it',
    description:
      'COSTS: elements that a guest of this host alone would have better. LIMITS: elements that others could show better and this host holds down. Ends with 1 where no machine suits all; the fewest hosts to leave out are then named.',
    examples: [
      'evenkeel baseline nodes/*.json --write pool.contract.json',
      'evenkeel baseline x86_64/max/debian-{5.10,6.1,6.12,7.2}',
      'evenkeel baseline nodes/*.json --vmm qemu:10.0 -o json',
    ],
  },
);

function contractOf({ architecture }: Pool, contract: Contract, vmm: VmmProfile | null): Contract {
  return vmm === null ? contract : contractUnder(registryFor(architecture), vmm, contract);
}

function baselineJson(surfaces: readonly NamedSurface[], pool: Pool, vmm: VmmProfile | null): string {
  return documentText(
    baselineSchema.encode({
      format: BASELINE_FORMAT,
      architecture: pool.architecture,
      vmm: vmm?.name ?? null,
      surfaces: surfaces.map(fingerprinted),
      ...(pool.found.common ? commonPart(surfaces, pool, pool.found, vmm) : conflictPart(surfaces, pool.found)),
    }),
  );
}

type Part = Omit<BaselineDocument, 'format' | 'architecture' | 'vmm' | 'surfaces'>;

function commonPart(
  surfaces: readonly NamedSurface[],
  pool: Pool,
  found: Extract<Baseline, { common: true }>,
  vmm: VmmProfile | null,
): Part {
  const { promises, carries, unknown } = contractOf(pool, found.contract, vmm);
  return {
    contract: { promises: promises.length, carries: carries.length, unknown: unknown.map(({ area }) => area) },
    groups: found.groups.map(({ fingerprint, costs, limits, gains }) => ({
      fingerprint,
      surfaces: surfaces.flatMap(({ surface }, index) => (surface.fingerprint === fingerprint ? [index] : [])),
      costs,
      limits,
      gains,
    })),
    why: null,
    conflicts: [],
    exclusion: null,
  };
}

function conflictPart(surfaces: readonly NamedSurface[], found: Extract<Baseline, { common: false }>): Part {
  const out = new Set(found.exclusion.names);
  return {
    contract: null,
    groups: [],
    why: found.why,
    conflicts: found.conflicts,
    exclusion: {
      surfaces: surfaces.flatMap(({ name }, index) => (out.has(name) ? [index] : [])),
      smallest: found.exclusion.smallest,
    },
  };
}
