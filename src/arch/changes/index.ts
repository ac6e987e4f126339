/**
 * The known guest-visible changes of KVM, as data: one table an architecture, one type. Elements without a row are not
 * unchanged; nobody has written down why they changed.
 */
import type { Architecture, ElementPath } from '../../model/index.ts';
import { ARM64_CHANGES } from './arm64.ts';
import type { KnownChange } from './change.ts';
import { X86_CHANGES } from './x86.ts';

export type { KernelEvidence, KnownChange, Selectable } from './change.ts';

export function knownChanges(architecture: Architecture): readonly KnownChange[] {
  switch (architecture) {
    case 'x86_64':
      return X86_CHANGES;
    case 'arm64':
      return ARM64_CHANGES;
  }
}

/** True where a row's entry (a word, an element, or a prefix with `*`) speaks of this element or of its word. */
export function covers(entry: string, path: ElementPath): boolean {
  if (entry.endsWith('*')) return path.startsWith(entry.slice(0, -1));
  return path === entry || path.startsWith(`${entry}/`);
}

/** The changes that speak of an element, or of the word that it is a field of. */
export function changesOf(architecture: Architecture, path: ElementPath): readonly KnownChange[] {
  return knownChanges(architecture).filter(({ elements }) => elements.some((entry) => covers(entry, path)));
}
