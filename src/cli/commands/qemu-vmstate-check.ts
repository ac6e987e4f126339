/** `qemu vmstate-check`: whether one QEMU loads what another has saved, by their -dump-vmstate files. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import type { ValueParser } from '@optique/core/valueparser';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, exitOf, failure } from '../exit.ts';
import { outputOption } from '../operands.ts';
import { recordedVmms } from '../recorded.ts';

/** Completed in shells. */
function dumpName(): ValueParser<'sync', string> {
  return {
    ...string({ metavar: 'DUMP' }),
    *suggest(prefix) {
      for (const { name } of recordedVmms()) if (name.startsWith(prefix)) yield { kind: 'literal', text: name };
      yield { kind: 'file', type: 'file', extensions: ['.json'] };
    },
  };
}

export const qemuVmstateCheck: Command = define(
  'vmstate-check',
  map(
    object({
      files: multiple(argument(dumpName(), { description: message`From the first to the second; more: every pair` }), {
        min: 2,
      }),
      reverse: option('--reverse', { description: message`From the second to the first` }),
      pairs: option('--pairs', {
        description: message`Every pair, both ways, also of two dumps; of more it is so anyway`,
      }),
      machine: optional(
        option('--machine', string({ metavar: 'TYPE' }), { description: message`Each has to be of this machine type` }),
      ),
      devices: multiple(
        option('--device', string({ metavar: 'TYPE' }), {
          description: message`Only this device type, as the dumps name it; may be given several times`,
        }),
      ),
      all: option('-a', '--all', { description: message`Differences without effect too` }),
      output: outputOption(),
    }),
    ({ files, reverse, pairs, machine, devices, all, output }): Task =>
      async (terminal) => {
        const matrix = pairs || files.length > 2;
        if (reverse && matrix)
          return failure(EXIT.usage, '--reverse is of two dumps; of several, both ways are checked');
        // Loaded here: dumps cost no other command its loading time.
        const { everyPair, loadDumps, onePair, vmstateJson, worstOfDumps } = await import('../vmstate.ts');
        const { comparisonText, dumpMatrixText } = await import('../vmstate-text.ts');
        const loaded = await loadDumps(files, machine, terminal);
        if (!loaded.ok) return loaded.error;
        const dumps = loaded.value;
        const unknown = devices.find((device) => dumps.every(({ dump }) => !dump.sections.has(device)));
        if (unknown !== undefined) return failure(EXIT.usage, `no dump has a device type ${unknown}`);
        const options = devices.length === 0 ? {} : { sections: new Set(devices) };
        const compared = matrix ? everyPair(dumps, options) : [onePair(dumps, reverse ? [1, 0] : [0, 1], options)];
        const texts = (): string =>
          matrix
            ? dumpMatrixText(terminal, dumps, compared)
            : compared.map((each) => comparisonText(terminal, dumps, each, all)).join('\n');
        terminal.out(output === 'json' ? vmstateJson(dumps, compared) : texts());
        return exitOf(worstOfDumps(compared));
      },
  ),
  {
    brief: 'Say whether one QEMU loads what another has saved',
    description:
      'A dump is what qemu-system-… -machine TYPE -dump-vmstate FILE writes, or a VMM surface (evenkeel qemu probe), recorded ones by name. It has every device type of the program: --device narrows it to those of a guest.',
    examples: [
      'qemu-system-x86_64 -machine pc-q35-7.2 -dump-vmstate old.json',
      'evenkeel qemu vmstate-check old.json new.json --machine pc-q35-7.2',
      'evenkeel qemu vmstate-check old.json new.json --reverse   # the way back',
      'evenkeel qemu vmstate-check vmm/qemu-{5.2,7.2,10.0,11.1}/x86_64 --machine pc-q35-5.2   # every pair, both ways',
    ],
  },
);
