/**
 * What a difference between two lists of fields does to a load: which bytes the source writes and which the destination
 * reads (migration/vmstate.c, vmstate_save_state_v, vmstate_load_state, vmstate_field_exists). A section ends with a footer
 * (migration/savevm.c, check_section_footer; machine types since 2.4), so that a load which reads too much or too little is
 * refused there; as many bytes in another meaning are loaded without a word.
 */
import type { Level } from '../../../model/index.ts';
import type { Description, Field } from './model.ts';
import { sameBytes } from './renames.ts';
import { sending } from './subsections.ts';

export interface WireDifference {
  readonly level: Level;
  /** What the load does, in words; empty where the bytes are the same. */
  readonly text: string;
  /** The first field that only one of them has. */
  readonly member: string | null;
}

export const SAME_BYTES: WireDifference = { level: 'same', text: '', member: null };

/** Numbers lie in the stream as long as in memory; what is longer may be a pointer's target or a list. */
const LONGEST_NUMBER = 8;
const FOOTER = ", does not find the section's footer and refuses the load";
/** Longer lists than QEMU has are not matched: the work grows with the product. */
const LONGEST_MIDDLE = 1000;

export interface WireContext {
  /** The version that the destination takes the stream for; a struct inside another has none of its own in it. */
  readonly incoming: number;
  /** The machine type on both sides, where it is one. */
  readonly machine: string | null;
  /** Whether the dumps say how many elements arrays have: those of 5.2 and 7.2 do not, those of 10.0 and 11.1 do. */
  readonly counted: { readonly from: boolean; readonly to: boolean };
}

export function wireDifference(from: Description, to: Description, context: WireContext): WireDifference {
  const isSent = ({ conditional, name }: Field): boolean =>
    !conditional || sending(`${from.name}:${name}`, context.machine)?.how !== 'never';
  const sent = present(from.fields, from.version).filter(isSent);
  const read = present(to.fields, context.incoming).filter(isSent);
  let [left, right] = unmatched(sent, read, from.name);
  while ([...left, ...right].some(isStruct)) {
    [left, right] = unmatched(left.flatMap(inside), right.flatMap(inside), from.name);
  }
  return judge(left, right, context);
}

/** vmstate_field_exists: a function decides, or the version. */
function present(fields: readonly Field[] | null, version: number): readonly Field[] {
  return (fields ?? []).filter((field) => field.conditional || field.version <= version);
}

const isStruct = ({ description }: Field): boolean => description !== null;

/** A struct's fields in its place; of an array of structs each has as many. */
function inside(field: Field): readonly Field[] {
  const { description, conditional, count } = field;
  if (description === null) return [field];
  return present(description.fields, description.version).map((inner) => ({
    ...inner,
    conditional: conditional || inner.conditional,
    count: count === null ? inner.count : count * (inner.count ?? 1),
  }));
}

/** What is left of both lists without the longest common subsequence. */
function unmatched(a: readonly Field[], b: readonly Field[], description: string): [Field[], Field[]] {
  const alike = (x: Field | undefined, y: Field | undefined): boolean =>
    x !== undefined && y !== undefined && sameBytes(description, x.name, y.name) && sameLength(x, y);
  let begin = 0;
  while (alike(a[begin], b[begin])) begin++;
  let [endA, endB] = [a.length, b.length];
  while (endA > begin && endB > begin && alike(a[endA - 1], b[endB - 1])) [endA, endB] = [endA - 1, endB - 1];
  const [x, y] = [a.slice(begin, endA), b.slice(begin, endB)];
  if (x.length === 0 || y.length === 0 || x.length > LONGEST_MIDDLE || y.length > LONGEST_MIDDLE) return [x, y];
  return withoutCommon(x, y, alike);
}

/**
 * The size of a struct is that of QEMU's memory; what is in the stream its fields say. Programs as old as 7.2 do not write
 * how many elements an array has.
 */
