/** `schema`: the JSON Schema of a file format. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { choice } from '@optique/core/valueparser';
import { PUBLISHED_FORMATS, jsonSchemaOf, stringify } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';

export const schema: Command = define(
  'schema',
  map(
    object({
      format: argument(choice(PUBLISHED_FORMATS, { metavar: 'FORMAT' }), {
        description: message`The name of a format`,
      }),
    }),
    ({ format }): Task =>
      async (terminal) => {
        terminal.out(stringify(jsonSchemaOf(format)));
        return EXIT.ok;
      },
  ),
  { brief: 'Print the JSON Schema of a file format', examples: ['evenkeel schema surface > surface.schema.json'] },
);
