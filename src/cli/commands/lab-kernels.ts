/** `lab kernels`: the kernels that the lab knows by name. */
import { object } from '@optique/core/constructs';
import { map } from '@optique/core/modifiers';
import { listKernels } from '../../lab/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { labFor } from '../lab.ts';
import { table } from '../table.ts';

const COLUMNS = [{ title: 'KERNEL' }, { title: 'ARCHITECTURE' }, { title: 'SUITE' }, { title: 'IN THE CACHE' }];

export const labKernels: Command = define(
  'kernels',
  map(object({}), (): Task => async (terminal) => {
    const rows = listKernels(labFor(terminal)).map(({ name, architecture, suite, cached }) => [
      name,
      architecture,
      suite,
      cached ?? 'no',
    ]);
    terminal.out(table(COLUMNS, rows, { width: terminal.width }));
    return EXIT.ok;
  }),
  {
    brief: 'List the kernels that can be fetched, and which are here',
    description: 'Any other kernel is given to lab probe as a file.',
    examples: ['evenkeel lab kernels'],
  },
);
