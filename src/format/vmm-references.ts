/**
 * What in a VMM surface refers to something else in it: that it is there, that nothing refers to itself in a circle, and that
 * what is shared does not unfold into more than any QEMU has (a file of a few lines could else stand for a billion fields).
 */
import type { VmmSurface, VmstateDescription } from '../model/index.ts';

export interface Dangling {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Fields and descriptions of one dump, unfolded. QEMU 11.1 for aarch64, the largest so far, has some 14 000. */
const MOST = 1_000_000;

export function danglingReference(surface: VmmSurface): Dangling | null {
  return compatReferences(surface) ?? modelReferences(surface) ?? vmstateReferences(surface);
}

function compatReferences({ machines }: VmmSurface): Dangling | null {
  for (const name of Object.keys(machines)) {
    const seen = new Set<string>();
    for (let at: string | null = name; at !== null;) {
      const path = ['machines', at, 'compat', 'after'];
      if (!Object.hasOwn(machines, at)) return { path: ['machines', name, 'compat'], message: `no machine type ${at}` };
      if (seen.has(at)) return { path, message: 'machine types that come after each other in a circle' };
      seen.add(at);
      at = machines[at]?.compat?.after ?? null;
    }
  }
  return null;
}

function modelReferences({ cpu }: VmmSurface): Dangling | null {
  for (const [name, { expansion }] of Object.entries(cpu.models)) {
    if (expansion.outcome !== 'as') continue;
    const target = Object.hasOwn(cpu.models, expansion.model) ? cpu.models[expansion.model] : undefined;
    if (target?.expansion.outcome === 'expanded') continue;
    const path = ['cpu', 'models', name, 'expansion', 'model'];
    return { path, message: `no model ${expansion.model} with an expansion of its own` };
  }
  return null;
}

function vmstateReferences({ vmstate }: VmmSurface): Dangling | null {
  const { descriptions, dumps } = vmstate;
  const sizes = new Sizes(descriptions);
  for (const [index, { sections }] of dumps.entries()) {
    let total = 0;
    for (const [type, { description }] of Object.entries(sections)) {
      const size = sizes.of(description);
      const path = ['vmstate', 'dumps', index, 'sections', type, 'description'];
      if (typeof size === 'string') return { path, message: size };
      total += size;
    }
    if (total > MOST) {
      return { path: ['vmstate', 'dumps', index], message: `it unfolds to more than ${MOST} fields` };
    }
  }
  return null;
}

/** How many fields and descriptions a description stands for; a text where it refers to nothing or to itself. */
class Sizes {
  readonly #descriptions: Readonly<Record<string, VmstateDescription>>;
  readonly #sizes = new Map<string, number>();
  readonly #open = new Set<string>();

  constructor(descriptions: Readonly<Record<string, VmstateDescription>>) {
    this.#descriptions = descriptions;
  }

  of(id: string): number | string {
    const known = this.#sizes.get(id);
    if (known !== undefined) return known;
    const description = Object.hasOwn(this.#descriptions, id) ? this.#descriptions[id] : undefined;
    if (description === undefined) return `no description ${id}`;
    if (this.#open.has(id)) return `the description ${id} contains itself`;
    // As deep as QEMU's own recursion; deeper than the nesting of any document that is read.
    if (this.#open.size > 64) return `more than 64 descriptions within each other at ${id}`;
    this.#open.add(id);
    let size = 1 + (description.fields?.length ?? 0);
    const parts = (description.fields ?? []).flatMap(({ description: part }) => part ?? []);
    for (const part of [...parts, ...(description.subsections ?? [])]) {
      const inner = this.of(part);
      if (typeof inner === 'string') return inner;
      size = Math.min(MOST + 1, size + inner);
    }
    this.#open.delete(id);
    this.#sizes.set(id, size);
    return size;
  }
}
