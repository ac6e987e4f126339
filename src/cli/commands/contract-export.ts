/** `contract export`: a contract in the form that another program takes, and what that program cannot be told. */
import { merge, object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map } from '@optique/core/modifiers';
import { argument } from '@optique/core/primitives';
import { registryFor } from '../../arch/index.ts';
import { exportSchema } from '../../format/index.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { documentText, emit } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { exportTarget } from '../export/targets.ts';
import { exportNotes } from '../export/text.ts';
import { load } from '../input.ts';
import { departure } from '../move.ts';
import { outputOption, surfaceName, vcpuOption, writeOption } from '../operands.ts';
import { vmmProfile } from '../vmm.ts';

export const contractExport: Command = define(
  'export',
  map(
    merge(
      object({
        contract: argument(surfaceName('CONTRACT'), {
          description: message`A contract, or a surface, of which the machine that guests get there by default is exported`,
        }),
        vcpu: vcpuOption(),
        output: outputOption(),
        write: writeOption(),
      }),
      object({ target: exportTarget }),
    ),
    ({ contract, vcpu, output, write, target }): Task =>
      async (terminal) => {
        const named = await load(contract, terminal);
        if (!named.ok) return named.error;
        const vmm = target.vmm === null ? undefined : await vmmProfile(target.vmm);
        const leaves = departure(named.value, vcpu, vmm);
        if (!leaves.ok) return leaves.error;
        const found = await target.run(
          registryFor(leaves.value.contract.architecture),
          leaves.value.contract,
          terminal,
        );
        if (!found.ok) return found.error;
        const text = output === 'json' ? documentText(exportSchema.encode(found.value)) : found.value.artefact.text;
        const failed = emit(terminal, text, write);
        if (failed !== null) return failed;
        for (const line of output === 'json' ? [] : exportNotes(terminal, found.value)) terminal.note(line);
        return EXIT.ok;
      },
  ),
  {
    brief: 'Write a contract in the form that another program takes',
    description:
      'The artefact goes to standard output alone, so that it can be piped; what the program cannot be told goes to standard error, each element with its value and the reason. -o json has both.',
    examples: [
      'evenkeel contract export web.contract.json --qemu 10.0',
      'evenkeel contract export web.contract.json --qemu 7.2 | xargs qemu-system-x86_64 -m 2G disk.img',
      'evenkeel contract export x86_64/epyc-milan/debian-6.1 --qemu 10.0 -o json',
      'evenkeel contract export web.contract.json --libvirt',
    ],
  },
);
