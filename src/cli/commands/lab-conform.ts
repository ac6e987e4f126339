/** `lab conform`: boots a kernel and the one whose guests it must keep, and says whether it keeps them. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { Board, describeProgress, labProbe } from '../../lab/index.ts';
import type { LabProbeOptions, LabProgress } from '../../lab/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Result } from '../../model/index.ts';
import { report } from '../conform/report.ts';
import { conformOptions, conformOutput, writeReport } from '../conform/write.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import type { Failure } from '../exit.ts';
import type { NamedSurface } from '../input.ts';
import { architectureOption, kernelName, labFailure, labFor, modulesFailure } from '../lab.ts';
import type { Terminal } from '../terminal.ts';

export const labConform: Command = define(
  'conform',
  map(
    object({
      kernel: option('--kernel', kernelName(), {
        description: message`The kernel under test: a file such as bzImage, or debian:7.2`,
      }),
      against: option('--against', kernelName(), { description: message`The kernel whose guests are to be kept` }),
      modules: optional(
        option('--modules', string({ metavar: 'DIR' }), {
          description: message`Where the modules of your kernel are; not needed where KVM is built in`,
        }),
      ),
      architecture: architectureOption(),
      cpu: optional(
        option('--cpu', string({ metavar: 'CPU' }), { description: message`As for lab probe; default: max` }),
      ),
      append: multiple(
        option('--append', string({ metavar: 'WORD' }), {
          description: message`For both kernels' command lines, such as kvm-arm.mode=nested; may be repeated`,
        }),
      ),
      element: optional(
        option('--element', string({ metavar: 'ELEMENT' }), {
          description: message`Show only this element, word or area; the clauses stay those of the whole`,
        }),
      ),
      ...conformOptions(),
      output: conformOutput(),
    }),
    (given): Task =>
      async (terminal) => {
        const stray = modulesFailure([given.kernel], given.modules);
        if (stray !== null) return stray;
        const { architecture = 'x86_64', cpu, append, modules } = given;
        const common = { architecture, append, ...(cpu === undefined ? {} : { cpu }) };
        const from = await boot(terminal, { ...common, kernel: given.against });
        if (!from.ok) return from.error;
        const own = modules === undefined ? {} : { modules };
        const to = await boot(terminal, { ...common, kernel: given.kernel, ...own });
        if (!to.ok) return to.error;
        const reproduce = command(architecture, given);
        const reported = report(from.value, to.value, { element: given.element, reproduce });
        return reported.ok ? writeReport(terminal, reported.value, given) : reported.error;
      },
  ),
  {
    brief: "Boot a kernel and say whether it keeps another kernel's guests",
    description:
      'Both kernels are measured on the same emulated CPU, by the program that measures hosts; what evenkeel conform says of the two is the answer.',
    examples: [
      'evenkeel lab conform --kernel arch/x86/boot/bzImage --modules out/lib/modules --against debian:7.2',
      'evenkeel lab conform --kernel debian:7.3 --against debian:7.2 --arch arm64 -o junit',
    ],
  },
);

async function boot(terminal: Terminal, options: LabProbeOptions): Promise<Result<NamedSurface, Failure>> {
  const board = new Board([options.kernel]);
  const onProgress = (progress: LabProgress): void => {
    const now = performance.now();
    board.update(options.kernel, progress, now);
    terminal.status(
      board
        .states()
        .map((state) => `${options.kernel}: ${describeProgress(state, now)}`)
        .join(''),
    );
  };
  const probed = await labProbe(labFor(terminal), { ...options, onProgress });
  if (!probed.ok) return err(labFailure(terminal, probed.error));
  terminal.status('');
  return ok({ kind: 'surface', name: options.kernel, surface: probed.value.surface });
}

function command(
  architecture: string,
  given: {
    readonly kernel: string;
    readonly against: string;
    readonly modules: string | undefined;
    readonly cpu: string | undefined;
    readonly append: readonly string[];
  },
): string {
  return [
    `evenkeel lab conform --arch ${architecture} --kernel ${given.kernel}`,
    ...(given.modules === undefined ? [] : [`--modules ${given.modules}`]),
    `--against ${given.against}`,
    ...(given.cpu === undefined ? [] : [`--cpu ${given.cpu}`]),
    ...given.append.map((word) => `--append ${word}`),
  ].join(' ');
}
