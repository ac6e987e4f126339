/**
 * Differences of the files that no measured element shows: registers whose value differs from run to run, and flags of
 * CPUID entries. Theirs reports them, and so they are told here too, with why they do not matter.
 */
import { wordOf } from '../../arch/arm64/names.ts';
import { msrWord } from '../../arch/x86/msr-names.ts';
import { cpuidWord } from '../../arch/x86/paths.ts';
import { fromHex, isHex } from '../../model/index.ts';
import type { ChangedElement, Fate, Json, Registry, Surface, WordPath } from '../../model/index.ts';
import { rowsOf } from './rows.ts';
import type { Row } from './rows.ts';
import { CPUID_REGISTERS } from './template.ts';

/** `known`: words of which a difference is told already. */
export function unseenDifferences(
  registry: Registry,
  prev: Surface,
  curr: Surface,
  known: ReadonlySet<WordPath>,
): ChangedElement[] {
  const [before, now] = [rawOf(prev), rawOf(curr)];
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

interface Raw {
  readonly word: WordPath;
  readonly value: bigint;
  readonly isFlags: boolean;
}

function rawOf({ sections }: Surface): ReadonlyMap<string, Raw> {
  const found = new Map<string, Raw>();
  const add = (word: WordPath, value: bigint | null): void => {
    if (value !== null) found.set(word, { word, value, isFlags: false });
  };
  for (const row of rowsOf(sections['firecracker.cpuid'], 'entries')) {
    const [leaf, subleaf] = [valueOf(row, 'leaf'), valueOf(row, 'subleaf')];
    if (leaf === null || subleaf === null) continue;
    for (const register of CPUID_REGISTERS)
      add(cpuidWord(Number(leaf), Number(subleaf), register), valueOf(row, register));
    const word = cpuidWord(Number(leaf), Number(subleaf), 'eax');
    const { flags } = row;
    if (typeof flags === 'number') {
      found.set(word.replace(/eax$/, 'flags'), {
        word: word.replace(/eax$/, 'flags'),
        value: BigInt(flags),
        isFlags: true,
      });
    }
  }
  for (const row of rowsOf(sections['firecracker.msrs'], 'list')) {
    const index = valueOf(row, 'index');
    if (index !== null) add(msrWord(Number(index)), valueOf(row, 'value'));
  }
  for (const row of rowsOf(sections['firecracker.registers'], 'registers')) {
    const id = valueOf(row, 'id');
    if (id !== null) add(wordOf(id), valueOf(row, 'value'));
  }
  return found;
}

function valueOf(row: Row, name: string): bigint | null {
  const held: Json | undefined = row[name];
  return typeof held === 'string' && isHex(held) ? fromHex(held) : null;
}
