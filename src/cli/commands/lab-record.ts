/** `lab record`: re-records the surfaces that come with Evenkeel. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional, withDefault } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { integer, string } from '@optique/core/valueparser';
import { KERNELS, record } from '../../lab/index.ts';
import type { RecordOptions, RecordedJob } from '../../lab/index.ts';
import { boardOn } from '../board.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { shortFingerprint } from '../describe.ts';
import { EXIT } from '../exit.ts';
import { ARCHITECTURES, labFailure, labFor } from '../lab.ts';
import { table } from '../table.ts';

export const labRecord: Command = define(
  'record',
  map(
    object({
      only: multiple(
        option('--only', string({ metavar: 'WHAT' }), {
          description: message`An architecture, a kernel or a CPU; may be repeated`,
        }),
      ),
      directory: withDefault(
        option('--surfaces', string({ metavar: 'DIR' }), { description: message`Where to write; default: surfaces` }),
        'surfaces',
      ),
      parallel: optional(
        option('--parallel', integer({ min: 1, metavar: 'N' }), {
          description: message`Machines at once; default: cores`,
        }),
      ),
    }),
    ({ only, directory, parallel }): Task =>
      async (terminal) => {
        const recorded = await record(labFor(terminal), {
          directory,
          ...selection(only),
          ...(parallel === undefined ? {} : { parallel }),
          ...boardOn(terminal),
        });
        if (!recorded.ok) return labFailure(terminal, recorded.error);
        terminal.status('');
        terminal.out(table(COLUMNS, recorded.value.map(row), { width: terminal.width }));
        return recorded.value.every(({ result }) => result.ok) ? EXIT.ok : EXIT.lab;
      },
  ),
  {
    brief: 'Record the surfaces that come with Evenkeel again',
    description:
      'Both architectures, two CPUs each, every kernel of evenkeel lab kernels. A file whose fingerprint is the same is left as it is.',
    examples: ['evenkeel lab record', 'evenkeel lab record --only arm64 --only debian:6.12 --surfaces /tmp/again'],
  },
);

/** Each word of `--only` is an architecture, a kernel or a CPU; words of one kind are alternatives. */
function selection(only: readonly string[]): Pick<RecordOptions, 'architectures' | 'kernels' | 'cpus'> {
  const architectures = ARCHITECTURES.filter((name) => only.includes(name));
  const kernels = KERNELS.map(({ name }) => name).filter((name) => only.includes(name));
  const cpus = only.filter((word) => !ARCHITECTURES.some((name) => name === word) && !kernels.includes(word));
  return {
    ...(architectures.length === 0 ? {} : { architectures }),
    ...(kernels.length === 0 ? {} : { kernels }),
    ...(cpus.length === 0 ? {} : { cpus }),
  };
}

const COLUMNS = [
  { title: 'SURFACE' },
  { title: 'FINGERPRINT' },
  { title: 'AGAINST BEFORE' },
  { title: 'SECONDS', align: 'right' as const },
  { title: 'TRIES', align: 'right' as const },
  { title: 'FAILURE', flexible: true },
];

function row({ job, result }: RecordedJob): string[] {
  if (!result.ok) return [job, '-', '-', '-', '-', result.error.message];
  const { fingerprint, compared, milliseconds, failedAttempts } = result.value;
  const tries = failedAttempts.length + 1;
  return [job, shortFingerprint(fingerprint), compared, (milliseconds / 1000).toFixed(1), String(tries), ''];
}
