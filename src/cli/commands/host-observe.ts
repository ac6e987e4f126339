/** `host observe`: code in a guest reads its machine, and what it reads is held against what was declared or promised. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { observationSchema } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText } from '../emit.ts';
import { load, loadSurface } from '../input.ts';
import { departure } from '../move.ts';
import { contractObservation, defaultObservation, observationExit, observationText } from '../observe.ts';
import { observeHere } from '../observe-plan.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { planFor } from '../plan.ts';

export const hostObserve: Command = define(
  'observe',
  map(
    object({
      contract: optional(
        option('--contract', surfaceName('CONTRACT'), {
          description: message`Make this contract's machine and hold what the guest reads against it`,
        }),
      ),
      vcpu: vcpuOption(),
      output: outputOption(),
    }),
    ({ contract, vcpu, output }): Task =>
      async (terminal) => {
        const named = contract === undefined ? null : await load(contract, terminal);
        if (named !== null && !named.ok) return named.error;
        const leaves = named === null ? null : departure(named.value, vcpu);
        if (leaves !== null && !leaves.ok) return leaves.error;
        const host = await loadSurface('host', terminal);
        if (!host.ok) return host.error;
        if (leaves === null) {
          const found = defaultObservation(host.value);
          terminal.out(
            output === 'json'
              ? documentText(observationSchema.encode(found))
              : observationText(terminal, 'This host', found),
          );
          return observationExit(found);
        }
        const { name, contract: promised } = leaves.value;
        const plan = planFor(name, promised, host.value, null);
        if (!plan.ok) return plan.error;
        const machine = await observeHere(terminal, plan.value);
        if (!machine.ok) return machine.error;
        const found = contractObservation(host.value, promised, machine.value);
        terminal.out(
          output === 'json'
            ? documentText(observationSchema.encode(found))
            : observationText(terminal, 'This host', found),
        );
        return observationExit(found);
      },
  ),
  {
    brief: 'Let a guest read its machine, beside what the host declares or a contract promises',
    description:
      'A small guest reads CPUID or ID registers, MSRs, interrupt controllers and clocks, and meets the behaviour that switches select. In a process under a deadline; no setting of the host is changed. Ends with 0 where all that was read is as it should be or is explained, 1 where something differs, 3 where no guest ran, 5 without KVM.',
    examples: [
      'evenkeel host observe',
      'evenkeel host observe --contract web.contract.json',
      'evenkeel host observe -o json',
    ],
  },
);
