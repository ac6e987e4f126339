/** `qemu list`: the recorded VMM surfaces by name. */
import { object } from '@optique/core/constructs';
import { map } from '@optique/core/modifiers';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { recordedVmms } from '../recorded.ts';

export const qemuList: Command = define(
  'list',
  map(object({}), (): Task => async (terminal) => {
    terminal.out(
      recordedVmms()
        .map(({ name }) => `${name}\n`)
        .join(''),
    );
    return EXIT.ok;
  }),
  { brief: 'List the recorded QEMUs that come with Evenkeel', examples: ['evenkeel qemu list'] },
);
