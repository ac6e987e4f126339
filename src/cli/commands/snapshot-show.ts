/** `snapshot show`: what is in a snapshot file. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { argument, flag } from '@optique/core/primitives';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { outputOption } from '../operands.ts';
import { loadSnapshot, snapshotName } from '../snapshot.ts';
import { summarize, summaryJson, summaryText } from '../snapshot-text.ts';
import type { Terminal } from '../terminal.ts';

export const snapshotShow: Command = define(
  'show',
  map(
    object({
      path: argument(snapshotName(), { description: message`A snapshot` }),
      state: optional(flag('--state', { description: message`Every register and every field too` })),
      output: outputOption(),
    }),
    ({ path, state, output }): Task =>
      async (terminal: Terminal) => {
        const opened = await loadSnapshot(path);
        if (!opened.ok) return opened.error;
        await using file = opened.value;
        const summary = await summarize(file, state === true);
        terminal.out(output === 'json' ? summaryJson(summary) : summaryText(terminal, path, summary));
        return EXIT.ok;
      },
  ),
  {
    brief: 'Show what is in a snapshot',
    description:
      'Checks every checksum first: a file that was cut or changed is refused with the section that is wrong.',
    examples: [
      'evenkeel snapshot show guest.snapshot',
      'evenkeel snapshot show guest.snapshot --state',
      'evenkeel snapshot show guest.snapshot -o json',
    ],
  },
);
