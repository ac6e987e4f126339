/** `qemu probe`: asks a QEMU what it can give a guest here. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional, withDefault } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import { QEMU_VERSIONS } from '../../lab/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { emit } from '../emit.ts';
import { EXIT, failure } from '../exit.ts';
import { architectureOption } from '../lab.ts';
import { outputOption, writeOption } from '../operands.ts';

export const qemuProbe: Command = define(
  'probe',
  map(
    object({
      binary: optional(
        option('--binary', string({ metavar: 'PROGRAM' }), { description: message`A path, or a name in PATH` }),
      ),
      version: optional(
        option('--qemu', choice(QEMU_VERSIONS, { metavar: 'VERSION' }), {
          description: message`Debian's, fetched into the lab's cache`,
        }),
      ),
      architecture: architectureOption(),
      accelerator: withDefault(
        option('--accel', choice(['auto', 'kvm', 'tcg']), {
          description: message`auto (default): KVM where it can be used, else TCG`,
        }),
        'auto',
      ),
      machine: withDefault(
        option('--machine', string({ metavar: 'TYPE' }), {
          description: message`Under which CPU models are asked for; default: none`,
        }),
        'none',
      ),
      output: outputOption(),
      write: writeOption(),
    }),
    ({ binary, version, architecture, accelerator, machine, output, write }): Task =>
      async (terminal) => {
        if (binary !== undefined && version !== undefined) {
          return failure(EXIT.usage, '--binary and --qemu name two different programs');
        }
        // Loaded here: a VMM surface costs no other command its loading time.
        const { probeNamed } = await import('../qemu-probe.ts');
        const { vmmSurfaceText } = await import('../../format/index.ts');
        const summary = await import('../qemu-text.ts');
        const probed = await probeNamed(terminal, { binary, version, architecture, accelerator, machine });
        if (!probed.ok) return probed.error;
        const text = vmmSurfaceText(probed.value);
        if (write !== undefined) {
          const failed = emit(terminal, text, write);
          if (failed !== null) return failed;
        }
        if (write === '-') return EXIT.ok;
        terminal.out(output === 'json' ? text : summary.vmmSurfaceText(terminal, probed.value));
        return EXIT.ok;
      },
  ),
  {
    brief: 'Ask a QEMU what it can give a guest here',
    description:
      'Starts the program with a machine that is never run, asks over QMP for machine types, their compat properties and CPU models, and dumps the vmstate of each versioned machine type. Needs no privileges; /dev/kvm where CPU models are to be judged by KVM.',
    examples: [
      'evenkeel qemu probe                                # qemu-system-… of this machine',
      'evenkeel qemu probe --write before-upgrade.json',
      'evenkeel qemu probe --binary /usr/libexec/qemu-kvm --accel kvm',
      "evenkeel qemu probe --qemu 10.0 --arch arm64       # Debian's",
    ],
  },
);
