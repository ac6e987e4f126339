/**
 * The layer of the VMM: a verdict of KVM as it comes out where a certain VMM does the work. Levels become worse where the
 * VMM cannot do what KVM could, or goes on where KVM said no; better only where a row of its profile has a source for it.
 * Pure.
 */
import { LEVELS, extract, fieldMask, hex, worse } from '../model/index.ts';
import type {
  Contract,
  Element,
  Level,
  MeasuredSurface,
  Reason,
  Registry,
  Values,
  Verdict,
  VmmProfile,
  VmmRow,
  WordPath,
} from '../model/index.ts';
import { selectionOf } from './vmm-selection.ts';
import { heldBy } from './carried-unit.ts';
import { rowFor } from './vmm-rows.ts';

export interface VmmMove {
  readonly registry: Registry;
  readonly profile: VmmProfile;
  readonly contract: Contract;
  readonly destination: MeasuredSurface;
  /** The host that the guest leaves where it is not (only) what the contract was pinned from: it adds to the state. */
  readonly away: MeasuredSurface | null;
  /** What the guest's carried words hold, as a snapshot says; before those that the contract has. */
  readonly values?: Values;
}

/** What KVM says of a move, as it comes out under this VMM; every reason then says what the obstacle is. */
export function underVmm(move: VmmMove, verdict: Verdict): Verdict {
  const counts: Record<Level, number> = { ...verdict.counts };
  const reasons: Reason[] = [];
  const judged = new Set<string>();
  const keep = (before: Level, reason: Reason): void => {
    counts[before] = Math.max(0, counts[before] - 1);
    counts[reason.level]++;
    judged.add(reason.element);
    if (reason.level !== 'same') reasons.push(reason);
  };
  for (const reason of verdict.reasons) {
    if (reason.word !== undefined) judged.add(reason.word);
    keep(reason.level, rejudge(move, reason));
  }
  // What KVM has nothing against gave no reason: the VMM may have.
  for (const reason of [...unshown(move), ...unsaved(move)]) {
    if (judged.has(reason.element)) continue;
    keep('same', reason);
  }
  const rank = ({ level }: Reason): number => LEVELS.indexOf(level);
  return {
    level: reasons.reduce<Level>((worst, { level }) => worse(worst, level), 'same'),
    counts,
    reasons: reasons.toSorted((a, b) => rank(b) - rank(a)),
    caveats: verdict.caveats,
  };
}

/** Rules under which a word is missing on the destination; of all others its value is in question. */
const MISSING: readonly string[] = ['register-missing', 'state-missing'];

function rejudge(move: VmmMove, reason: Reason): Reason {
  const row = reason.word === undefined ? null : rowFor(move.profile, move.contract.architecture, reason.word);
  // A whole area, or the whole host: no VMM changes that.
  if (row === null) return { ...reason, obstacle: obstacleOf(reason.level, reason.level) };
  return MISSING.includes(reason.rule) ? missing(move, reason, row) : valued(move, reason, row);
}

/** KVM's level and what came of it: who is in the way. */
function obstacleOf(kvm: Level, level: Level): 'kvm' | 'vmm' | null {
  if (worse(level, 'unknown') === 'unknown') return null;
  return worse(kvm, 'unknown') === 'unknown' ? 'vmm' : 'kvm';
}

