/**
 * A contract: the value of every element that one guest was promised. The file `evenkeel.contract/1` holds whole
 * words with a mask of the promised bits, so that a registry that later names a bit changes no contract.
 */
import type { WordPath } from './element.ts';
import type { Architecture } from './surface.ts';

export const CONTRACT_FORMAT = 'evenkeel.contract/1';

export interface Promised {
  readonly word: WordPath;
  /** Bits. */
  readonly width: number;
  readonly value: bigint;
  /** The promised bits: all of the word but derived and topology fields. */
  readonly mask: bigint;
}

/** Whole words by path. */
export type Values = Readonly<Record<WordPath, bigint>>;

export interface Contract {
  readonly format: typeof CONTRACT_FORMAT;
  readonly architecture: Architecture;
  /** For people. */
  readonly name: string;
  /** The surfaces that it was pinned from: fingerprint, and what the host was. */
  readonly pinnedFrom: readonly { readonly fingerprint: string; readonly host: string }[];
  readonly promises: readonly Promised[];
  /** Units of state that the guest carries and a destination must take. */
  readonly carries: readonly WordPath[];
  /** What carried words hold on a vCPU that has not run; those that vary from run to run are left out. */
  readonly fresh?: Values;
  /** What the guest's carried words hold, as far as a snapshot or a person said so. */
  readonly values?: Values;
  /** Areas about which nothing was known when the contract was pinned: the answer to them is `unknown`. */
  readonly unknown: readonly { readonly area: string; readonly why: string }[];
  /** Which guest: on arm64 the vCPU features, for instance. */
  readonly choices: Readonly<Record<string, string>>;
}
