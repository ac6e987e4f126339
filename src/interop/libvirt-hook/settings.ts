/**
 * What an operator can decide about the hook. The installed script is where the settings are kept, one shell variable
 * each: there is no second file that could be missing when libvirt waits for an answer.
 */
import { LEVELS } from '../../model/verdict.ts';
import type { Level } from '../../model/verdict.ts';
import { VETOABLE } from './operations.ts';
import type { Operation } from './operations.ts';
import type { Policy } from './decide.ts';

export interface Settings extends Policy {
  /** Where no answer is to be had: `open` lets the guest come, `closed` does not. */
  readonly onFailure: 'open' | 'closed';
  /** Whole seconds that libvirt is kept waiting at most. */
  readonly deadline: number;
  /** Operations at which it answers; of `VETOABLE`. */
  readonly operations: readonly Operation[];
  /** The directory of contracts and answers. */
  readonly directory: string;
}

/**
 * `start` is not among them: it comes a moment after `prepare` of the same start, and would get the same answer. What is
 * restored is asked for at `prepare` too.
 * Open on failure, because a guest that does not start is an outage, and most failures are a cache that nobody made.
 */
export const DEFAULT_SETTINGS: Settings = {
  allow: 'selectable',
  withoutContract: 'allow',
  onFailure: 'open',
  deadline: 5,
  operations: ['prepare', 'migrate'],
  directory: '/var/lib/evenkeel/libvirt',
};

export const ANSWERS_FILE = 'answers.json';

/** The settings as the script has them: what is not said, or not as it should be, is left out. */
export function settingsOf(script: string): Partial<Settings> {
  const value = (name: string): string | undefined =>
    new RegExp(`^${name}=(?:'([^']*)'|([^\\s'"]*))\\s*$`, 'm')
      .exec(script)
      ?.slice(1)
      .find((part) => part !== undefined);
  const oneOf = <T extends string>(name: string, known: readonly T[]): T | undefined =>
    known.find((each) => each === value(name));
  const deadline = Number(value('deadline') ?? Number.NaN);
  const operations = value('operations')?.split(/\s+/);
  const directory = value('directory');
  return without({
    allow: oneOf('allow', LEVELS),
    withoutContract: oneOf('without_contract', ['allow', 'veto']),
    onFailure: oneOf('on_failure', ['open', 'closed']),
    deadline: Number.isInteger(deadline) && deadline > 0 ? deadline : undefined,
    operations: operations === undefined ? undefined : VETOABLE.filter((each) => operations.includes(each)),
    directory: directory?.startsWith('/') === true ? directory : undefined,
  });
}

interface Found {
  readonly allow: Level | undefined;
  readonly withoutContract: Settings['withoutContract'] | undefined;
  readonly onFailure: Settings['onFailure'] | undefined;
  readonly deadline: number | undefined;
  readonly operations: readonly Operation[] | undefined;
  readonly directory: string | undefined;
}

function without({ allow, withoutContract, onFailure, deadline, operations, directory }: Found): Partial<Settings> {
  return {
    ...(allow === undefined ? {} : { allow }),
    ...(withoutContract === undefined ? {} : { withoutContract }),
    ...(onFailure === undefined ? {} : { onFailure }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(operations === undefined ? {} : { operations }),
    ...(directory === undefined ? {} : { directory }),
  };
}
