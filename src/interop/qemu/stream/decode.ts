/**
 * A section's bytes into fields, as the description has them. What does not fit is a reason in words, not a fault of the
 * stream: QEMU itself describes some things wrongly (an array of pointers of which some are null, before 10.0).
 */
import { err, ok } from '../../../model/index.ts';
import type { Json, Result } from '../../../model/index.ts';
import { isObject } from './description.ts';
import type { JsonObject } from './description.ts';
import { MAXIMUM_FIELDS, MAXIMUM_LISTED } from './limits.ts';
import { isName, latin1, u32At } from './section-header.ts';
import { State } from './state.ts';
import type { Entry, Source } from './state.ts';
import { PART } from './wire.ts';

/** How much may still come of a stream, over all its sections. */
export interface Budget {
  fields: number;
  sections: number;
}

export function budget(): Budget {
  return { fields: MAXIMUM_FIELDS, sections: MAXIMUM_LISTED };
}

/** What is being taken apart. */
export interface Decoding extends Source {
  readonly budget: Budget;
}

export interface Decoded {
  readonly state: State;
  /** Behind its last byte. */
  readonly end: number;
}

/** Fields and subsections from `at`; nothing is read from `end` on. */
export function decodeState(
  work: Decoding,
  description: JsonObject,
  name: string,
  at: number,
  end: number,
): Result<Decoded, string> {
  const { fields, subsections = [], version } = description;
  if (!isList(fields)) return err(`${name}: no fields are described`);
  if (!isList(subsections)) return err(`${name}: its subsections are no list`);
  const entries: Entry[] = [];
  let next = at;
  for (const field of fields) {
    const entry = decodeField(work, field, name, next, end);
    if (!entry.ok) return entry;
    entries.push(entry.value);
    next += (entry.value.count ?? 1) * entry.value.size;
  }
  const inner: State[] = [];
  for (const subsection of subsections) {
    const decoded = decodeSubsection(work, subsection, name, next, end);
    if (!decoded.ok) return decoded;
    inner.push(decoded.value.state);
    next = decoded.value.end;
  }
  const state = new State(work, entries, {
    name,
    version: typeof version === 'number' ? version : 0,
    offset: work.offset + at,
    bytes: next - at,
    subsections: inner,
  });
  return ok({ state, end: next });
}

function decodeField(work: Decoding, described: Json, parent: string, at: number, end: number): Result<Entry, string> {
  if (!isObject(described)) return err(`${parent}: a field is not described`);
  const { name, type, size, array_len: count = null, index = null } = described;
  if (!isName(name) || !isName(type) || !isCount(size)) {
    return err(`${parent}: a field is described without name, type or size`);
  }
  if ((count !== null && !isCount(count)) || (index !== null && !isCount(index))) {
    return err(`${parent}/${name}: an array without a number of elements`);
  }
  const elements = count ?? 1;
  if (at + elements * size > end) return err(`${parent}/${name}: more bytes are described than there are`);
  work.budget.fields -= elements;
  if (work.budget.fields < 0) return err(`${parent}/${name}: more than ${MAXIMUM_FIELDS} fields are described`);
  const entry = { name, type, index, count, size, at };
  const inner = innerOf(type, described);
  if (inner === null) return ok({ ...entry, states: null });
  const innerName = isName(inner['vmsd_name']) ? inner['vmsd_name'] : name;
  const states: State[] = [];
  for (let begin = at; states.length < elements; begin += size) {
    const decoded = decodeState(work, inner, innerName, begin, begin + size);
    if (!decoded.ok) return decoded;
    if (decoded.value.end !== begin + size) return err(`${parent}/${name}: its fields are shorter than it is`);
    states.push(decoded.value.state);
  }
  return ok({ ...entry, states });
}

/**
 * Where the fields inside of a field are described: of a struct in a member of its own; of a struct of another version
 * (`vstruct`) and of a temporary one (`tmp`) among the field's members, because `vmsd_desc_field_start` opens none for them.
 */
function innerOf(type: string, described: JsonObject): JsonObject | null {
  if (type === 'struct') return isObject(described['struct']) ? described['struct'] : null;
  if (type === 'vstruct' || type === 'tmp') return isList(described['fields']) ? described : null;
  return null;
}

/** `vmstate_subsection_save`: type byte, length and text of the name, version, then fields as of any state. */
function decodeSubsection(
  work: Decoding,
  described: Json,
  parent: string,
  at: number,
  end: number,
): Result<Decoded, string> {
  const name = isObject(described) ? described['vmsd_name'] : null;
  if (!isObject(described) || !isName(name)) return err(`${parent}: a subsection is described without a name`);
  const { bytes } = work;
  const length = bytes[at + 1] ?? 0;
  const begin = at + 2 + length + 4;
  if (begin > end || bytes[at] !== PART.subsection || latin1(bytes, at + 2, length) !== name) {
    return err(`${parent}: the subsection ${name} is described and is not there`);
  }
  work.budget.fields--;
  if (work.budget.fields < 0) return err(`${name}: more than ${MAXIMUM_FIELDS} fields are described`);
  const decoded = decodeState(work, described, name, begin, end);
  if (!decoded.ok) return decoded;
  const state = decoded.value.state.asSubsection(u32At(bytes, begin - 4), work.offset + at);
  return ok({ state, end: decoded.value.end });
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}
