/** Reasons as they are after a VMM was judged: what changed, why, and who is in the way. */
import { worse } from '../../model/index.ts';
import type {
  Level,
  MeasuredSurface,
  Reason,
  Registry,
  Values,
  VmmProfile,
  VmmRow,
  Contract,
  WordPath,
} from '../../model/index.ts';

export interface VmmMove {
  readonly registry: Registry;
  readonly profile: VmmProfile;
  /** Of the same family: what stands in this one's way may not stand in theirs, and is then said. */
  readonly others?: readonly VmmProfile[];
  readonly contract: Contract;
  readonly destination: MeasuredSurface;
  /** The host that the guest leaves where it is not (only) what the contract was pinned from: it adds to the state. */
  readonly away: MeasuredSurface | null;
  /** What the guest's carried words hold, as a snapshot says; before those that the contract has. */
  readonly values?: Values;
}

/** KVM's level and what came of it: who is in the way. */
export function obstacleOf(kvm: Level, level: Level): 'kvm' | 'vmm' | null {
  if (worse(level, 'unknown') === 'unknown') return null;
  return worse(kvm, 'unknown') === 'unknown' ? 'vmm' : 'kvm';
}

export function changed(reason: Reason, level: Level, rule: string, text: string): Reason {
  const { word: _word, setting, ...rest } = reason;
  const kept = reason.word === undefined ? rest : { ...rest, word: reason.word };
  return {
    ...kept,
    level,
    rule,
    text: `${reason.text}; ${text}`,
    setting: level === 'selectable' ? setting : null,
    obstacle: obstacleOf(reason.level, level),
  };
}

export const unchanged = (reason: Reason): Reason => ({ ...reason, obstacle: obstacleOf(reason.level, reason.level) });

/** KVM answers the write with an error; `unseen` is what the guest has where nobody minds it. */
export function afterError(reason: Reason, { refused }: VmmRow, name: string, unseen: 'lost' | 'silent'): Reason {
  switch (refused) {
    case 'fails':
      return unchanged(reason);
    case 'ignores':
      return changed(reason, unseen, 'vmm-ignores-error', `${name} goes on after that error`);
    case 'unknown':
      return changed(reason, 'unknown', 'vmm-unknown', `what ${name} does after that error was not read`);
  }
}

export function added(
  registry: Registry,
  destination: MeasuredSurface,
  word: WordPath,
  element: string,
  { level, rule, text, promised }: Pick<Reason, 'level' | 'rule' | 'text' | 'promised'>,
): Reason {
  const area = destination.areas.get(registry.area(word));
  const found = destination.words.get(word);
  const pointer = found?.evidence ?? area?.evidence ?? null;
  return {
    element,
    area: registry.area(word),
    level,
    rule,
    text,
    promised,
    shows: null,
    evidence: pointer === null ? null : { surface: destination.fingerprint, pointer },
    setting: null,
    word,
    obstacle: obstacleOf('same', level),
  };
}
