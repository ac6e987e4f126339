/** `fingerprint dump`: a surface or a contract in the form of Firecracker's fingerprints. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { measure } from '../../arch/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { emit } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { load } from '../input.ts';
import { surfaceName, vcpuOption, writeOption } from '../operands.ts';
import { measureOptions } from '../pin.ts';

export const fingerprintDump: Command = define(
  'dump',
  map(
    object({
      surface: argument(surfaceName('SURFACE'), {
        description: message`A file, "host", or a recorded surface; or a contract`,
      }),
      vcpu: vcpuOption(),
      write: writeOption(),
    }),
    ({ surface, vcpu, write }): Task =>
      async (terminal) => {
        const named = await load(surface, terminal);
        if (!named.ok) return named.error;
        const { dumpContract, dumpSurface } = await import('../../interop/firecracker/dump.ts');
        const choices = vcpu === undefined ? {} : { vcpu };
        const { text, notes } =
          named.value.kind === 'contract'
            ? dumpContract(named.value.contract)
            : dumpSurface(named.value.surface, measure(named.value.surface, measureOptions(choices)));
        const failed = emit(terminal, text, write);
        if (failed !== null) return failed;
        for (const note of notes) terminal.note(`Note: ${note}`);
        return EXIT.ok;
      },
  ),
  {
    brief: 'Write a surface or a contract as a fingerprint of Firecracker',
    description:
      "For tools that read those, cpu-template-helper's own commands among them. What is not known is written as such; what has no place in such a file is said on standard error.",
    examples: [
      'evenkeel fingerprint dump host --write now.json',
      'evenkeel fingerprint dump x86_64/max/debian-6.12 > debian-6.12.json',
      'evenkeel fingerprint dump web.contract.json --write promised.json',
    ],
  },
);
