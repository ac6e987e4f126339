/** `surface diff`: what two hosts show a guest differently. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { measure, registryFor } from '../../arch/index.ts';
import { diff } from '../../engine/index.ts';
import type { Difference } from '../../engine/index.ts';
import { DIFFERENCE_FORMAT, differenceSchema } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { diffText } from '../diff-text.ts';
import { documentText } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { fingerprinted, loadSurfaces } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { differentArchitectures, measureOptions } from '../pin.ts';

export const surfaceDiff: Command = define(
  'diff',
  map(
    object({
      a: argument(surfaceName('A'), { description: message`A file, "host", or a recorded surface` }),
      b: argument(surfaceName('B'), { description: message`The other` }),
      vcpu: vcpuOption(),
      all: option('-a', '--all', { description: message`Every register and every fact about the hosts` }),
      output: outputOption(),
    }),
    (options): Task =>
      async (terminal) => {
        const loaded = await loadSurfaces([options.a, options.b], terminal);
        if (!loaded.ok) return loaded.error;
        const [a, b] = [loaded.value[0], loaded.value[1]];
        if (a === undefined || b === undefined) throw new Error('two names give two surfaces');
        if (a.surface.architecture !== b.surface.architecture) return differentArchitectures(a, b);
        const measuring = measureOptions(options.vcpu === undefined ? {} : { vcpu: options.vcpu });
        const registry = registryFor(a.surface.architecture);
        const differences = diff(registry, measure(a.surface, measuring), measure(b.surface, measuring));
        terminal.out(
          options.output === 'json' ? diffJson(a, b, differences) : diffText(terminal, a, b, differences, options.all),
        );
        return differences.length === 0 ? EXIT.ok : EXIT.worse;
      },
  ),
  {
    brief: 'Say what two hosts show a guest differently',
    description: 'Element by element: the default, and what it can be set to. Ends with 1 where they differ.',
    examples: [
      'evenkeel surface diff x86_64/max/debian-6.1 x86_64/max/debian-6.12',
      'evenkeel surface diff before-upgrade.json host',
    ],
  },
);

function diffJson(a: NamedSurface, b: NamedSurface, differences: readonly Difference[]): string {
  const document = differenceSchema.encode({
    format: DIFFERENCE_FORMAT,
    architecture: a.surface.architecture,
    a: fingerprinted(a),
    b: fingerprinted(b),
    differences,
  });
  return documentText(document);
}
