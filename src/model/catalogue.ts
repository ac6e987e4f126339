/**
 * What an architecture can tell people about its elements, beyond how they compare: what goes wrong, how a value is
 * selected, what other programs call it. Data for `explain`, docs/elements and the linters; the engine's verdicts do not
 * depend on it.
 */
import type { Element, WordPath } from './element.ts';
import type { Operation } from './operation.ts';

export interface Symptom {
  /**
   * When a guest finds another value than it was promised: `minor`, it will hardly notice; `degraded`, it runs worse or
   * loses a service; `fatal`, it can crash, hang or compute wrongly.
   */
  readonly severity: 'minor' | 'degraded' | 'fatal';
  readonly reason: string;
}

/** How one of the programs above KVM selects the value, or that it cannot. */
export interface Selector {
  readonly by: 'kvm' | 'qemu' | 'libvirt' | 'firecracker' | 'cloud-hypervisor';
  /** What a person writes: `-cpu …,avx2=off`; null where this program cannot. */
  readonly how: string | null;
  readonly source: string;
}

export interface ElementFacts {
  readonly symptom: Symptom;
  /** What guests do with it; null where nothing is known. */
  readonly use: string | null;
  readonly operation: Operation | null;
  /** In the order kvm, qemu, libvirt, firecracker. */
  readonly selectors: readonly Selector[];
  /** Element names of other programs: `qemu`, `libvirt`, `linux` (/proc/cpuinfo). */
  readonly aliases: Readonly<Record<string, string>>;
  /** The value that means "not used" for state, null where none is known. */
  readonly neutral: bigint | null;
}

export interface CatalogueWord {
  readonly path: WordPath;
  /** Bits. */
  readonly width: number;
  /** What it is as a whole, in a line, where its elements say only what their bits are. */
  readonly description?: string;
}

export interface Catalogue {
  /** Every word that a table names. Of words that come in rows (subleaves of 0xD, CCSIDR by cache) each row's. */
  words(): readonly CatalogueWord[];
  facts(element: Element): ElementFacts;
}