function changed(reason: Reason, level: Level, rule: string, text: string): Reason {
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

const unchanged = (reason: Reason): Reason => ({ ...reason, obstacle: obstacleOf(reason.level, reason.level) });

function missing(move: VmmMove, reason: Reason, row: VmmRow): Reason {
  const { profile, contract, registry } = move;
  const { name } = profile;
  switch (row.saves) {
    case 'never-given':
      return changed(reason, 'same', reason.rule, '');
    case 'no':
      return leftOut(move, reason, 'vmm-does-not-save', `${name} does not save it`);
    case 'unknown':
      return changed(reason, 'unknown', 'vmm-unknown', `whether ${name} saves it was not read`);
    case 'configured':
      return unconfigured(name, reason, row);
    case 'yes':
      break;
  }
  switch (row.lacking) {
    case 'insists':
      // Where nobody knows whether the host has it, or what it does with the write, a VMM that insists does not know either.
      return reason.level === 'unknown'
        ? unchanged(reason)
        : changed(reason, 'refused', reason.rule, `${name} fails a restore of what the host does not have`);
    case 'tolerates':
      return reason.level === 'refused' ? afterError(reason, row, name, 'lost') : unchanged(reason);
    case 'drops':
      return isIdle(registry, row, contract)
        ? changed(reason, 'same', reason.rule, '')
        : leftOut(move, reason, 'vmm-drops', `${name} leaves it out and says nothing`);
    case 'unknown':
      return changed(reason, 'unknown', 'vmm-unknown', `what ${name} does without it was not read`);
  }
}

/** A word that does not reach the destination: what that means for the guest depends on what it holds. */
function leftOut(move: VmmMove, reason: Reason, rule: string, text: string): Reason {
  const word = reason.word ?? reason.element;
  switch (worth(move, word, reason.promised)) {
    case 'nothing':
      return changed(reason, 'same', rule, text);
    case 'something':
      return changed(reason, 'lost', rule, text);
    case 'unknown':
      return changed(reason, 'unknown', rule, text);
  }
}

/**
 * What a guest misses without a word that it carries: nothing where it holds what a fresh vCPU has, or what means "not
 * used". Only a snapshot knows what it holds.
 */
function worth(
  { registry, contract, values }: VmmMove,
  word: WordPath,
  promised: bigint | null,
): 'nothing' | 'something' | 'unknown' {
  const fresh = heldBy(contract.fresh, word) ?? null;
  const harmless = [fresh, registry.neutral(word)].filter((value) => value !== null);
  const value = heldBy(values, word) ?? heldBy(contract.values, word) ?? promised;
  if (harmless.length === 0) return 'something';
  if (value === null) return 'unknown';
  return harmless.includes(value) ? 'nothing' : 'something';
}

/** Nothing is restored: the VMM either tries to configure it, and KVM answers, or does not try. */
function unconfigured(name: string, reason: Reason, row: VmmRow): Reason {
  if (row.selects.how === 'never') return changed(reason, 'silent', 'vmm-cannot-select', `${name} does not ask for it`);
  if (row.selects.how === 'unknown') {
    return changed(reason, 'unknown', 'vmm-unknown', `whether ${name} asks for it was not read`);
  }
  return unchanged(reason);
}

function valued({ profile, contract, registry }: VmmMove, reason: Reason, row: VmmRow): Reason {
  const { name } = profile;
  const element = elementOf(registry, contract, reason);
  const selection = selectionOf(row.selects, element, reason.promised);
  switch (selection.how) {
    case 'never':
      return differs(reason)
        ? changed(reason, 'silent', 'vmm-cannot-select', `${name} has no way to set it${selection.text}`)
        : unchanged(reason);
    case 'insists':
      return differs(reason)
        ? changed(reason, 'refused', 'vmm-insists', `${name} gives up: ${selection.text}`)
        : unchanged(reason);
    case 'unknown':
      return reason.level === 'selectable' || reason.level === 'refused'
        ? changed(reason, 'unknown', 'vmm-unknown', `whether ${name} can set it was not read`)
        : unchanged(reason);
    case 'can':
      break;
  }
  if (reason.level === 'selectable' && selection.text !== '') {
    return changed(reason, 'selectable', reason.rule, `${name}: ${selection.text}`);
  }
  if (reason.level !== 'refused') return unchanged(reason);
  return afterError(reason, row, name, reason.rule === 'state-not-taken' ? 'lost' : 'silent');
}

/** KVM answers the write with an error; `unseen` is what the guest has where nobody minds it. */
function afterError(reason: Reason, { refused }: VmmRow, name: string, unseen: 'lost' | 'silent'): Reason {
  switch (refused) {
    case 'fails':
      return unchanged(reason);
    case 'ignores':
      return changed(reason, unseen, 'vmm-ignores-error', `${name} goes on after that error`);
    case 'unknown':
      return changed(reason, 'unknown', 'vmm-unknown', `what ${name} does after that error was not read`);
  }
}

/** The guest is sure to find another value if nobody sets it. Not of what KVM made silent already: that stays. */
function differs({ level, promised, shows }: Reason): boolean {
  return level !== 'silent' && promised !== null && shows !== null && promised !== shows;
}

function elementOf(registry: Registry, contract: Contract, reason: Reason): Element | undefined {
  if (reason.word === undefined) return undefined;
  const width = contract.promises.find(({ word }) => word === reason.word)?.width ?? 64;
  return registry.elements(reason.word, width).find(({ path }) => path === reason.element);
}

/** The contract promises 0 for the element that gives the word a meaning. */
function isIdle(registry: Registry, row: VmmRow, contract: Contract): boolean {
  if (row.idle === undefined) return false;
  const { idle } = row;
  for (const { word, width, value, mask } of contract.promises) {
    if (!idle.startsWith(word)) continue;
    const element = registry.elements(word, width).find(({ path }) => path === idle);
    if (element !== undefined) return (fieldMask(element) & ~mask) === 0n && extract(element, value) === 0n;
  }
  return false;
}

/** Promised bits that the host shows and this VMM has no name for: its guests read 0. */
function unshown({ registry, profile, contract, destination }: VmmMove): Reason[] {
  return contract.promises.flatMap(({ word, width, value, mask }): Reason[] => {
    const row = rowFor(profile, contract.architecture, word);
    if (row?.selects.how !== 'bits') return [];
    return registry.elements(word, width).flatMap((element): Reason[] => {
      const promised = extract(element, value);
      if ((fieldMask(element) & mask) === 0n || promised === 0n) return [];
      if (selectionOf(row.selects, element, promised).how !== 'never') return [];
      const text = `promised ${hex(promised)}; ${profile.name} does not know it, and its guests read 0`;
      return [added(registry, destination, word, element.path, 'silent', 'vmm-cannot-select', text, promised)];
    });
  });
}

/** Words of the saved state that KVM has nothing against, and the VMM does not save or cannot do without. */
function unsaved(move: VmmMove): Reason[] {
  const { registry, profile, contract, destination } = move;
  const promised = new Map(contract.promises.map(({ word, value }) => [word, value]));
  const carried = new Set(contract.carries);
  const words = new Set([...promised.keys(), ...carried, ...gained(move)]);
  return [...words].flatMap((word): Reason[] => {
    const row = rowFor(profile, contract.architecture, word);
    if (row === null || registry.whenAbsent(word).kind === 'zero') return [];
    if (destination.areas.get(registry.area(word))?.measured !== true) return [];
    const reason = (level: Level, rule: string, text: string): Reason[] => [
      added(registry, destination, word, word, level, rule, text, promised.get(word) ?? null),
    ];
    if (destination.words.has(word)) {
      // What a promised word holds is selected anew; only state is lost by not being saved.
      if (!carried.has(word)) return [];
      if (row.saves === 'unknown')
        return reason('unknown', 'vmm-unknown', `whether ${profile.name} saves it was not read`);
      if (row.saves !== 'no' || isIdle(registry, row, contract)) return [];
      const text = `the guest carries it and ${profile.name} does not save it`;
      switch (worth(move, word, null)) {
        case 'nothing':
          return [];
        case 'something':
          return reason('lost', 'vmm-does-not-save', text);
        case 'unknown':
          return reason('unknown', 'vmm-does-not-save', `${text}: harmless until the guest uses it`);
      }
    }
    if (row.saves !== 'yes') return [];
    if (row.lacking !== 'insists') return [];
    switch (insisting(registry, destination, word)) {
      case 'fails':
        return reason(
          'refused',
          'vmm-insists',
          `the host does not have it, and ${profile.name} fails a restore that has it`,
        );
      case 'unknown':
        return reason(
          'unknown',
          'vmm-insists',
          `${profile.name} restores it, and what the host does then is not known`,
        );
      case 'works':
        return [];
    }
  });
}

/** What comes of writing a word back that the host does not list, with the value that means "not used". */
function insisting(registry: Registry, destination: MeasuredSurface, word: WordPath): 'fails' | 'unknown' | 'works' {
  const restore = destination.restores?.get(word);
  if (restore === undefined) {
    const partial = destination.areas.get(registry.area(word))?.partial;
    return partial === undefined ? 'fails' : 'unknown';
  }
  switch (restore.outcome.how) {
    case 'taken':
    case 'ignored':
      return 'works';
    case 'refused':
      return 'fails';
    case 'unknown':
      return 'unknown';
  }
}

/** What the host away lists and the guest was never promised: a VMM saves that too. */
function gained({ registry, contract, away }: VmmMove): WordPath[] {
  if (away === null) return [];
  const unknown = new Set(contract.unknown.map(({ area }) => area));
  // What nothing can write is a fact about the host and no state.
  const saved = [...away.words.values()].filter(({ mechanism }) => mechanism !== null);
  return saved.map(({ path }) => path).filter((word) => !unknown.has(registry.area(word)));
}

function added(
  registry: Registry,
  destination: MeasuredSurface,
  word: WordPath,
  element: string,
  level: Level,
  rule: string,
  text: string,
  promised: bigint | null,
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
