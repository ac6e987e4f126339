/** What QEMU's scripts/analyze-migration.py prints of a stream, made of what Evenkeel reads in it: to be held against it. */
import type { Json } from '../../../../src/model/index.ts';
import type { StreamField, StreamListing, StreamState } from '../../../../src/interop/qemu/stream/index.ts';

type Members = Record<string, Json>;

/** In the order of the stream; the script names sections by id and number, the number is left out here. */
export function asAnalyzed({ sections, ram }: StreamListing): readonly (readonly [id: string, state: Json])[] {
  return sections.map(({ id, state }) => {
    if (id === 'ram') return [id, { 'section sizes': Object.fromEntries(ramSizes(ram)) }];
    return [id, state === null ? null : membersOf(state)];
  });
}

function ramSizes(ram: StreamListing['ram']): [string, Json][] {
  return (ram?.blocks ?? []).map(({ name, size }) => [name, `0x${size.toString(16).padStart(16, '0')}`]);
}

function membersOf({ fields, subsections }: StreamState): Members {
  const members: Members = {};
  for (const field of fields) {
    const value = valueOf(field);
    const before = members[field.name];
    if (before === undefined) members[field.name] = value;
    else if (Array.isArray(before)) before.push(value);
    else members[field.name] = [before, value];
  }
  for (const subsection of subsections) members[subsection.name] = membersOf(subsection);
  return members;
}

/** The types that the script knows; of all others it shows the bytes. */
const SIGNED: readonly string[] = ['int8', 'int16', 'int32', 'int32 equal', 'int32 le', 'int64', 'int64 equal'].concat([
  'uint8 equal',
  'uint16 equal',
]);
const UNSIGNED: readonly string[] = ['uint8', 'uint16', 'uint32', 'uint32 equal', 'uint64'];

function valueOf({ type, size, bytes, state }: StreamField): Json {
  if (type === 'struct' && state !== null) return membersOf(state);
  if (type === 'bool') return bytes[0] !== 0;
  if (type === 'nullptr') return 'nullptr';
  if (SIGNED.includes(type) || UNSIGNED.includes(type)) {
    const digits = Buffer.from(bytes).toString('hex');
    const shown = `0x${digits.padStart(size * 2, '0')}`;
    const value = BigInt(`0x${digits}`);
    const signed = BigInt.asIntN(size * 8, value);
    return SIGNED.includes(type) && signed < 0n ? `${shown} (${signed})` : shown;
  }
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/** The script's output in the same shape: its keys are `ID (NUMBER)`. */
export function fromScript(output: string): readonly (readonly [id: string, state: Json])[] {
  const sections = JSON.parse(output) as Readonly<Record<string, Json>>;
  return Object.entries(sections).map(([key, state]) => [key.replace(/ \(\d+\)$/, ''), state]);
}
