/** A word that the destination does not have: what the VMM saved, and what it does without. */
import { extract, fieldMask } from '../../model/index.ts';
import type { Contract, Reason, Registry, VmmRow, WordPath } from '../../model/index.ts';
import { heldBy } from '../carried-unit.ts';
import { afterError, changed, unchanged } from './reason.ts';
import type { VmmMove } from './reason.ts';
import { rowFor } from './rows.ts';

export function missing(move: VmmMove, reason: Reason, row: VmmRow): Reason {
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
        : changed(
            reason,
            'refused',
            reason.rule,
            `${name} fails a restore of what the host does not have${withoutIt(move, reason.word, reason.promised)}`,
          );
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

/** Which others of the family go on without the word, where this one insists on it and its guest would not miss it. */
export function withoutIt(
  { registry, profile, others = [], contract, destination, ...rest }: VmmMove,
  word: WordPath | undefined,
  promised: bigint | null,
): string {
  if (word === undefined) return '';
  const names = others.filter((other) => {
    const row = other.family === profile.family ? rowFor(other, contract.architecture, word) : null;
    if (row?.lacking !== 'drops' && row?.lacking !== 'tolerates') return false;
    const move = { registry, profile: other, contract, destination, ...rest };
    return isIdle(registry, row, contract) || worth(move, word, promised) === 'nothing';
  });
  return names.length === 0 ? '' : `; ${names.map(({ name }) => name).join(' and ')} would go on without it`;
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
export function worth(
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
  if (row.lacking === 'drops' && reason.level === 'refused') {
    return changed(reason, 'silent', 'vmm-drops', `${name} sets it only where the host has it, and says nothing`);
  }
  return unchanged(reason);
}

/** The contract promises 0 for the element that gives the word a meaning. */
export function isIdle(registry: Registry, row: VmmRow, contract: Contract): boolean {
  if (row.idle === undefined) return false;
  const { idle } = row;
  for (const { word, width, value, mask } of contract.promises) {
    if (!idle.startsWith(`${word}/`)) continue;
    const element = registry.elements(word, width).find(({ path }) => path === idle);
    if (element !== undefined) return (fieldMask(element) & ~mask) === 0n && extract(element, value) === 0n;
  }
  return false;
}
