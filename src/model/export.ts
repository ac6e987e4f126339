/**
 * What an exporter answers: a contract in the form that another program takes, and for each promised element what becomes
 * of it there. Every element is in exactly one of the three lists: nothing is left out silently.
 */
import type { ElementPath, WordPath } from './element.ts';
import type { Architecture } from './surface.ts';

export const EXPORT_FORMAT = 'evenkeel.export/1';

/** What becomes of one promised element. The text is one short phrase for people. */
export type ExportOutcome =
  /** The artefact says it: by which words of it, `avx2=on`. */
  | { readonly how: 'set'; readonly by: string }
  /** It comes out as promised although the artefact does not say it: why. */
  | { readonly how: 'inherent'; readonly why: string }
  /** The program has no way to say it, or nobody knows one: the guest may find another value. */
  | {
      readonly how: 'cannot';
      readonly why: string;
      /** What it finds then, where that is known. */ readonly gives?: bigint;
    };

/** One promised element, with its value within the field. */
export interface PromisedElement {
  readonly element: ElementPath;
  readonly word: WordPath;
  readonly value: bigint;
}

export interface SetElement extends PromisedElement {
  readonly by: string;
}

export interface ExplainedElementValue extends PromisedElement {
  readonly why: string;
  /** Of what cannot be set: what the guest finds instead, where that is known. */
  readonly gives?: bigint;
}

/** What a program is given. */
export interface Artefact {
  /** As it goes to standard output; ends with a line feed. */
  readonly text: string;
  /** Where it is a program's arguments: one string each, not quoted for a shell. */
  readonly arguments?: readonly string[];
}

/** The file `evenkeel.export/1`. */
export interface Exported {
  readonly format: typeof EXPORT_FORMAT;
  readonly architecture: Architecture;
  /** The contract's name. */
  readonly contract: string;
  /** For which program: `qemu:10.0`, `libvirt`, `firecracker`, `kubevirt`, `openstack`. */
  readonly target: string;
  readonly artefact: Artefact;
  readonly set: readonly SetElement[];
  readonly inherent: readonly ExplainedElementValue[];
  readonly cannot: readonly ExplainedElementValue[];
  /** What a person has to know besides: why this model, what the destination does with it. One sentence each. */
  readonly notes: readonly string[];
}
