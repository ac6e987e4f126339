/** `libvirt cache`: makes the answers that the hook gives, for this host as it is now. */
import { join } from 'node:path';
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, withDefault } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { libvirtAnswersSchema, writeWhole } from '../../format/index.ts';
import { ANSWERS_FILE, DEFAULT_SETTINGS, changesOf } from '../../interop/libvirt-hook/index.ts';
import type { LibvirtAnswers } from '../../model/index.ts';
import { readHost } from '../../probe/steps/host.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { shortFingerprint } from '../describe.ts';
import { documentText } from '../emit.ts';
import { EXIT } from '../exit.ts';
import { inputFailure, loadSurface } from '../input.ts';
import { makeAnswers } from '../libvirt/answers.ts';
import { directoryOption } from '../libvirt/options.ts';
import { outputOption, surfaceName } from '../operands.ts';
import { table } from '../table.ts';
import { showLevel } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { vmmOption, vmmProfile } from '../vmm.ts';

export const libvirtCache: Command = define(
  'cache',
  map(
    object({
      surface: withDefault(
        option('--surface', surfaceName('SURFACE'), {
          description: message`Measured before, on this host; default: host, which measures it now`,
        }),
        'host',
      ),
      vmm: vmmOption(),
      directory: directoryOption(),
      output: outputOption(),
    }),
    ({ surface, vmm, directory = DEFAULT_SETTINGS.directory, output }): Task =>
      async (terminal) => {
        const host = await loadSurface(surface, terminal);
        if (!host.ok) return host.error;
        const profile = vmm === undefined ? undefined : await vmmProfile(vmm);
        const made = await makeAnswers(directory, host.value, profile, terminal);
        if (!made.ok) return made.error;
        const answers = made.value;
        const text = documentText(libvirtAnswersSchema.encode(answers));
        const path = join(directory, ANSWERS_FILE);
        const written = writeWhole(path, text);
        if (!written.ok) return inputFailure(written.error);
        terminal.out(output === 'json' ? text : page(terminal, answers));
        const { guests, contracts, others } = answers;
        const rest = others === null ? '' : ' and all others';
        terminal.note(
          `${path}: ${guests.length} guests${rest}, ${contracts.length} distinct contracts on ${shortFingerprint(answers.surface)}`,
        );
        for (const change of changesOf(answers.host, readHost())) {
          terminal.note(`Caution: true of another host than this one: ${change}`);
        }
        return EXIT.ok;
      },
  ),
  {
    brief: 'Make the answers of the libvirt hook, for this host as it is now',
    description: `Holds each contract in DIRECTORY/guests (NAME-OR-UUID.contract.json; DIRECTORY/others.contract.json for KVM guests that have none) against this host. To be run at boot before libvirtd, and when a contract comes or changes. Ends with 0 whatever the verdicts are.`,
    examples: [
      'evenkeel libvirt cache',
      'evenkeel libvirt cache --vmm qemu:10.0',
      'evenkeel libvirt cache --surface node7.json --directory ./libvirt -o json',
    ],
  },
);

function page(terminal: Terminal, { contracts, guests, others }: LibvirtAnswers): string {
  const all = [...guests, ...(others === null ? [] : [{ guest: 'all others', contract: others }])];
  const rows = all.map(({ guest, contract: at }) => {
    const contract = contracts[at];
    if (contract === undefined) throw new Error('a guest without its contract');
    const more = contract.more > 0 ? `; and ${contract.more} more` : '';
    return [guest, showLevel(terminal, contract.level), `${contract.reasons.join('; ')}${more}`];
  });
  return table([{ title: 'GUEST' }, { title: 'LEVEL' }, { title: 'REASONS', flexible: true }], rows, {
    width: terminal.width,
  });
}
