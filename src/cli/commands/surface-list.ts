/** `surface list`: the recorded surfaces by name. */
import { object } from '@optique/core/constructs';
import { map } from '@optique/core/modifiers';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { recordedNames } from '../recorded.ts';

export const surfaceList: Command = define(
  'list',
  map(object({}), (): Task => async (terminal) => {
    terminal.out(
      recordedNames()
        .map(({ name }) => `${name}\n`)
        .join(''),
    );
    return EXIT.ok;
  }),
  { brief: 'List the recorded surfaces that come with Evenkeel', examples: ['evenkeel surface list'] },
);
