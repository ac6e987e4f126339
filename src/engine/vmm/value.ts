/** A word that the destination has, with another value: can the VMM set it, and what if KVM refuses. */
import { extract, fieldMask, hex } from '../../model/index.ts';
import type { Contract, Element, Reason, Registry, VmmProfile, VmmRow } from '../../model/index.ts';
import { added, afterError, changed, unchanged } from './reason.ts';
import type { VmmMove } from './reason.ts';
import { fits, rowFor } from './rows.ts';
import { selectionOf } from './selection.ts';

export function valued({ profile, contract, registry }: VmmMove, reason: Reason, row: VmmRow): Reason {
  const { name } = profile;
  const element = elementOf(registry, contract, reason);
  if (isGivenUnasked(profile, contract, reason, element)) {
    return changed(reason, 'same', 'vmm-gives', `guests of ${name} have it whatever the host declares`);
  }
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
  // It is the VMM that writes CPUID: what its guests always have they have on any host.
  if (row.selects.how === 'gives') return changed(reason, 'same', reason.rule, selection.text);
  if (reason.level === 'selectable' && selection.text !== '') {
    return changed(reason, 'selectable', reason.rule, `${name}: ${selection.text}`);
  }
  if (reason.level !== 'refused') return unchanged(reason);
  return afterError(reason, row, name, reason.rule === 'state-not-taken' ? 'lost' : 'silent');
}

/** Bits that the VMM sets, or leaves out, on every host: the guest has them as it was promised. */
function isGivenUnasked(
  { defaults }: VmmProfile,
  { architecture }: Contract,
  { word, promised }: Reason,
  element: Element | undefined,
): boolean {
  if (word === undefined || element === undefined || promised === null) return false;
  const field = fieldMask(element);
  const given = defaults[architecture].find(({ words }) => words.some((pattern) => fits(pattern, word)));
  if (given?.mask === undefined || (field & ~given.mask) !== 0n) return false;
  return extract(element, given.value) === promised;
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

/**
 * Promised bits that the host shows and this VMM has no name for: its guests read 0. And words of which it makes the value
 * itself, where another was promised.
 */
export function unshown({ registry, profile, contract, destination }: VmmMove): Reason[] {
  return contract.promises.flatMap(({ word, width, value, mask }): Reason[] => {
    const row = rowFor(profile, contract.architecture, word);
    const selects = row?.selects;
    if (selects?.how !== 'bits' && selects?.how !== 'gives') return [];
    return registry.elements(word, width).flatMap((element): Reason[] => {
      const promised = extract(element, value);
      if ((fieldMask(element) & mask) === 0n || (selects.how === 'bits' && promised === 0n)) return [];
      if (selectionOf(selects, element, promised).how !== 'never') return [];
      const text =
        selects.how === 'bits'
          ? `promised ${hex(promised)}; ${profile.name} does not know it, and its guests read 0`
          : `promised ${hex(promised)}; guests of ${profile.name} always have ${hex(extract(element, selects.value))}`;
      const found = { level: 'silent', rule: 'vmm-cannot-select', text, promised } as const;
      return [added(registry, destination, word, element.path, found)];
    });
  });
}
