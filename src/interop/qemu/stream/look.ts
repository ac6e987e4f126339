/** What people look for in a state: the subsections that it has, and the value of a field. */
import type { StreamField, StreamState } from './model.ts';
import { State } from './state.ts';

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
