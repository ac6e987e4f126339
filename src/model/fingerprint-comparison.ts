/**
 * Two fingerprints of Firecracker, one taken before and one now: every difference, with what it means for guests in both
 * directions. The file is `evenkeel.fingerprint-comparison/1`.
 */
import type { Element, ElementPath, WordPath } from './element.ts';
import type { Architecture } from './surface.ts';
import type { Level, Reason } from './verdict.ts';

export const FINGERPRINT_COMPARISON_FORMAT = 'evenkeel.fingerprint-comparison/1';

/** As Firecracker's cpu-template-helper names them, for its --filters too. */
export const FINGERPRINT_FIELDS = [
  'firecracker_version',
  'kernel_version',
  'microcode_version',
  'bios_version',
  'bios_revision',
  'guest_cpu_config',
] as const;

export type FingerprintField = (typeof FINGERPRINT_FIELDS)[number];

/** A fact about the host that is no longer the same. */
export interface ChangedField {
  readonly field: Exclude<FingerprintField, 'guest_cpu_config'>;
  /** Null where the file does not say. */
  readonly prev: string | null;
  readonly curr: string | null;
  /** What can come of it. */
  readonly text: string;
}

/** What happens to a guest on the other side, as far as this one difference goes. */
export type Fate = Pick<Reason, 'level' | 'rule' | 'text' | 'setting'>;

export interface ChangedElement {
  readonly element: ElementPath;
  readonly word: WordPath;
  readonly kind: Element['kind'];
  readonly description: string;
  /** `varies`: its value differs from run to run. `flags`: of the CPUID table's entry, which no guest sees. */
  readonly what: 'value' | 'only-in-prev' | 'only-in-curr' | 'varies' | 'flags';
  /** Null where it is not there. */
  readonly prev: bigint | null;
  readonly curr: bigint | null;
  /** Guests that were started on prev, on curr. */
  readonly there: Fate;
  /** Guests that were started on curr, on prev: what a rollback meets. */
  readonly back: Fate;
}

export interface FingerprintComparison {
  readonly architecture: Architecture;
  /** Under which VMM the fates are. */
  readonly vmm: string;
  readonly fields: readonly ChangedField[];
  readonly elements: readonly ChangedElement[];
  /** The worst of the elements in each direction; `same` where none differs. */
  readonly there: Level;
  readonly back: Level;
  /** What such a file does not hold: equal fingerprints say nothing of it. */
  readonly unknown: readonly { readonly area: string; readonly why: string }[];
}
