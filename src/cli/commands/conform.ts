/** `conform`: what a kernel changed for guests of another on the same CPU, and whether KVM's contract holds. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { report } from '../conform/report.ts';
import { conformOutput, conformOptions, writeReport } from '../conform/write.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { loadSurfaces } from '../input.ts';
import { surfaceName, vcpuOption } from '../operands.ts';

export const conform: Command = define(
  'conform',
  map(
    object({
      from: option('--from', surfaceName('SURFACE'), { description: message`The kernel whose guests are to be kept` }),
      to: option('--to', surfaceName('SURFACE'), { description: message`The kernel under test, on the same CPU` }),
      element: optional(
        option('--element', string({ metavar: 'ELEMENT' }), {
          description: message`Show only this element, word or area; the clauses stay those of the whole`,
        }),
      ),
      vcpu: vcpuOption(),
      ...conformOptions(),
      output: conformOutput(),
    }),
    (options): Task =>
      async (terminal) => {
        const loaded = await loadSurfaces([options.from, options.to], terminal);
        if (!loaded.ok) return loaded.error;
        const [from, to] = loaded.value;
        if (from === undefined || to === undefined) throw new Error('two names give two surfaces');
        const reported = report(from, to, { vcpu: options.vcpu, element: options.element });
        return reported.ok ? writeReport(terminal, reported.value, options) : reported.error;
      },
  ),
  {
    brief: "Say what a kernel changed for another kernel's guests, and which changes have no way back",
    description:
      'Holds two kernels on one CPU against what KVM promises: state is sufficient, previous behaviour can be selected, what is new is off or can be hidden, old state restores, a rollback is possible. Ends with 1 where a clause is broken, 3 where one is not decided.',
    examples: [
      'evenkeel conform --from x86_64/epyc-milan/debian-6.1 --to x86_64/epyc-milan/debian-6.12',
      'evenkeel conform --from arm64/max/debian-6.12 --to arm64/max/debian-7.2 -o markdown',
      'evenkeel conform --from before.json --to host -o junit --write conformance.xml',
    ],
  },
);