const sameLength = (x: Field, y: Field): boolean =>
  (x.count === y.count || x.count === null || y.count === null) &&
  isStruct(x) === isStruct(y) &&
  (isStruct(x) || x.size === y.size);

function withoutCommon(x: Field[], y: Field[], alike: (x: Field, y: Field) => boolean): [Field[], Field[]] {
  const width = y.length + 1;
  const longest = new Uint16Array((x.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  const pairs = x.map((field) => y.map((other) => alike(field, other)));
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = y.length - 1; j >= 0; j--) {
      longest[i * width + j] = pairs[i]?.[j] === true ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const left: Field[] = [];
  const right: Field[] = [];
  let [i, j] = [0, 0];
  while (i < x.length || j < y.length) {
    if (i < x.length && j < y.length && pairs[i]?.[j] === true) [i, j] = [i + 1, j + 1];
    else if (j >= y.length || (i < x.length && at(i + 1, j) >= at(i, j + 1))) left.push(...x.slice(i, ++i));
    else right.push(...y.slice(j, ++j));
  }
  return [left, right];
}

function judge(left: readonly Field[], right: readonly Field[], { counted }: WireContext): WireDifference {
  const [first] = [...left, ...right];
  if (first === undefined) return SAME_BYTES;
  const member = first.name;
  if ((left.length === 0 || right.length === 0) && [...left, ...right].some((field) => !field.conditional)) {
    const text = `the destination reads ${left.length === 0 ? 'more' : 'less'} than is sent${FOOTER}`;
    return { level: 'refused', text, member };
  }
  const conditional = [...left, ...right].find((field) => field.conditional);
  if (conditional !== undefined) {
    const text = `whether ${conditional.name} is in the stream is decided by a function, which no dump shows`;
    return { level: 'unknown', text, member };
  }
  const long = [...left, ...right].find(({ name, size }) => size > LONGEST_NUMBER && name !== 'unused');
  if (long !== undefined) {
    return { level: 'unknown', text: `how many bytes of ${long.name} are in the stream no dump shows`, member };
  }
  const surplus = total(left) - total(right);
  // Where a side is not counted it has at least so much; a field of the same name has as many elements.
  const sameNames = left.length === right.length && left.every(({ name }, index) => name === right[index]?.name);
  if (!sameNames && ((!counted.from && surplus <= 0) || (!counted.to && surplus >= 0))) {
    const fields = `${names(left)} and ${names(right)}`;
    const text = `whether ${fields} are as long no dump shows: one does not say how many elements an array has`;
    return { level: 'unknown', text, member };
  }
  if (surplus !== 0) {
    const size = `${Math.abs(surplus)} bytes ${surplus > 0 ? 'less' : 'more'} than are sent`;
    const text = `the destination reads ${size}${FOOTER}`;
    return { level: 'refused', text, member };
  }
  return { ...sameLengthOverall(left, right), member };
}

function names(fields: readonly Field[]): string {
  return fields.map(({ name }) => name).join(', ');
}

function total(fields: readonly Field[]): number {
  return fields.reduce((sum, { size, count }) => sum + size * (count ?? 1), 0);
}

/** As many bytes, but not the same fields. */
function sameLengthOverall(left: readonly Field[], right: readonly Field[]): Pick<WireDifference, 'level' | 'text'> {
  const isFiller = ({ name }: Field): boolean => name === 'unused';
  if (right.every(isFiller)) return { level: 'lost', text: `the destination reads over ${names(left)}` };
  if (left.every(isFiller)) return { level: 'silent', text: `the destination takes filler for ${names(right)}` };
  const pairwise = left.length === right.length && left.every((field, index) => sameSize(field, right[index]));
  const loaded = `${names(left)} is loaded as ${names(right)}`;
  return pairwise
    ? { level: 'unknown', text: `${loaded}, as long: renamed or something else, which no dump shows` }
    : { level: 'silent', text: `${loaded}, which is as long in all` };
}

function sameSize(a: Field, b: Field | undefined): boolean {
  return b !== undefined && a.size === b.size && a.count === b.count;
}
