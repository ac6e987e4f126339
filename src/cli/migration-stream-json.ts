/** What is in a migration stream, as a document. */
import { MIGRATION_STREAM_FORMAT, migrationStreamSchema } from '../format/index.ts';
import type { MigrationField, MigrationSection, MigrationSubsection } from '../format/index.ts';
import { foundSubsections, numberOf, subsectionsOf } from '../interop/qemu/stream/index.ts';
import type { StreamField, StreamListing, StreamSection, StreamState } from '../interop/qemu/stream/index.ts';
import { registersOf } from '../interop/qemu/stream/registers.ts';
import { hex } from '../model/index.ts';
import { documentText } from './emit.ts';
import type { Wanted } from './migration-stream.ts';

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
    found: state === null ? [] : foundSubsections(state),
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
