/** Verdicts: what happens to a contract on a surface, element by element. The levels, from best to worst. */
import type { ElementPath, WordPath } from './element.ts';
import type { Rejection, Stage } from './measured.ts';

export const LEVELS = ['same', 'selectable', 'unknown', 'refused', 'lost', 'silent'] as const;
export type Level = (typeof LEVELS)[number];

export const VERDICT_FORMAT = 'evenkeel.verdict/1';

export interface Evidence {
  /** The surface's fingerprint. */
  readonly surface: string;
  /** JSON pointer into it. */
  readonly pointer: string;
}

export interface Reason {
  readonly element: ElementPath;
  /** The part of the machine that it belongs to: `cpuid`, `vgic`, `quirk`, … */
  readonly area: string;
  readonly level: Level;
  /** A stable code of the rule that decided: `feature-missing`, `settable`, `state-missing`, … */
  readonly rule: string;
  /** One sentence for people, in the field's words, with the values. */
  readonly text: string;
  readonly promised: bigint | null;
  /** What the destination shows by default; null where it has no such word or nothing is known. */
  readonly shows: bigint | null;
  readonly evidence: Evidence | null;
  /** For `selectable`: what to set, and until when. */
  readonly setting: Setting | null;
  /** The word that it is about; left out where it is about a whole area or the whole host. */
  readonly word?: WordPath;
  /**
   * What the host does with the write that would give the promised value, where that decided the level: for those who
   * judge a VMM on top of KVM. Left out where no write is in question.
   */
  readonly cause?: Rejection;
  /**
   * Where a VMM was judged on top of KVM: what stands in the way. `kvm`: KVM itself, whatever the VMM; `vmm`: this VMM, KVM
   * could; null: nothing does, or nobody knows.
   */
  readonly obstacle?: 'kvm' | 'vmm' | null;
}

/** A mechanism as people and files have it (`describeOperation`), with the value. */
export interface Setting {
  /** `KVM_SET_CPUID2`, `KVM_SET_ONE_REG`, `KVM_SET_DEVICE_ATTR`, `KVM_ENABLE_CAP`, … */
  readonly call: string;
  /** The arguments that name the word: `id=0x603000000013c020`, `group=1 attr=0x8`. */
  readonly target: string;
  readonly until: Stage;
  /** The whole word's value to set, hex. */
  readonly value: string;
}

export interface Verdict {
  readonly level: Level;
  readonly counts: Readonly<Record<Level, number>>;
  /** Everything that is not `same`, worst first. */
  readonly reasons: readonly Reason[];
  /** What lowers the worth of the destination's surface as a whole. */
  readonly caveats: readonly string[];
}

/** The worse of two levels. */
export function worse(a: Level, b: Level): Level {
  return LEVELS.indexOf(a) >= LEVELS.indexOf(b) ? a : b;
}

/** A move: there, and back again. The way back is absent where it was not asked for. */
export interface MoveVerdict {
  readonly there: Verdict;
  readonly back: Verdict | null;
}
