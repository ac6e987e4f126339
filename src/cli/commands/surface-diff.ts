/** `surface diff`: what two hosts show a guest differently. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { measure, registryFor } from '../../arch/index.ts';
import { diff } from '../../engine/index.ts';
import type { Difference } from '../../engine/index.ts';
import { DIFFERENCE_FORMAT, differenceSchema } from '../../format/index.ts';
import { hex } from '../../model/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost, shortFingerprint } from '../describe.ts';
import { documentText } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { fingerprinted, loadSurfaces } from '../input.ts';
import type { NamedSurface } from '../input.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { differentArchitectures, measureOptions } from '../pin.ts';
import { table } from '../table.ts';
import type { Column } from '../table.ts';
import type { Terminal } from '../terminal.ts';

export const surfaceDiff: Command = define(
  'diff',
  map(
    object({
      a: argument(surfaceName('A'), { description: message`A file, "host", or a recorded surface` }),
      b: argument(surfaceName('B'), { description: message`The other` }),
      vcpu: vcpuOption(),
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
        terminal.out(options.output === 'json' ? diffJson(a, b, differences) : diffText(terminal, a, b, differences));
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

const COLUMNS: readonly Column[] = [
  { title: 'ELEMENT' },
  { title: 'A', align: 'right' },
  { title: 'B', align: 'right' },
  { title: 'WHAT' },
  { title: 'DESCRIPTION', flexible: true },
];

function diffText(terminal: Terminal, a: NamedSurface, b: NamedSurface, differences: readonly Difference[]): string {
  const title = (letter: string, { name, surface }: NamedSurface): string =>
    `${letter}  ${name}  ${describeHost(surface)}  ${terminal.style('dim', shortFingerprint(surface.fingerprint))}\n`;
  const heading = title('A', a) + title('B', b);
  if (differences.length === 0) return `${heading}\nThey show a guest the same, as far as both were measured.\n`;
  const rows = differences.map((difference) => [
    difference.element,
    valueText(difference.a, difference.what, 'a'),
    valueText(difference.b, difference.what, 'b'),
    difference.what,
    difference.description,
  ]);
  return `${heading}\n${table(COLUMNS, rows, { width: terminal.width })}\n${countText(differences)}\n`;
}

function valueText(value: bigint | null, what: Difference['what'], side: 'a' | 'b'): string {
  if (value !== null) return hex(value);
  if (what === `not-measured-in-${side}`) return '?';
  return what === (side === 'a' ? 'only-in-b' : 'only-in-a') ? '-' : '?';
}

function countText(differences: readonly Difference[]): string {
  const counts = new Map<string, number>();
  for (const { what } of differences) counts.set(what, (counts.get(what) ?? 0) + 1);
  return `${differences.length} elements differ: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`;
}
