/** `migration matrix`: every surface against every other. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { MATRIX_FORMAT, matrixSchema } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText } from '../emit.ts';
import { EXIT, exitOf, failure } from '../exit.ts';
import { fingerprinted, loadSurfaces } from '../input.ts';
import { matrixOf, matrixText, worstOf } from '../matrix.ts';
import type { Matrix } from '../matrix.ts';
import { outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { vmmOption, vmmProfile } from '../vmm.ts';

export const migrationMatrix: Command = define(
  'matrix',
  map(
    object({
      surfaces: multiple(argument(surfaceName('SURFACE'), { description: message`Two or more, of one architecture` }), {
        min: 2,
      }),
      vcpu: vcpuOption(),
      vmm: vmmOption(),
      output: outputOption(),
    }),
    ({ surfaces, vcpu, vmm, output }): Task =>
      async (terminal) => {
        const loaded = await loadSurfaces(surfaces, terminal);
        if (!loaded.ok) return loaded.error;
        const [first, ...others] = loaded.value;
        if (first === undefined) return failure(EXIT.usage, 'a matrix needs surfaces');
        const profile = vmm === undefined ? undefined : await vmmProfile(vmm);
        const matrix = matrixOf([first, ...others], vcpu, profile);
        if (!matrix.ok) return matrix.error;
        const titles = loaded.value.map(({ name }) => name);
        terminal.out(output === 'json' ? matrixJson(matrix.value, vmm) : matrixText(terminal, matrix.value, titles));
        return exitOf(worstOf(matrix.value));
      },
  ),
  {
    brief: 'Check every surface against every other',
    description: 'Rows leave, columns receive: the default contract of the row on the host of the column.',
    examples: [
      'evenkeel migration matrix x86_64/max/debian-{5.10,6.1,6.12}',
      'evenkeel migration matrix nodes/*.json --vmm qemu:10.0 -o json',
    ],
  },
);

function matrixJson({ architecture, surfaces, cells }: Matrix, vmm: string | undefined): string {
  const document = matrixSchema.encode({
    format: MATRIX_FORMAT,
    architecture,
    ...(vmm === undefined ? {} : { vmm }),
    surfaces: surfaces.map(fingerprinted),
    moves: cells.flatMap((row, from) =>
      row.flatMap((verdict, to) =>
        verdict === null ? [] : [{ from, to, level: verdict.level, counts: verdict.counts }],
      ),
    ),
  });
  return documentText(document);
}
