/**
 * Words and elements. A word is a unit that a host is measured in: one CPUID register of one leaf, one MSR, one arm64
 * register, one device register. An element is a field of a word: what a guest observes and what is compared.
 *
 * Paths are stable: `cpuid/0x7:0/ebx` is a word, `cpuid/0x7:0/ebx/avx2` an element of it; a word that is one element
 * has the element path equal to the word path.
 */
export type WordPath = string;
export type ElementPath = string;

export type Kind =
  /** Something that is there or not. */
  | 'feature'
  /** A number that bounds what the guest may use. */
  | 'limit'
  /** Who made it: vendor, family, MIDR. Compared exactly. */
  | 'identity'
  /** Follows from run-time state or other elements (OSXSAVE, APIC ids, the XSAVE size); never promised. */
  | 'derived'
  /** The VMM's to choose: how many threads, which cache is shared by whom; never promised by a host. */
  | 'topology'
  /** What KVM adds for guests that know it. */
  | 'paravirtual'
  /** A unit of the guest's state that must survive a move. */
  | 'state';

/** How a promised value and a host's value are ordered; the names in brackets are Linux's (cpufeature.h). */
export type Comparison =
  /** A bit set: what the guest was promised must be contained in what the host has. */
  | 'subset'
  /** A smaller value is the safe one (FTR_LOWER_SAFE): the host must reach what was promised. */
  | 'lower-safe'
  /** A larger value is the safe one (FTR_HIGHER_SAFE). */
  | 'higher-safe'
  /** As higher-safe, and 0 is above all (FTR_HIGHER_OR_ZERO_SAFE). */
  | 'higher-or-zero'
  /** Only the same value will do (FTR_EXACT). */
  | 'exact'
  /** Not compared: derived, topology, state. */
  | 'none';

export interface Element {
  readonly path: ElementPath;
  readonly word: WordPath;
  readonly shift: number;
  readonly width: number;
  readonly kind: Kind;
  readonly comparison: Comparison;
  /** True where the field is a two's-complement number (0xf is -1, "not implemented", below 0). */
  readonly signed: boolean;
  /** One line for people. */
  readonly description: string;
  /** Where the row's facts come from. */
  readonly source: string;
  /** False for a bit that no table names; it compares as a feature bit. */
  readonly named: boolean;
  /** Parts per million by which a number may differ and still be the same: clocks are calibrated at each boot. */
  readonly tolerance?: number;
  /**
   * A running guest is not hurt by finding this instead of what it was promised, and why: `higher`, a larger number (a
   * mitigation that turned out not to be needed); `any`, whatever else.
   */
  readonly harmless?: { readonly when: 'higher' | 'any'; readonly reason: string };
}

/** The field of a word's value, unsigned. */
export function extract(element: Pick<Element, 'shift' | 'width'>, value: bigint): bigint {
  return (value >> BigInt(element.shift)) & ((1n << BigInt(element.width)) - 1n);
}

/** The mask of the field within its word. */
export function fieldMask(element: Pick<Element, 'shift' | 'width'>): bigint {
  return ((1n << BigInt(element.width)) - 1n) << BigInt(element.shift);
}

/** The number that a field's bits mean: two's complement where the element is signed. */
export function numeric(element: Pick<Element, 'width' | 'signed'>, field: bigint): bigint {
  return element.signed ? BigInt.asIntN(element.width, field) : field;
}
