/** `lab observe`: the same as `host observe`, on a real kernel under emulation. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { observationSchema } from '../../format/index.ts';
import type { ObservationDocument } from '../../format/index.ts';
import { PATIENCE, ask, labProbe, prepare } from '../../lab/index.ts';
import type { LabContext, LabProbeOptions } from '../../lab/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Plan, Result } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import type { Failure } from '../exit.ts';
import { load } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { architectureOption, kernelName, labFailure, labFor, modulesFailure } from '../lab.ts';
import { departure } from '../move.ts';
import { contractObservation, defaultObservation, observationExit, observationText } from '../observe.ts';
import { observedMachine } from '../observe-plan.ts';
import { outputOption, surfaceName } from '../operands.ts';
import { planFor } from '../plan.ts';
import type { Terminal } from '../terminal.ts';

export const labObserve: Command = define(
  'observe',
  map(
    object({
      kernel: option('--kernel', kernelName(), { description: message`debian:6.12, or the file of a kernel of yours` }),
      modules: optional(
        option('--modules', string({ metavar: 'DIR' }), { description: message`Where the modules of your kernel are` }),
      ),
      architecture: architectureOption(),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), {
          description: message`max, neoverse-n1, epyc-milan, or what QEMU's -cpu takes; default: max`,
        }),
      ),
      contract: optional(
        option('--contract', surfaceName('CONTRACT'), {
          description: message`Make this contract's machine and hold what the guest reads against it`,
        }),
      ),
      output: outputOption(),
    }),
    ({ kernel, modules, architecture, cpu, contract, output }): Task =>
      async (terminal) => {
        const stray = modulesFailure([kernel], modules);
        if (stray !== null) return stray;
        const named = contract === undefined ? null : await load(contract, terminal);
        if (named !== null && !named.ok) return named.error;
        const leaves = named === null ? null : departure(named.value, undefined);
        if (leaves !== null && !leaves.ok) return leaves.error;
        const options: LabProbeOptions = {
          architecture: leaves?.value.contract.architecture ?? architecture ?? 'x86_64',
          kernel,
          ...(modules === undefined ? {} : { modules }),
          ...(cpu === undefined ? {} : { cpu }),
        };
        if (architecture !== undefined && architecture !== options.architecture) {
          return failure(EXIT.usage, `${contract ?? ''} is of ${options.architecture}`, 'Leave --arch out.');
        }
        const context = labFor(terminal);
        terminal.status(`${kernel}: what it declares`);
        const probed = await labProbe(context, options);
        terminal.status('');
        if (!probed.ok) return labFailure(terminal, probed.error);
        const on: NamedSurface = { kind: 'surface', name: kernel, surface: probed.value.surface };
        if (leaves === null) return report(terminal, output, kernel, defaultObservation(on));
        const plan = planFor(leaves.value.name, leaves.value.contract, on, null);
        if (!plan.ok) return plan.error;
        terminal.status(`${kernel}: the machine of ${leaves.value.name}`);
        const machine = await observeThere(terminal, context, options, plan.value);
        terminal.status('');
        if (!machine.ok) return machine.error;
        return report(terminal, output, kernel, contractObservation(on, leaves.value.contract, machine.value));
      },
  ),
  {
    brief: 'Boot a kernel and let a guest read its machine there',
    description:
      'As host observe, under emulation, so without privileges and on any machine. With a contract it boots twice: to measure the kernel, and to make the machine. Default architecture: x86_64.',
    examples: [
      'evenkeel lab observe --kernel debian:6.12',
      'evenkeel lab observe --kernel debian:7.2 --arch arm64 --contract web.contract.json -o json',
    ],
  },
);

async function observeThere(
  terminal: Terminal,
  context: LabContext,
  options: LabProbeOptions,
  plan: Plan,
): Promise<Result<Parameters<typeof contractObservation>[2], Failure>> {
  const prepared = await prepare(context, options);
  if (!prepared.ok) return err(labFailure(terminal, prepared.error));
  const { architecture, cpu } = options;
  const asked = { architecture, request: { kind: 'observe', plan } as const, patience: PATIENCE };
  const collected = await ask(context, prepared.value, { ...asked, ...(cpu === undefined ? {} : { cpu }) });
  if (!collected.ok) return err(labFailure(terminal, collected.error));
  const machine = observedMachine(collected.value.sections);
  return machine.ok ? ok(machine.value) : err({ ...machine.error, exit: EXIT.lab });
}

function report(
  terminal: Terminal,
  output: 'table' | 'json',
  kernel: string,
  found: ObservationDocument,
): ReturnType<typeof observationExit> {
  terminal.out(
    output === 'json' ? documentText(observationSchema.encode(found)) : observationText(terminal, kernel, found),
  );
  return observationExit(found);
}
