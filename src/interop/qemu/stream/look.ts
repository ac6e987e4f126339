/** What people look for in a state: the subsections that it has, and the value of a field. */
import type { StreamField, StreamState } from './model.ts';
import { latin1, u32At } from './section-header.ts';
import { State } from './state.ts';
import { PART } from './wire.ts';

/** Subsections of a state and of the structs in its fields, in the order of the stream. */
export function subsectionsOf(state: StreamState): readonly StreamState[] {
  const inside = innerStates(state).flatMap((inner) => subsectionsOf(inner));
  return [...inside, ...state.subsections];
}

function innerStates(state: StreamState): readonly StreamState[] {
  if (state instanceof State) return state.inner;
  return state.fields.flatMap((field) => field.state ?? []);
}

/** Types of whole numbers (`vmstate_info_…` in migration/vmstate-types.c, `timer` in migration/savevm.c). */
const NUMBERS: ReadonlySet<string> = new Set([
  'bool',
  ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'],
  ...['int32 equal', 'int32 le', 'uint8 equal', 'uint16 equal', 'uint32 equal', 'int64 equal'],
  'timer',
]);

/** Of numbers, as the bytes are; a negative one is its two's complement. Null of all else. */
export function numberOf({ type, bytes, size }: StreamField): bigint | null {
  if (!NUMBERS.has(type) || size === 0 || size > 8) return null;
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** A subsection by its header alone. */
export interface FoundSubsection {
  readonly name: string;
  readonly version: number;
  readonly offset: number;
}

/**
 * Subsections inside of fields that QEMU writes by hand and does not describe, such as all that is common to virtio devices
 * (`virtio_save` in hw/virtio/virtio.c passes no description on): searched for by what every subsection begins with.
 * Buffers are not searched, for they are what guests put there.
 */
export function foundSubsections(state: StreamState): readonly FoundSubsection[] {
  const fields = state instanceof State ? state.undescribed(DESCRIBED) : [];
  const found = fields.flatMap((field) => headersIn(field));
  return [...innerStates(state), ...state.subsections].reduce(
    (all, inner) => [...all, ...foundSubsections(inner)],
    found,
  );
}

/** Types whose bytes are data and nothing else. */
const DESCRIBED: ReadonlySet<string> = new Set([...NUMBERS, 'struct', 'buffer', 'unused_buffer', 'bitmap', 'nullptr']);

/** Each subsection's name begins with that of what it belongs to and a slash (`vmstate_check` in migration/savevm.c). */
const NAME = /^[A-Za-z][\w.-]*(?:\/[\w.-]+)+$/;

function headersIn({ bytes, offset }: StreamField): FoundSubsection[] {
  const found: FoundSubsection[] = [];
  for (let at = bytes.indexOf(PART.subsection); at >= 0; at = bytes.indexOf(PART.subsection, at + 1)) {
    const length = bytes[at + 1] ?? 0;
    if (at + 6 + length > bytes.length) continue;
    const name = latin1(bytes, at + 2, length);
    const version = u32At(bytes, at + 2 + length);
    if (version <= MOST_VERSIONS && NAME.test(name)) found.push({ name, version, offset: offset + at });
  }
  return found;
}

/** Versions of subsections are small numbers; no QEMU has one above 20. */
const MOST_VERSIONS = 255;
