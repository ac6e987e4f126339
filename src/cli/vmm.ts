/** The VMM that a person names, and moves as they come out under it. */
import { message } from '@optique/core/message';
import { multiple, optional } from '@optique/core/modifiers';
import type { Parser } from '@optique/core/parser';
import { option } from '@optique/core/primitives';
import { choice } from '@optique/core/valueparser';
import type { ValueParser } from '@optique/core/valueparser';
import { VMM_NAMES } from '../arch/vmm/names.ts';
import type { VmmName } from '../arch/vmm/names.ts';
import type { VmmProfile } from '../model/index.ts';

const vmm = (): ValueParser<'sync', VmmName> => choice(VMM_NAMES, { metavar: 'VMM' });

export function vmmOption(): Parser<'sync', VmmName | undefined, unknown> {
  return optional(
    option('--vmm', vmm(), { description: message`Judge with this VMM: what it can select, saves and insists on` }),
  );
}

/** For commands that compare several. */
export function vmmOptions(): Parser<'sync', readonly VmmName[], unknown> {
  return multiple(
    option('--vmm', vmm(), { description: message`A VMM of the upgrade, old to new; may be given several times` }),
  );
}

/** Loaded when one is named: its rows would cost every other command their loading time. */
export async function vmmProfile(name: VmmName): Promise<VmmProfile> {
  const { VMM_PROFILES } = await import('../arch/vmm/index.ts');
  loaded = VMM_PROFILES;
  const profile = VMM_PROFILES.find((each) => each.name === name);
  if (profile === undefined) throw new Error(`no rows for ${name}`);
  return profile;
}

let loaded: readonly VmmProfile[] = [];

/** The other versions of a profile that `vmmProfile` gave. */
export function otherVersions({ name, family }: VmmProfile): readonly VmmProfile[] {
  return loaded.filter((each) => each.family === family && each.name !== name);
}
