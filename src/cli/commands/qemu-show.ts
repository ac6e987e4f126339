/** `qemu show`: what a VMM surface says, from a file or of those that come with Evenkeel. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT } from '../exit.ts';
import { outputOption } from '../operands.ts';
import { loadVmmSurface, vmmSurfaceName } from '../vmm-surface.ts';

export const qemuShow: Command = define(
  'show',
  map(
    object({
      name: argument(vmmSurfaceName(), { description: message`A file, or a recorded one: evenkeel qemu list` }),
      output: outputOption(),
    }),
    ({ name, output }): Task =>
      async (terminal) => {
        const loaded = await loadVmmSurface(name, terminal);
        if (!loaded.ok) return loaded.error;
        const { vmmSurfaceText } = await import('../../format/index.ts');
        const summary = await import('../qemu-text.ts');
        terminal.out(output === 'json' ? vmmSurfaceText(loaded.value) : summary.vmmSurfaceText(terminal, loaded.value));
        return EXIT.ok;
      },
  ),
  {
    brief: 'Show what a recorded QEMU can give a guest',
    examples: ['evenkeel qemu show vmm/qemu-10.0/x86_64', 'evenkeel qemu show before-upgrade.json -o json'],
  },
);
