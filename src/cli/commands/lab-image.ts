/** `lab image`: builds the image that a kernel starts with, and says where it is. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { prepare } from '../../lab/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { architectureOption, kernelName, labFailure, labFor, modulesFailure } from '../lab.ts';

export const labImage: Command = define(
  'image',
  map(
    object({
      kernel: option('--kernel', kernelName(), { description: message`debian:6.12 or a file` }),
      modules: optional(
        option('--modules', string({ metavar: 'DIR' }), { description: message`Of a kernel of yours` }),
      ),
      architecture: architectureOption(),
    }),
    ({ kernel, modules, architecture = 'x86_64' }): Task =>
      async (terminal) => {
        const stray = modulesFailure([kernel], modules);
        if (stray !== null) return stray;
        const target = { architecture, kernel, ...(modules === undefined ? {} : { modules }) };
        const prepared = await prepare(labFor(terminal), target);
        if (!prepared.ok) return labFailure(terminal, prepared.error);
        terminal.status('');
        terminal.out(prepared.value.image);
        return EXIT.ok;
      },
  ),
  {
    brief: 'Build the image that a kernel is booted with',
    description:
      'It is built once and kept by its content; lab probe does this by itself. Default architecture: x86_64.',
    examples: ['evenkeel lab image --kernel debian:6.12 --arch arm64'],
  },
);
