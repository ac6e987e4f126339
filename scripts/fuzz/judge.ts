/** What must hold of whatever bytes a reader of streams is given. */
import { foundSubsections, numberOf, readStream, subsectionsOf } from '../../src/interop/qemu/stream/index.ts';
import { registersOf } from '../../src/interop/qemu/stream/registers.ts';
import type { ByteSource, StreamError, StreamListing, StreamState } from '../../src/interop/qemu/stream/index.ts';
import type { Result } from '../../src/model/index.ts';

/** In pieces of some size, without saying how many bytes there are: as a pipe does. */
export function pieces(bytes: Uint8Array, size: number): ByteSource {
  let at = 0;
  return {
    size: null,
    read(into) {
      const part = bytes.subarray(at, at + Math.min(size, into.length));
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    close: () => Promise.resolve(),
  };
}

/** What is wrong with the answer, or null. */
export function faultOf(bytes: Uint8Array, answer: Result<StreamListing, StreamError>): string | null {
  if (!answer.ok) {
    const { offset, message } = answer.error;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > bytes.length) return `offset ${offset} of the error`;
    return message === '' ? 'an error without words' : null;
  }
  const { sections } = answer.value;
  let before = -1;
  for (const { offset, bytes: length, state, id } of sections) {
    if (offset <= before || offset + length > bytes.length) return `the section ${id} at ${offset}, ${length} bytes`;
    before = offset;
    const fault = state === null ? null : stateFault(bytes, state);
    if (fault !== null) return `${id}: ${fault}`;
  }
  return null;
}

function stateFault(bytes: Uint8Array, state: StreamState): string | null {
  const { offset, bytes: length, fields, name } = state;
  if (offset < 0 || offset + length > bytes.length) return `${name} at ${offset}, ${length} bytes`;
  for (const field of fields) {
    if (field.offset < offset || field.offset + field.size > offset + length) return `${name}/${field.name}: its place`;
    if (field.bytes.length !== field.size) return `${name}/${field.name}: its bytes`;
    if (field.size > 0 && field.bytes[0] !== bytes[field.offset]) return `${name}/${field.name}: its offset`;
    numberOf(field);
  }
  for (const found of [...foundSubsections(state), ...registersOf(state)]) {
    if (found.offset < offset || found.offset > offset + length) return `${name}: what was found in it`;
  }
  for (const subsection of subsectionsOf(state)) {
    const fault = stateFault(bytes, subsection);
    if (fault !== null) return fault;
  }
  return null;
}

/** The same bytes in pieces give the same answer: what was kept and what was passed over does not depend on them. */
export async function differsInPieces(
  bytes: Uint8Array,
  answer: Result<StreamListing, StreamError>,
  size: number,
): Promise<boolean> {
  const other = await readStream(pieces(bytes, size));
  return JSON.stringify(plain(answer)) !== JSON.stringify(plain(other));
}

function plain(answer: Result<StreamListing, StreamError>): unknown {
  if (!answer.ok) return answer.error;
  return {
    ...answer.value,
    sections: answer.value.sections.map(({ state, ...section }) => ({
      ...section,
      subsections: state === null ? [] : subsectionsOf(state).map(({ name, offset }) => [name, offset]),
    })),
  };
}
