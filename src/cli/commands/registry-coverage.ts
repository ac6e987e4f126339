/** `registry coverage`: what the registries name of what surfaces contain, and that nothing was left out. */
import { matchesGlob } from 'node:path';
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { coverageSchema } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { coverageOf } from '../coverage.ts';
import { coverageText } from '../coverage-text.ts';
import { documentText } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import { loadSurfaces } from '../input.ts';
import { outputOption, surfaceName } from '../operands.ts';
import { recordedNames } from '../recorded.ts';

export const registryCoverage: Command = define(
  'coverage',
  map(
    object({
      surfaces: multiple(
        argument(surfaceName('SURFACE'), {
          description: message`Files, "host", or recorded surfaces, also by pattern: x86_64/*/debian-7.3`,
        }),
      ),
      recorded: option('--recorded', { description: message`All recorded surfaces as well` }),
      reasons: option('--reasons', { description: message`Also why data of the surfaces are no words` }),
      output: outputOption(),
    }),
    ({ surfaces, recorded, reasons, output }): Task =>
      async (terminal) => {
        const names = [...new Set([...surfaces.flatMap(recordedLike), ...(recorded ? everyRecorded() : [])])];
        if (names.length === 0) {
          return failure(EXIT.usage, 'coverage of what?', 'Name surfaces, or all recorded ones: --recorded');
        }
        const loaded = await loadSurfaces(names, terminal);
        if (!loaded.ok) return loaded.error;
        const document = coverageOf(loaded.value);
        terminal.out(
          output === 'json' ? documentText(coverageSchema.encode(document)) : coverageText(terminal, document, reasons),
        );
        return document.unclassified.length === 0 ? EXIT.ok : EXIT.worse;
      },
  ),
  {
    brief: 'Say what the registries name of what surfaces contain',
    description:
      'Counts registers and bits, named and unnamed, by area and kind, and lists the unnamed bits that are set. Ends with 1 where a datum of a surface became no word and nothing says why.',
    examples: [
      'evenkeel registry coverage --recorded',
      'evenkeel registry coverage host',
      'evenkeel registry coverage captures/*.json --reasons',
    ],
  },
);

function everyRecorded(): string[] {
  return recordedNames().map(({ name }) => name);
}

/** A pattern that the shell found no files for may mean recorded surfaces; anything else is a name. */
function recordedLike(name: string): string[] {
  if (!/[*?[{]/.test(name)) return [name];
  const found = everyRecorded().filter((candidate) => matchesGlob(candidate, name));
  return found.length === 0 ? [name] : found;
}
