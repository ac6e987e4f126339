/**
 * A surface as the engine sees it: words with the value that a guest gets by default and what can be made of it. The
 * architectures derive this from sections; nothing here knows what a CPUID leaf is.
 */
import type { Element, WordPath } from './element.ts';
import type { Operation } from './operation.ts';
import type { Architecture } from './surface.ts';

/** What happens to a write that the host does not take. */
export type Rejection =
  | { readonly how: 'refused'; readonly call: string; readonly errno: string }
  /** Accepted, and the guest sees something else. `instead`: what it then has, in words, where more is known. */
  | { readonly how: 'ignored'; readonly call: string; readonly instead?: string }
  /** Nobody tried. */
  | { readonly how: 'unknown'; readonly why: string };

/** Which values a word can be given. Bit masks are within the word. */
export type WordLatitude =
  | { readonly kind: 'fixed'; readonly otherwise: Rejection }
  /** Bits of `clearable` may be cleared and bits of `settable` set, each on its own; found by trying. */
  | { readonly kind: 'bits'; readonly clearable: bigint; readonly settable: bigint; readonly otherwise: Rejection }
  /** Per field the values that were written and read back; fields not named stay as they are. */
  | { readonly kind: 'fields'; readonly fields: readonly FieldValues[]; readonly otherwise: Rejection }
  /** Whole values that were written and read back, the default included. */
  | {
      readonly kind: 'values';
      readonly values: readonly bigint[];
      readonly otherwise: Rejection;
      readonly rejections?: readonly Rejected[];
    }
  /** Of a word that is one number: both ends included, with what happens to smaller and to larger ones. */
  | {
      readonly kind: 'range';
      readonly min: bigint;
      readonly max: bigint;
      readonly below: Rejection;
      readonly above: Rejection;
    }
  | { readonly kind: 'free' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface FieldValues {
  readonly shift: number;
  readonly width: number;
  readonly values: readonly bigint[];
  /** The field is too wide to try every value, and every one that was tried was taken. */
  readonly all?: true;
  readonly rejections?: readonly Rejected[];
  /** Of this field's values that nobody tried, where it is not what the word's `otherwise` says. */
  readonly otherwise?: Rejection;
}

/** Values that were tried and did not take, with what happened to them; of those not named, `otherwise` is true. */
export interface Rejected {
  readonly values: readonly bigint[];
  readonly rejection: Rejection;
}

/** How a value is selected, and until when. The value itself is added by the plan. */
export interface Mechanism {
  readonly operation: Operation;
  readonly until: Stage;
  /** What has to be turned on for the write to be taken at all. */
  readonly needs?: Operation;
}

/** The latest point at which a mechanism works; plans are ordered by it. */
export type Stage =
  | 'vm-created'
  | 'before-vcpu'
  | 'before-vcpu-init'
  | 'vcpu-created'
  | 'before-device-init'
  | 'before-first-run'
  | 'any-time';

export interface MeasuredWord {
  readonly path: WordPath;
  /** Bits. */
  readonly width: number;
  /** What a guest gets when nobody asks; `null` where it was seen to exist but its value was not measured or varies. */
  readonly value: bigint | null;
  /** Bits of `value` that are known, where a capture tells only some; a field with another bit is not known. Left out: all. */
  readonly known?: bigint;
  readonly latitude: WordLatitude;
  readonly mechanism: Mechanism | null;
  /** Why the call that reads the word gives something else than a guest reads; `value` is the guest's. */
  readonly misread?: string;
  /**
   * What the kernel announces of it, besides showing it: bits that it says can be set, by which call. Left out where the
   * kernel has no such call, or it was not asked.
   */
  readonly declared?: { readonly mask: bigint; readonly by: string };
  /** JSON pointer into the surface: the measured fact. */
  readonly evidence: string;
}

/** A part of the machine that a surface either measured or did not: `cpuid`, `quirks`, `xsave`, `vgic`, … */
export interface Area {
  readonly name: string;
  readonly measured: boolean;
  /** JSON pointer to the section, or where it is missing the reason. */
  readonly evidence: string;
  /** Why a word that is not there may exist all the same: a foreign capture that leaves some out. */
  readonly partial?: string;
  /** The capture tells single bits: of a word that is not there nothing is known, not even that it reads as zeros. */
  readonly sparse?: true;
}

/** A restore of a unit of state that the host does not offer to save: what was written, and what came of it. */
export interface Restore {
  /** Null: whatever the value, the outcome is this. */
  readonly value: bigint | null;
  readonly outcome: { readonly how: 'taken' } | Rejection;
  /** What came of flipping one bit of `value`: bits that are not in either mask get `otherwise`. */
  readonly bits?: { readonly taken: bigint; readonly dropped: bigint; readonly otherwise: Rejection };
  /** What the state is, where the word's name does not say it: a sentence without its full stop. */
  readonly about?: string;
  /** JSON pointer into the surface. */
  readonly evidence: string;
}

export interface MeasuredSurface {
  readonly architecture: Architecture;
  readonly fingerprint: string;
  readonly words: ReadonlyMap<WordPath, MeasuredWord>;
  /**
   * Units of state that the host does not offer to save and of which a restore was tried: an MSR that only another
   * kernel lists. Nothing is carried from them.
   */
  readonly restores?: ReadonlyMap<WordPath, Restore>;
  /** Every area that the architecture knows; `words` says nothing of an area that was not measured. */
  readonly areas: ReadonlyMap<string, Area>;
  /**
   * Warnings that concern the whole surface and lower what it proves, such as a KVM module under which CPUID masks
   * have no effect. For people.
   */
  readonly caveats: readonly string[];
}

export interface StateGate {
  readonly word: WordPath;
  /** Within the word. */
  readonly bits: bigint;
}

export interface SwitchWord {
  readonly path: WordPath;
  /** Bits. */
  readonly width: number;
}

/** What an architecture offers to the engine. Implemented by `arch/x86` and `arch/arm64`. */
export interface Registry {
  readonly architecture: Architecture;
  /** All elements of a word, named fields and unnamed bits, ordered by shift; together they cover the word. */
  elements(word: WordPath, width: number): readonly Element[];
  /** The area that a word belongs to. */
  area(word: WordPath): string;
  /**
   * What a host shows where its area was measured and the word is not there. `zero`: a CPUID leaf reads as zeros.
   * `absent`: a register that cannot be restored, with the call that fails and its errno.
   */
  whenAbsent(word: WordPath):
    | {
        readonly kind: 'zero';
        readonly otherwise: Rejection;
        /** Bits that can be set all the same, because nothing in the host stands behind them; by `mechanism`. */
        readonly settable: bigint;
        readonly mechanism: Mechanism | null;
      }
    | { readonly kind: 'absent'; readonly otherwise: Rejection };
  /** The value that means "not used" for a unit of state, or null where none is known. */
  neutral(word: WordPath): bigint | null;
  /**
   * Every word that a VMM sets and no ioctl reads back: quirks, enforcement, filters. A contract that does not say what
   * they are says nothing of them, for a host cannot be asked. Each has a neutral value: what a guest gets where nobody
   * asks, and from a kernel that does not know the switch.
   */
  switches?(): readonly SwitchWord[];
  /** Bits of a unit of state that say nothing of whether it is used: a status that follows from a clock. Default: none. */
  status?(word: WordPath): bigint;
  /**
   * Feature bits that give a guest a unit of state: one that was promised none of them cannot have used it. Empty where
   * none is known.
   */
  gates?(word: WordPath): readonly StateGate[];
  /** Another name of the same word (`msr/0x10a` for `msr/MSR_IA32_ARCH_CAPABILITIES`) made canonical. */
  canonical(word: string): WordPath;
  /** Why two surfaces must not be compared at all (another vendor), or null. */
  incomparable(a: MeasuredSurface, b: MeasuredSurface): string | null;
  /** The words whose values `incomparable` reads, where it reads nothing else. Left out: it may read anything. */
  readonly comparedBy?: readonly WordPath[];
}
