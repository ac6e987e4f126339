/**
 * What a VMM makes of KVM, as data: which values it can select, what it saves and restores, and what it does where KVM or
 * the destination says no. One profile a version, because each of these has changed between versions of one VMM.
 */
import type { ElementPath } from './element.ts';
import type { Architecture } from './surface.ts';

/** How a guest of this VMM comes to show a value that the host does not show by default. */
export type Selection =
  /** A person writes it; `text` says what. */
  | { readonly how: 'property'; readonly text: string }
  /**
   * Of the bits of a word, those that the VMM has a name for are a person's to set. A bit without a name is never set,
   * whatever the host shows: the guest reads it as 0. `option`: what a person writes, with NAME and VALUE in it.
   */
  | { readonly how: 'bits'; readonly names: Readonly<Record<number, string>>; readonly option: string }
  /** The VMM writes it without being asked: from the saved state, or always. */
  | { readonly how: 'itself'; readonly text: string }
  /** Its guests have this value, whatever the host shows, and nobody can have another. */
  | { readonly how: 'gives'; readonly value: bigint }
  /** A person can turn it off, and the guest then reads 0; else it gets what the host shows. */
  | { readonly how: 'off'; readonly text: string }
  /** The VMM has no way, and goes on: the guest gets what the host shows. */
  | { readonly how: 'never' }
  /** The VMM has no way, compares, and gives up. */
  | { readonly how: 'insists'; readonly text: string }
  | { readonly how: 'unknown' };

/** What becomes of a word in saved state. */
export type Saving =
  | 'yes'
  /** It is no part of it: the VMM configures it anew on each host. */
  | 'configured'
  /** The guest has it, and it is left out: the destination starts with its own default. */
  | 'no'
  /** Guests of this VMM never have what the word belongs to. */
  | 'never-given'
  | 'unknown';

/** What a restore does with a saved word that the destination's KVM does not have. */
export type Lacking =
  /** It fails. */
  | 'insists'
  /** It goes on where the value is the neutral one, and fails at any other. */
  | 'tolerates'
  /** It leaves the word out and says nothing, whatever the value. */
  | 'drops'
  | 'unknown';

/** What a restore does where KVM answers a write with an error. */
export type Refusal = 'fails' | 'ignores' | 'unknown';

export interface VmmRow {
  /** Word paths; `*` stands for any text. Of all rows the first that fits a word counts. */
  readonly words: readonly string[];
  readonly selects: Selection;
  readonly saves: Saving;
  readonly lacking: Lacking;
  readonly refused: Refusal;
  /** While a guest was promised 0 for this element, the word holds nothing that it could miss. */
  readonly idle?: ElementPath;
  /** Where each of the four is read: file and function; for messages of a program that they are all that was read. */
  readonly source: string;
}

/**
 * What a guest of this VMM has where the person asked for nothing and a bare KVM would give something else; on kernels that
 * know the word.
 */
export interface VmmDefault {
  /** As in a row. */
  readonly words: readonly string[];
  readonly value: bigint;
  /** The bits that it is about; all of the word where left out. */
  readonly mask?: bigint;
  readonly source: string;
}

export interface VmmProfile {
  /** `qemu:10.0`. */
  readonly name: string;
  /** Saved state moves within a family only. */
  readonly family: string;
  /** Position in the family, from old to new. */
  readonly age: number;
  /** What was read: release, package or commit. */
  readonly read: string;
  /**
   * What a person has to mind who goes back to this version from a newer one, or null where the order of versions does not
   * matter.
   */
  readonly rollback: string | null;
  readonly rows: Readonly<Record<Architecture, readonly VmmRow[]>>;
  readonly defaults: Readonly<Record<Architecture, readonly VmmDefault[]>>;
}
