/** Words of the saved state that KVM has nothing against, and the VMM does not save or cannot do without. */
import type { Lacking, Level, MeasuredSurface, Reason, Registry, WordPath } from '../../model/index.ts';
import { isIdle, withoutIt, worth } from './missing.ts';
import { added } from './reason.ts';
import type { VmmMove } from './reason.ts';
import { rowFor } from './rows.ts';

export function unsaved(move: VmmMove): Reason[] {
  const { contract } = move;
  const words = new Set([...contract.promises.map(({ word }) => word), ...contract.carries, ...gained(move)]);
  const promised = new Map(contract.promises.map(({ word, value }) => [word, value]));
  const carried = new Set(contract.carries);
  return [...words].flatMap((word): Reason[] => {
    const found = judgeSaved(move, word, carried.has(word));
    if (found === null) return [];
    const { registry, destination } = move;
    return [added(registry, destination, word, word, { ...found, promised: promised.get(word) ?? null })];
  });
}

interface Found {
  readonly level: Level;
  readonly rule: string;
  readonly text: string;
}

/** Null: the VMM has nothing against it either. */
function judgeSaved(move: VmmMove, word: WordPath, isCarried: boolean): Found | null {
  const { registry, profile, contract, destination } = move;
  const row = rowFor(profile, contract.architecture, word);
  if (row === null || registry.whenAbsent(word).kind === 'zero') return null;
  if (destination.areas.get(registry.area(word))?.measured !== true) return null;
  const here = destination.words.has(word);
  // What a promised word holds is selected anew; only state is lost by not being saved.
  if (here && !isCarried) return null;
  switch (row.saves) {
    case 'configured':
    case 'never-given':
      return null;
    case 'unknown':
      return { level: 'unknown', rule: 'vmm-unknown', text: `whether ${profile.name} saves it was not read` };
    case 'no':
      return here && !isIdle(registry, row, contract) ? leftBehind(move, word) : null;
    case 'yes':
      return here ? null : withoutWord(move, word, row.lacking);
  }
}

/** Both hosts have it, and no saved state does. */
function leftBehind(move: VmmMove, word: WordPath): Found | null {
  const rule = 'vmm-does-not-save';
  const text = `the guest carries it and ${move.profile.name} does not save it`;
  switch (worth(move, word, null)) {
    case 'nothing':
      return null;
    case 'something':
      return { level: 'lost', rule, text };
    case 'unknown':
      return { level: 'unknown', rule, text: `${text}: harmless until the guest uses it` };
  }
}

/** The destination does not have it, and its value means "not used". */
function withoutWord(move: VmmMove, word: WordPath, lacking: Lacking): Found | null {
  const { registry, profile, destination } = move;
  const { name } = profile;
  switch (lacking) {
    case 'tolerates':
    case 'drops':
      return null;
    case 'unknown':
      return { level: 'unknown', rule: 'vmm-unknown', text: `what ${name} does without it was not read` };
    case 'insists':
      break;
  }
  const rule = 'vmm-insists';
  switch (insisting(registry, destination, word)) {
    case 'fails':
      return {
        level: 'refused',
        rule,
        text: `the host does not have it, and ${name} fails a restore that has it${withoutIt(move, word, null)}`,
      };
    case 'unknown':
      return { level: 'unknown', rule, text: `${name} restores it, and what the host does then is not known` };
    case 'works':
      return null;
  }
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
