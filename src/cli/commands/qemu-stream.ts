/** `qemu stream`: what is in a migration stream. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, exitOf, failure } from '../exit.ts';
import type { Wanted } from '../migration-stream.ts';
import { fileName, outputOption, surfaceName, vcpuOption } from '../operands.ts';
import { vmmOption } from '../vmm.ts';

export const qemuStream: Command = define(
  'stream',
  map(
    object({
      path: argument(fileName(), { description: message`What QEMU or "virsh save" wrote; - is standard input` }),
      sections: multiple(
        option('--section', string({ metavar: 'NAME' }), {
          description: message`Show the fields of this section (cpu, virtio-net, …); may be given several times`,
        }),
      ),
      fields: option('--fields', { description: message`Show the fields of all sections` }),
      to: optional(
        option('--to', surfaceName('SURFACE'), {
          description: message`Say what this destination, with the QEMU of --vmm, would do with it`,
        }),
      ),
      vmm: vmmOption(),
      vcpu: vcpuOption(),
      output: outputOption(),
    }),
    ({ path, sections, fields, to, vmm, vcpu, output }): Task =>
      async (terminal) => {
        if ((to === undefined) !== (vmm === undefined)) {
          return failure(EXIT.usage, '--to and --vmm go together: the host, and the QEMU on it that loads the stream');
        }
        // Loaded here: streams cost no other command its loading time.
        const { isNamed, loadStream } = await import('../migration-stream.ts');
        const loaded = await loadStream(path, terminal.signal);
        if (!loaded.ok) return loaded.error;
        const stream = loaded.value;
        if (to !== undefined && vmm !== undefined) {
          const { askStream, streamVerdictJson, streamVerdictText } = await import('../stream-verdict.ts');
          const judged = await askStream(stream, { name: path, to, vmm, vcpu }, terminal);
          if (!judged.ok) return judged.error;
          terminal.out(output === 'json' ? streamVerdictJson(judged.value) : streamVerdictText(terminal, judged.value));
          return exitOf(judged.value.verdict.level);
        }
        const missing = sections.find((name) => !stream.sections.some((section) => isNamed(section, name)));
        if (missing !== undefined) return failure(EXIT.usage, `the stream has no section ${missing}`);
        const wanted: Wanted = (section) => fields || sections.some((name) => isNamed(section, name));
        if (output === 'json') {
          const { streamJson } = await import('../migration-stream-json.ts');
          terminal.out(streamJson(path, stream, wanted));
          return EXIT.ok;
        }
        if (fields || sections.length > 0) {
          const { fieldsText } = await import('../migration-fields-text.ts');
          const shown = stream.sections.filter((section) => wanted(section));
          terminal.out(shown.map((section) => fieldsText(terminal, section)).join('\n'));
          return EXIT.ok;
        }
        const { streamText } = await import('../migration-stream-text.ts');
        terminal.out(streamText(terminal, path, stream));
        return EXIT.ok;
      },
  ),
  {
    brief: 'Say what is in a migration stream, and what a destination would do with it',
    description:
      'Reads the stream once, from a file or a pipe, in memory that does not grow with the guest. RAM is counted and passed over; device state is shown as the description at its end has it.',
    examples: [
      'echo "migrate exec:cat>guest.stream" | socat - UNIX:monitor.sock',
      'evenkeel qemu stream guest.stream',
      'evenkeel qemu stream guest.stream --section cpu',
      'evenkeel qemu stream guest.stream --to x86_64/max/debian-5.10 --vmm qemu:7.2   # would it load there?',
      'virsh save --bypass-cache web web.save && evenkeel qemu stream web.save',
      'zstd -dc guest.stream.zst | evenkeel qemu stream - -o json',
    ],
  },
);
