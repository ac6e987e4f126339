/** `lab fetch`: downloads kernels, QEMU and what a machine needs, with the distribution's signatures checked. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { KERNELS, fetchKernels } from '../../lab/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { ARCHITECTURES, architectureOption, kernelName, labFailure, labFor } from '../lab.ts';

export const labFetch: Command = define(
  'fetch',
  map(
    object({
      kernels: multiple(option('--kernel', kernelName(), { description: message`Only this one; may be repeated` })),
      architecture: architectureOption(),
    }),
    ({ kernels, architecture }): Task =>
      async (terminal) => {
        const fetched = await fetchKernels(labFor(terminal), {
          architectures: architecture === undefined ? ARCHITECTURES : [architecture],
          kernels: kernels.length === 0 ? KERNELS.map(({ name }) => name) : kernels,
        });
        if (!fetched.ok) return labFailure(terminal, fetched.error);
        terminal.status('');
        terminal.out(fetched.value.map(({ identity, image }) => `${identity}  ${image}\n`).join(''));
        return EXIT.ok;
      },
  ),
  {
    brief: 'Download kernels and the emulator, signatures checked',
    description:
      'Into EVENKEEL_CACHE, else ~/.cache/evenkeel. What is there in its newest version is not fetched again.',
    examples: ['evenkeel lab fetch', 'evenkeel lab fetch --kernel debian:6.12 --arch arm64'],
  },
);
