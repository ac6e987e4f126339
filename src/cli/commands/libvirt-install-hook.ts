/** `libvirt install-hook` and `libvirt uninstall-hook`. */
import { mkdirSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { object } from '@optique/core/constructs';
import { message } from '@optique/core/message';
import { map, optional } from '@optique/core/modifiers';
import { option } from '@optique/core/primitives';
import { integer } from '@optique/core/valueparser';
import { HOOKS_DIRECTORY, hookPath, installHook, uninstallHook } from '../../interop/libvirt-hook/install.ts';
import type { Settings } from '../../interop/libvirt-hook/settings.ts';
import { define } from '../command.ts';
import type { Command, Task } from '../command.ts';
import { EXIT, failure } from '../exit.ts';
import { GUESTS } from '../libvirt/answers.ts';
import {
  allowOption,
  directoryOption,
  hooksOption,
  onFailureOption,
  withoutContractOption,
} from '../libvirt/options.ts';

export const libvirtInstallHook: Command = define(
  'install-hook',
  map(
    object({
      allow: allowOption(),
      withoutContract: withoutContractOption(),
      onFailure: onFailureOption(),
      deadline: optional(
        option('--deadline', integer({ metavar: 'SECONDS', min: 1, max: 600 }), {
          description: message`How long libvirt is kept waiting at most; default: 5`,
        }),
      ),
      directory: directoryOption(),
      hooks: hooksOption(),
    }),
    ({ hooks = HOOKS_DIRECTORY, ...given }): Task =>
      async (terminal) => {
        const { directory } = given;
        if (directory !== undefined && (!isAbsolute(directory) || /['\n]/.test(directory))) {
          return failure(EXIT.usage, `--directory ${directory}: libvirtd needs an absolute path, without quotes in it`);
        }
        const installed = installHook(hooks, definedOnly(given));
        if (!installed.ok) return failure(EXIT.input, installed.error);
        const { path, settings, replaced, cautions } = installed.value;
        const guests = join(settings.directory, GUESTS);
        try {
          mkdirSync(guests, { recursive: true, mode: 0o755 });
        } catch (error) {
          return failure(EXIT.input, `${guests}: it cannot be made: ${error instanceof Error ? error.message : ''}`);
        }
        terminal.out(
          [
            `${path}  ${replaced ? 'replaced, its settings kept' : 'installed'}`,
            `  allow ${settings.allow}, without contract ${settings.withoutContract}, on failure ${settings.onFailure}, deadline ${settings.deadline} s, at ${settings.operations.join(', ')}`,
            'Next:',
            `  contracts into ${guests}/NAME-OR-UUID.contract.json, then: evenkeel libvirt cache`,
            '  systemctl reload libvirtd (or virtqemud): it looks for hooks when it starts or is reloaded',
            '',
          ].join('\n'),
        );
        for (const caution of cautions) terminal.note(`Caution: ${caution}`);
        return EXIT.ok;
      },
  ),
  {
    brief: "Put the hook into libvirt's directory of hooks",
    description: `Writes ${hookPath(HOOKS_DIRECTORY)}, which libvirt 6.5 and newer run. Where it is there already, it is replaced and the settings that were edited in it stay. Neither libvirt nor a guest is touched.`,
    examples: [
      'sudo evenkeel libvirt install-hook',
      'sudo evenkeel libvirt install-hook --on-failure closed --without-contract veto',
      'sudo evenkeel libvirt install-hook --allow unknown --deadline 2',
    ],
  },
);

/** What was not said is left to the installed script, or the defaults. */
function definedOnly({ allow, withoutContract, onFailure, deadline, directory }: Given): Partial<Settings> {
  return {
    ...(allow === undefined ? {} : { allow }),
    ...(withoutContract === undefined ? {} : { withoutContract }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(directory === undefined ? {} : { directory }),
  };
}

interface Given {
  readonly allow: Settings['allow'] | undefined;
  readonly withoutContract: Settings['withoutContract'] | undefined;
  readonly onFailure: Settings['onFailure'] | undefined;
  readonly deadline: number | undefined;
  readonly directory: string | undefined;
}

export const libvirtUninstallHook: Command = define(
  'uninstall-hook',
  map(object({ hooks: hooksOption() }), ({ hooks = HOOKS_DIRECTORY }): Task => async (terminal) => {
    const removed = uninstallHook(hooks);
    if (!removed.ok) return failure(EXIT.input, removed.error);
    terminal.out(removed.value === null ? `${hookPath(hooks)}: there is none\n` : `${removed.value}  removed\n`);
    return EXIT.ok;
  }),
  {
    brief: 'Take the hook away again',
    description: 'Contracts and answers stay. libvirt needs no reload.',
    examples: ['sudo evenkeel libvirt uninstall-hook'],
  },
);
