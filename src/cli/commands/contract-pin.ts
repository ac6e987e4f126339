/** `contract pin`: what a guest is promised, from one surface or from several. */
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, multiple, optional } from '@optique/core/modifiers';
import { argument, option } from '@optique/core/primitives';
import { string } from '@optique/core/valueparser';
import { contractText } from '../../format/index.ts';
import { assignments, byPath } from '../assignments.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { emit } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { withTemplate } from '../firecracker.ts';
import { loadSurfaces } from '../input.ts';
import { fileName, surfaceName, vcpuOption, writeOption } from '../operands.ts';
import { pinSurfaces } from '../pin.ts';
import { vmmOption, vmmProfile } from '../vmm.ts';

export const contractPin: Command = define(
  'pin',
  map(
    object({
      surfaces: multiple(
        argument(surfaceName('SURFACE'), { description: message`A file, "host", or a recorded one` }),
        {
          min: 1,
        },
      ),
      name: optional(
        option('--name', string({ metavar: 'NAME' }), { description: message`For people; default: the hosts` }),
      ),
      vcpu: vcpuOption(),
      vmm: vmmOption(),
      template: optional(
        option('--template', fileName(), {
          description: message`A CPU template of Firecracker: promise what guests with it get; each SURFACE is a capture of Firecracker's without one`,
        }),
      ),
      set: assignments(
        '--set',
        'ELEMENT=VALUE',
        message`Promise this value instead of the default; every surface must be able to show it; may be repeated`,
      ),
      except: multiple(
        option('--except', string({ metavar: 'ELEMENT' }), {
          description: message`Promise nothing of it: the guest does not depend on it; may be repeated`,
        }),
      ),
      write: writeOption(),
    }),
    ({ surfaces, name, vcpu, vmm, template, set, except, write }): Task =>
      async (terminal) => {
        const loaded = await loadSurfaces(surfaces, terminal);
        if (!loaded.ok) return loaded.error;
        const changed = await withTemplate(loaded.value, template);
        if (!changed.ok) return changed.error;
        const profile = vmm === undefined ? undefined : await vmmProfile(vmm);
        const pinned = pinSurfaces(changed.value, { name, vcpu, vmm: profile, settings: byPath(set), except });
        if (!pinned.ok) return pinned.error;
        const failed = emit(terminal, contractText(pinned.value), write);
        if (failed !== null) return failed;
        const { promises, carries, unknown } = pinned.value;
        terminal.note(`${promises.length} words promised, ${carries.length} carried, ${unknown.length} areas unknown`);
        return EXIT.ok;
      },
  ),
  {
    brief: 'Promise a guest what a host shows, or what all of several hosts can show',
    description:
      'One surface: what a guest gets there by default. Several: the largest machine that each of them can show.',
    examples: [
      'evenkeel contract pin host --name web --write web.contract.json',
      'evenkeel contract pin old.json new.json --write pool.contract.json',
      'evenkeel contract pin host --set quirk/LINT0_REENABLED=0 --write web.contract.json',
      'evenkeel contract pin host --vmm qemu:10.0 --write web.contract.json',
      'evenkeel contract pin fingerprint.json --template T2A.json --vmm firecracker:1.16 --write web.contract.json',
    ],
  },
);
