/** A migration stream that a person named, and the document that says what is in it. */
import { MIGRATION_STREAM_FORMAT, migrationStreamSchema } from '../format/index.ts';
import type { MigrationField, MigrationSection, MigrationSubsection } from '../format/index.ts';
import { describeStreamError, numberOf, openSource, readStream, registersOf } from '../interop/qemu/stream/index.ts';
import { subsectionsOf } from '../interop/qemu/stream/index.ts';
import type { StreamError, StreamField, StreamListing, StreamSection } from '../interop/qemu/stream/index.ts';
import type { StreamState } from '../interop/qemu/stream/index.ts';
import { err, hex } from '../model/index.ts';
import type { Result } from '../model/index.ts';
import { documentText } from './emit.ts';
import { EXIT, failure } from './exit.ts';
import type { Failure } from './exit.ts';

/** Which sections are shown with their fields. */
export type Wanted = (section: StreamSection) => boolean;

export async function loadStream(path: string, signal: AbortSignal): Promise<Result<StreamListing, Failure>> {
  const name = path === '-' ? 'standard input' : path;
  const source = await openSource(path, signal);
  if (!source.ok) return err(failure(EXIT.input, `${name}: ${source.error.message}`));
  const read = await readStream(source.value);
  if (read.ok) return read;
  if (signal.aborted) return err(failure(EXIT.interrupted, `${name}: interrupted`));
  return err(failure(EXIT.input, `${name}: ${describeStreamError(read.error)}`, ADVICE[read.error.code]));
}

const ADVICE: Readonly<Partial<Record<StreamError['code'], string>>> = {
  'not-a-stream':
    'A stream is what QEMU writes for "migrate exec:cat>FILE" or "migrate file:FILE", or what virsh save writes.',
  truncated: 'Nothing is said of a stream that is not whole: QEMU would not take it either.',
};

/** By id, or by what follows the device's path: `cpu`, `virtio-net`, `0000:00:02.0/virtio-net`. */
export function isNamed({ id }: StreamSection, name: string): boolean {
  return id === name || id.endsWith(`/${name}`);
}

export function streamJson(name: string, listing: StreamListing, wanted: Wanted): string {
  const { machine: _machine, sections, ...rest } = listing;
  const document = migrationStreamSchema.encode({
    format: MIGRATION_STREAM_FORMAT,
    name,
    ...rest,
    sections: sections.map((section) => sectionDocument(section, wanted(section))),
  });
  return documentText(document);
}

function sectionDocument({ state, ...section }: StreamSection, withFields: boolean): MigrationSection {
  const subsections = state === null ? [] : subsectionsOf(state);
  const registers = withFields && state !== null ? registersOf(state) : [];
  return {
    ...section,
    subsections: subsections.map((each) => subsectionDocument(each, withFields)),
    ...(registers.length === 0
      ? {}
      : { registers: registers.map((register) => ({ ...register, value: hex(register.value) })) }),
    ...(withFields && state !== null ? { fields: state.fields.map((field) => fieldDocument(field)) } : {}),
  };
}

function subsectionDocument(state: StreamState, withFields: boolean): MigrationSubsection {
  const { name, version, offset, bytes } = state;
  const inner = subsectionsOf(state).map((each) => subsectionDocument(each, withFields));
  const fields = withFields ? { fields: state.fields.map((field) => fieldDocument(field)) } : {};
  return { name, version, offset, bytes, subsections: inner, ...fields };
}

function fieldDocument(field: StreamField): MigrationField {
  const { name, type, index, offset, size, bytes, state } = field;
  const described = { name, type, ...(index === null ? {} : { index }), offset, size };
  if (state !== null) return { ...described, fields: state.fields.map((each) => fieldDocument(each)) };
  const value = numberOf(field);
  return { ...described, ...(value === null ? { bytes: Buffer.from(bytes).toString('hex') } : { value: hex(value) }) };
}
