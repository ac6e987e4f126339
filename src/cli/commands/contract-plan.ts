/** `contract plan`: the calls that make a contract's machine on a host, in order. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional, withDefault } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { planSchema } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { load, loadSurface } from '../input.ts';
import { departure } from '../move.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { planFor, planText } from '../plan.ts';

export const contractPlan: Command = define(
  'plan',
  map(
    object({
      contract: argument(surfaceName('CONTRACT'), {
        description: message`A contract, or a surface, whose default contract is then pinned`,
      }),
      on: withDefault(
        option('--on', surfaceName('SURFACE'), { description: message`The host; default: this one` }),
        'host',
      ),
      from: optional(
        option('--from', surfaceName('SURFACE'), {
          description: message`Where the guest comes from: MSRs that it never had there are hidden`,
        }),
      ),
      vcpu: vcpuOption(),
      output: outputOption(),
    }),
    ({ contract, on, from, vcpu, output }): Task =>
      async (terminal) => {
        const named = await load(contract, terminal);
        if (!named.ok) return named.error;
        const leaves = departure(named.value, vcpu);
        if (!leaves.ok) return leaves.error;
        const host = await loadSurface(on, terminal);
        if (!host.ok) return host.error;
        const source = from === undefined ? null : await loadSurface(from, terminal);
        if (source !== null && !source.ok) return source.error;
        const made = planFor(leaves.value.name, leaves.value.contract, host.value, source?.value ?? null);
        if (!made.ok) return made.error;
        terminal.out(output === 'json' ? documentText(planSchema.encode(made.value)) : planText(terminal, made.value));
        return EXIT.ok;
      },
  ),
  {
    brief: "Put the calls in order that make a contract's machine on a host",
    description:
      'Also what the host is known not to take: contract verify carries the plan out and shows what came of it. Ends with 0 whatever the plan is; whether it works out is for migration check and contract verify to say.',
    examples: [
      'evenkeel contract plan web.contract.json',
      'evenkeel contract plan x86_64/max/debian-6.1 --on x86_64/max/debian-7.2 --from x86_64/max/debian-6.1',
      'evenkeel contract plan web.contract.json --on node7.json -o json',
    ],
  },
);
