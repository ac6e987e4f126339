/**
 * What a program is made of, and how it becomes bytes. A program is a flat list of items: finished instruction words,
 * instructions that need to know where a label is, labels, and data. Two passes: places first, then words.
 */

/** An instruction whose encoding depends on an address. `encode` gets the label's address and its own. */
export interface Reference {
  readonly label: string;
  readonly encode: (target: number, here: number) => number;
}

/** A 32-bit word, an instruction that refers to a label, the place of a label, or data. */
export type Item =
  | number
  | Reference
  | { readonly define: string }
  /** Zeros up to the next multiple of `align` bytes of the address. */
  | { readonly align: number }
  /** That many bytes of zeros. */
  | { readonly zeros: number }
  /** Eight bytes, little-endian. */
  | { readonly quad: bigint }
  /** Eight bytes: where the label is. */
  | { readonly address: string }
  | { readonly bytes: Uint8Array };

export interface Assembled {
  /** The address of the first byte. */
  readonly base: number;
  readonly bytes: Uint8Array;
  readonly labels: ReadonlyMap<string, number>;
}

export function label(define: string): Item {
  return { define };
}

/**
 * Assembles a program for the address `base`, a multiple of 4. Addresses lie below 2^53. A label that is missing or
 * defined twice, and a distance that an instruction cannot hold, are bugs of the caller and throw a RangeError.
 */
export function assemble(base: number, items: readonly Item[]): Assembled {
  const labels = new Map<string, number>();
  let end = base;
  for (const item of items) {
    if (isLabel(item)) {
      if (labels.has(item.define)) throw new RangeError(`the label ${item.define} is defined twice`);
      labels.set(item.define, end);
    }
    end += sizeAt(item, end);
  }
  const bytes = new Uint8Array(end - base);
  const view = new DataView(bytes.buffer);
  let here = base;
  for (const item of items) {
    const at = here - base;
    if (typeof item === 'number') view.setUint32(at, item, true);
    else if ('label' in item) view.setUint32(at, item.encode(placeOf(labels, item.label), here), true);
    else if ('address' in item) view.setBigUint64(at, BigInt(placeOf(labels, item.address)), true);
    else if ('quad' in item) view.setBigUint64(at, item.quad, true);
    else if ('bytes' in item) bytes.set(item.bytes, at);
    here += sizeAt(item, here);
  }
  return { base, bytes, labels };
}

/** The address of a label of an assembled program. */
export function addressOf(program: Assembled, name: string): number {
  return placeOf(program.labels, name);
}

function placeOf(labels: ReadonlyMap<string, number>, name: string): number {
  const place = labels.get(name);
  if (place === undefined) throw new RangeError(`no label ${name}`);
  return place;
}

function isLabel(item: Item): item is { readonly define: string } {
  return typeof item === 'object' && 'define' in item;
}

/** Bytes that an item takes at an address. */
function sizeAt(item: Item, address: number): number {
  if (typeof item === 'number' || 'label' in item) return 4;
  if ('define' in item) return 0;
  if ('align' in item) return (item.align - (address % item.align)) % item.align;
  if ('zeros' in item) return item.zeros;
  return 'bytes' in item ? item.bytes.length : 8;
}
