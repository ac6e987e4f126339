/**
 * Two lists of fields side by side, in the order and with the allowances of QEMU's own checker (check_fields of
 * scripts/vmstate-static-checker.py), so that it and we find the same: fields that were moved into a struct or out of one
 * match where they are, and `unused` takes the place of as many bytes of other fields.
 */
import type { Field } from './model.ts';
import { sameName } from './renames.ts';

export type Step =
  | { readonly kind: 'pair'; readonly from: Field; readonly to: Field }
  /** The destination has no further field where the source has this one; nothing is compared after it. */
  | { readonly kind: 'missing'; readonly from: Field }
  /** Other fields in the same place; nothing is compared after them. */
  | { readonly kind: 'other'; readonly from: Field; readonly to: Field }
  /** Filler on one side is not as long as what the other has there; nothing is compared after it. */
  | { readonly kind: 'unused'; readonly near: Field };

const FILLER = 'unused';

/** `description`: whose fields these are; renames are looked up under its name. */
export function* walk(from: readonly Field[], to: readonly Field[], description: string): Generator<Step, void, void> {
  const source = new Cursor(from);
  const destination = new Cursor(to);
  let [moveSource, moveDestination] = [true, true];
  // Bytes of filler that are still to be matched by fields of the side that moves.
  let filler = 0;
  for (;;) {
    if (moveSource) {
      const moved = source.next();
      if (moved === 'ended') return;
      if (moved === 'left') continue;
    } else moveSource = filler === 0;
    const s = source.field;
    if (moveDestination) {
      const moved = destination.next();
      if (moved === 'ended') {
        yield { kind: 'missing', from: s };
        return;
      }
      if (moved === 'left') {
        moveSource = false;
        continue;
      }
    } else moveDestination = filler === 0;
    const d = destination.field;
    if (filler !== 0) {
      const near = moveDestination ? d : s;
      filler -= near.size;
      if (filler < 0) {
        yield { kind: 'unused', near };
        return;
      }
      if (filler === 0) [moveSource, moveDestination] = [true, true];
    } else if (sameName(description, s.name, d.name)) {
      yield { kind: 'pair', from: s, to: d };
    } else if (beginsWith(d, s.name)) {
      destination.enter(d);
      moveSource = false;
    } else if (beginsWith(s, d.name)) {
      source.enter(s);
      moveDestination = false;
    } else if (s.name === FILLER || d.name === FILLER) {
      const surplus = bytes(d) - bytes(s);
      if (surplus === 0) continue;
      if (d.name === FILLER) [moveDestination, filler] = [false, surplus];
      else [moveSource, filler] = [false, -surplus];
    } else {
      yield { kind: 'other', from: s, to: d };
      return;
    }
  }
}

/** True where the field is a struct whose first field is the one of that name. */
function beginsWith({ description }: Field, name: string): boolean {
  const first = description?.fields?.[0];
  return description !== null && first !== undefined && sameName(description.name, first.name, name);
}

function bytes({ size, count }: Field): number {
  return size * (count ?? 1);
}

/** A place in a list of fields, and in the lists around it. */
class Cursor {
  readonly #around: { readonly fields: readonly Field[]; next: number }[] = [];
  #fields: readonly Field[];
  #next = 0;
  #field: Field | null = null;

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  get field(): Field {
    if (this.#field === null) throw new Error('a field before the first one');
    return this.#field;
  }

  /** `left`: a struct ended, and the next call gives the field after it. */
  next(): 'moved' | 'left' | 'ended' {
    const field = this.#fields[this.#next];
    if (field !== undefined) {
      this.#next++;
      this.#field = field;
      return 'moved';
    }
    const around = this.#around.pop();
    if (around === undefined) return 'ended';
    [this.#fields, this.#next] = [around.fields, around.next];
    return 'left';
  }

  enter({ description }: Field): void {
    this.#around.push({ fields: this.#fields, next: this.#next });
    [this.#fields, this.#next] = [description?.fields ?? [], 0];
  }
}
