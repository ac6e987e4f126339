/** Words that say how a host behaves, and that no guest sees: capabilities, and what was tried with state. */
import type { Element, WordPath } from '../../model/index.ts';
import { wholeWord } from './fields.ts';
import { CAPABILITY_ROWS, FOREIGN_CAPABILITY } from './tables/capabilities.ts';
import { HOST_FACTS } from './tables/host-facts.ts';

const facts = new Map(HOST_FACTS.map((row) => [row.word, row]));

export function capabilityElements(word: WordPath, width: number): readonly Element[] {
  const name = word.slice('capability/'.length);
  const description =
    CAPABILITY_ROWS.get(name)?.description ??
    (FOREIGN_CAPABILITY.test(name) ? 'a capability of another architecture' : null);
  return fact(word, width, description, 'Linux 7.3, KVM API document and uapi/linux/kvm.h');
}

export function factElements(word: WordPath, width: number): readonly Element[] {
  const row = facts.get(word);
  const elements = fact(word, width, row?.description ?? null, row?.source ?? 'no table names it');
  if (row === undefined) return elements;
  const { kind = 'derived', comparison = 'none', tolerance } = row;
  return elements.map((element) => ({
    ...element,
    kind,
    comparison,
    ...(tolerance === undefined ? {} : { tolerance }),
  }));
}

function fact(word: WordPath, width: number, description: string | null, source: string): readonly Element[] {
  const text = description ?? 'something about the host that no table names';
  return wholeWord(word, width, 'derived', 'none', text, source).map((whole) => ({
    ...whole,
    named: description !== null,
  }));
}
