/**
 * Differences of the files that no measured element shows: registers whose value differs from run to run, and flags of
 * CPUID entries. Theirs reports them, and so they are told here too, with why they do not matter.
 */
import type { ChangedElement, Fate, Registry, Surface, WordPath } from '../../model/index.ts';
import { rawRegisters } from './raw.ts';

/** `known`: words of which a difference is told already. */
export function unseenDifferences(
  registry: Registry,
  prev: Surface,
  curr: Surface,
  known: ReadonlySet<WordPath>,
): ChangedElement[] {
  const [before, now] = [rawRegisters(prev), rawRegisters(curr)];
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((path): ChangedElement[] => {
    const [a, b] = [before.get(path), now.get(path)];
    const word = a?.word ?? b?.word ?? path;
    if (a?.value === b?.value || known.has(word)) return [];
    const isFlags = a?.isFlags ?? b?.isFlags ?? false;
    // Flags of an entry that only one of them has go with the entry.
    if (isFlags && (a === undefined || b === undefined)) return [];
    const elements = registry.elements(word, WIDEST);
    // What is neither a flag nor absent and still no measured difference has no measured value.
    const [what, fate]: readonly [ChangedElement['what'], Fate] = isFlags
      ? ['flags', FLAGS]
      : a === undefined
        ? ['only-in-curr', ZEROS]
        : b === undefined
          ? ['only-in-prev', ZEROS]
          : ['varies', VARIES];
    const [first, ...others] = elements;
    const description = others.length > 0 ? 'the whole register' : (first?.description ?? '');
    return [
      {
        element: path,
        word,
        kind: isFlags ? 'derived' : (first?.kind ?? 'state'),
        description: isFlags ? 'flags of the entry of KVM_SET_CPUID2' : description,
        what,
        prev: a?.value ?? null,
        curr: b?.value ?? null,
        there: fate,
        back: fate,
      },
    ];
  });
}

/** Of any word in such a file. */
const WIDEST = 128;

/** Only in one of them, and no measured difference: of CPUID, where a leaf that is not there reads the same. */
const ZEROS: Fate = {
  level: 'same',
  rule: 'zeros',
  text: 'a leaf that is not there reads as zeros',
  setting: null,
};
const FLAGS: Fate = {
  level: 'same',
  rule: 'not-visible',
  text: 'it says how KVM looks the entry up; what a guest reads is compared by itself',
  setting: null,
};
const VARIES: Fate = {
  level: 'same',
  rule: 'varies',
  text: 'it differs from run to run on one host too, and no host promises it',
  setting: null,
};
