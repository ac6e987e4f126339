/** `contract verify`: makes a contract's machine on this host and reads it back. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { registryFor } from '../../arch/index.ts';
import { verify } from '../../engine/index.ts';
import { verificationSchema } from '../../format/index.ts';
import type { VerificationDocument } from '../../format/index.ts';
import { VERIFICATION_FORMAT } from '../../model/index.ts';
import { executePlans } from '../../worker/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import { fingerprinted, load, loadSurface } from '../input.ts';
import { departure } from '../move.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { planFor, verificationExit, verificationText } from '../plan.ts';
import { probeFailure } from '../probe.ts';

export const contractVerify: Command = define(
  'verify',
  map(
    object({
      contract: argument(surfaceName('CONTRACT'), {
        description: message`A contract, or a surface, whose default contract is then pinned`,
      }),
      from: optional(
        option('--from', surfaceName('SURFACE'), {
          description: message`Where the guest comes from: MSRs that it never had there are hidden`,
        }),
      ),
      vcpu: vcpuOption(),
      output: outputOption(),
    }),
    ({ contract, from, vcpu, output }): Task =>
      async (terminal) => {
        const named = await load(contract, terminal);
        if (!named.ok) return named.error;
        const leaves = departure(named.value, vcpu);
        if (!leaves.ok) return leaves.error;
        const source = from === undefined ? null : await loadSurface(from, terminal);
        if (source !== null && !source.ok) return source.error;
        const host = await loadSurface('host', terminal);
        if (!host.ok) return host.error;
        const plan = planFor(leaves.value.name, leaves.value.contract, host.value, source?.value ?? null);
        if (!plan.ok) return plan.error;
        const executed = await executePlans([plan.value], { signal: terminal.signal });
        if (!executed.ok) return probeFailure(executed.error, terminal.signal.aborted);
        const [execution] = executed.value;
        if (execution === undefined) return failure(EXIT.internal, 'the worker gave no answer');
        if (!execution.ok) return failure(EXIT.internal, `carrying out the plan: ${execution.error.message}`);
        const found = verify(registryFor(plan.value.architecture), plan.value, execution.value);
        const { notes, caveats, architecture } = plan.value;
        const document: VerificationDocument = {
          format: VERIFICATION_FORMAT,
          architecture,
          contract: leaves.value.contract.name,
          on: fingerprinted(host.value),
          ...found,
          notes,
          caveats,
        };
        terminal.out(
          output === 'json'
            ? documentText(verificationSchema.encode(document))
            : verificationText(terminal, 'This host', found, caveats),
        );
        return verificationExit(found.honoured);
      },
  ),
  {
    brief: 'Make the machine of a contract on this host and read it back',
    description:
      'On a throw-away VM that never runs, in a process under a deadline; no setting of the host is changed. Ends with 0 where this host honours the contract now, 1 where it does not, 3 where something could not be decided, 5 without KVM.',
    examples: ['evenkeel contract verify web.contract.json', 'evenkeel contract verify web.contract.json -o json'],
  },
);
