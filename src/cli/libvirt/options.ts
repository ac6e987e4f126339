/** Options that the commands of the hook share. */
import { message } from '@optique/core/message';
import { optional } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import { choice, string } from '@optique/core/valueparser';
import { HOOKS_DIRECTORY } from '../../interop/libvirt-hook/install.ts';
import { DEFAULT_SETTINGS } from '../../interop/libvirt-hook/settings.ts';
import type { Settings } from '../../interop/libvirt-hook/settings.ts';
import { LEVELS } from '../../model/index.ts';
import type { Level } from '../../model/index.ts';

export function directoryOption(): Parser<'sync', string | undefined, unknown> {
  return optional(
    option('--directory', string({ metavar: 'DIRECTORY' }), {
      description: message`Of contracts and answers; default: ${DEFAULT_SETTINGS.directory}`,
    }),
  );
}

export function hooksOption(): Parser<'sync', string | undefined, unknown> {
  return optional(
    option('--hooks', string({ metavar: 'DIRECTORY' }), {
      description: message`libvirt's directory of hooks; default: ${HOOKS_DIRECTORY}`,
    }),
  );
}

export function allowOption(): Parser<'sync', Level | undefined, unknown> {
  return optional(
    option('--allow', choice(LEVELS, { metavar: 'LEVEL' }), {
      description: message`The worst level at which a guest may come; default: ${DEFAULT_SETTINGS.allow}`,
    }),
  );
}

export function withoutContractOption(): Parser<'sync', Settings['withoutContract'] | undefined, unknown> {
  return optional(
    option('--without-contract', choice(['allow', 'veto']), {
      description: message`Guests that have no contract; default: ${DEFAULT_SETTINGS.withoutContract}`,
    }),
  );
}

export function onFailureOption(): Parser<'sync', Settings['onFailure'] | undefined, unknown> {
  return optional(
    option('--on-failure', choice(['open', 'closed']), {
      description: message`Where no answer is to be had: open lets the guest come, closed does not; default: ${DEFAULT_SETTINGS.onFailure}`,
    }),
  );
}
