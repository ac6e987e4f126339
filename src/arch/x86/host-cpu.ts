/**
 * What a CPU itself answers, outside guests: words `host-cpuid/0x7:0/ebx` and `host-msr/MSR_IA32_ARCH_CAPABILITIES`.
 * Their fields have the names that they have in a guest, and none is promised: what a guest sees is KVM's answer.
 */
import type { Element, WordPath } from '../../model/index.ts';

const PREFIXES: readonly (readonly [host: string, guest: string])[] = [
  ['host-cpuid/', 'cpuid/'],
  ['host-msr/', 'msr/'],
];

/** `cpuid/0x7:0/ebx` for `host-cpuid/0x7:0/ebx`; null for any other word. */
export function guestWord(word: WordPath): WordPath | null {
  const found = PREFIXES.find(([host]) => word.startsWith(host));
  return found === undefined ? null : found[1] + word.slice(found[0].length);
}

/** `host-cpuid/0x7:0/ebx` for `cpuid/0x7:0/ebx`. */
export function hostWord(word: WordPath): WordPath {
  return `host-${word}`;
}

/** The elements of the word that a guest sees, as facts about the host. */
export function hostElements(guest: readonly Element[]): readonly Element[] {
  return guest.map((element) => ({
    ...element,
    path: hostWord(element.path),
    word: hostWord(element.word),
    kind: 'derived',
    comparison: 'none',
  }));
}
