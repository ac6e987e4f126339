/**
 * How exporters answer. Each gives its artefact and a function that says of one promised element what becomes of it; that
 * every element is accounted for is done here, once. Pure.
 */
import { EXPORT_FORMAT, extract, fieldMask } from '../model/index.ts';
import type {
  Artefact,
  Contract,
  Element,
  ExplainedElementValue,
  ExportOutcome,
  Exported,
  Promised,
  PromisedElement,
  Registry,
  SetElement,
} from '../model/index.ts';

/** A promised element together with its row of the registry. */
export interface PromisedField extends PromisedElement {
  readonly field: Element;
}

/**
 * Every element that the contract promises, in the contract's order. A field of which only some bits are promised counts,
 * with the promised bits of its value.
 */
export function promisedFields(registry: Registry, contract: Contract): PromisedField[] {
  return contract.promises.flatMap(({ word, width, value, mask }) =>
    registry
      .elements(word, width)
      .filter((field) => (fieldMask(field) & mask) !== 0n)
      .map((field) => ({ element: field.path, word, value: extract(field, value & mask), field })),
  );
}

export interface Answer {
  /** `qemu:10.0`, `libvirt`, … */
  readonly target: string;
  readonly artefact: Artefact;
  readonly notes: readonly string[];
  readonly outcome: (promised: PromisedField) => ExportOutcome;
}

/** The document of an export: each promised element asked for once, and put into its list. */
export function exported(registry: Registry, contract: Contract, answer: Answer): Exported {
  const set: SetElement[] = [];
  const inherent: ExplainedElementValue[] = [];
  const cannot: ExplainedElementValue[] = [];
  for (const promised of promisedFields(registry, contract)) {
    const { element, word, value } = promised;
    const outcome = answer.outcome(promised);
    switch (outcome.how) {
      case 'set':
        set.push({ element, word, value, by: outcome.by });
        break;
      case 'inherent':
        inherent.push({ element, word, value, why: outcome.why });
        break;
      case 'cannot':
        cannot.push({
          element,
          word,
          value,
          why: outcome.why,
          ...(outcome.gives === undefined ? {} : { gives: outcome.gives }),
        });
        break;
    }
  }
  const { target, artefact, notes } = answer;
  const { architecture, name } = contract;
  return {
    format: EXPORT_FORMAT,
    architecture,
    contract: name,
    target,
    artefact,
    set,
    inherent,
    cannot,
    notes,
  };
}

/**
 * The contract as a guest of this export really has it: where the program gives another value than was promised, and it is
 * known which, that is promised instead. What is not known stays as it was.
 */
export function asGiven(registry: Registry, contract: Contract, { cannot }: Exported): Contract {
  const given = new Map(cannot.map(({ element, gives }) => [element, gives]));
  const promises = contract.promises.map((promised): Promised => {
    const value = registry.elements(promised.word, promised.width).reduce((all, field) => {
      const instead = given.get(field.path);
      return instead === undefined ? all : (all & ~fieldMask(field)) | (instead << BigInt(field.shift));
    }, promised.value);
    return { ...promised, value };
  });
  return { ...contract, promises };
}
