/** `lab probe`: boots a kernel and measures what it can show a guest, with the program that measures hosts. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { surfaceText } from '../../format/index.ts';
import { Board, describeProgress, labProbe as probeInLab } from '../../lab/index.ts';
import type { LabProbeOptions, LabProgress } from '../../lab/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { describeHost, shortFingerprint } from '../describe.ts';
import { emit } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { CONSOLE_LINES, architectureOption, kernelName, labFailure, labFor, modulesFailure } from '../lab.ts';
import { writeOption } from '../operands.ts';

export const labProbe: Command = define(
  'probe',
  map(
    object({
      kernel: option('--kernel', kernelName(), { description: message`debian:6.12, or the file of a kernel of yours` }),
      modules: optional(
        option('--modules', string({ metavar: 'DIR' }), { description: message`Where the modules of your kernel are` }),
      ),
      architecture: architectureOption(),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), {
          description: message`max, neoverse-n1, epyc-milan, or what QEMU's -cpu takes; default: max`,
        }),
      ),
      append: multiple(
        option('--append', string({ metavar: 'WORD' }), {
          description: message`For the kernel command line, such as kvm-arm.mode=nested; may be repeated`,
        }),
      ),
      qemu: optional(option('--qemu', string({ metavar: 'FILE' }), { description: message`Not the lab's own QEMU` })),
      write: writeOption(),
    }),
    (given): Task =>
      async (terminal) => {
        const stray = modulesFailure([given.kernel], given.modules);
        if (stray !== null) return stray;
        const board = new Board([given.kernel]);
        const onProgress = (progress: LabProgress): void => {
          const now = performance.now();
          board.update(given.kernel, progress, now);
          const text = board.states().map((state) => `${given.kernel}: ${describeProgress(state, now)}`);
          if (progress.phase === 'retrying') {
            terminal.note(text.join(''));
            for (const line of progress.console.slice(-CONSOLE_LINES)) terminal.note(`  ${line}`);
          } else terminal.status(text.join(''));
        };
        const probed = await probeInLab(labFor(terminal), optionsOf(given, onProgress));
        if (!probed.ok) return labFailure(terminal, probed.error);
        const { surface, totalMilliseconds } = probed.value;
        const failed = emit(terminal, surfaceText(surface), given.write);
        if (failed !== null) return failed;
        const seconds = (totalMilliseconds / 1000).toFixed(1);
        terminal.note(`${describeHost(surface)}: ${shortFingerprint(surface.fingerprint)} in ${seconds} s`);
        return EXIT.ok;
      },
  ),
  {
    brief: 'Boot a kernel and measure what it can show a guest',
    description: 'Under emulation, so without privileges and on any machine. Default architecture: x86_64.',
    examples: [
      'evenkeel lab probe --kernel debian:6.12 --arch arm64 --write arm64-6.12.json',
      'evenkeel lab probe --kernel arch/x86/boot/bzImage --modules out/lib/modules > mine.json',
    ],
  },
);

interface Given {
  readonly kernel: string;
  readonly modules: string | undefined;
  readonly architecture: LabProbeOptions['architecture'] | undefined;
  readonly cpu: string | undefined;
  readonly append: readonly string[];
  readonly qemu: string | undefined;
}

/** What was not given is left out, so that the lab's own defaults hold. */
function optionsOf(
  { kernel, modules, architecture = 'x86_64', cpu, append, qemu }: Given,
  onProgress: (progress: LabProgress) => void,
): LabProbeOptions {
  return {
    architecture,
    kernel,
    append,
    onProgress,
    ...(modules === undefined ? {} : { modules }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(qemu === undefined ? {} : { qemu }),
  };
}
