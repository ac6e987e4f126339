/** Streams as the reader gives them, for one subsection or register at a time, and destinations that lack something. */
import { readFileSync } from 'node:fs';
import { readDocument } from '../../../../src/format/index.ts';
import type { QemuStream, StreamField, StreamSection, StreamState } from '../../../../src/interop/qemu/stream/index.ts';
import type { Architecture, Json, Surface } from '../../../../src/model/index.ts';

/** A number as QEMU writes it. */
export function field(name: string, value: bigint, index: number | null = null): StreamField {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return { name, type: 'uint64', index, offset: 100, size: 8, bytes, state: null };
}

export function state(
  name: string,
  fields: readonly StreamField[],
  subsections: readonly StreamState[] = [],
): StreamState {
  return { name, version: 1, offset: 200, bytes: 8, fields, subsections };
}

export function section(id: string, of: StreamState): StreamSection {
  return { id, instance: 0, version: of.version, offset: 50, kind: 'full', bytes: 8, state: of, undecoded: null };
}

export function stream(architecture: Architecture | null, ...sections: StreamSection[]): QemuStream {
  return { machine: 'pc-q35-7.2', architecture, sections };
}

/** A recorded one. */
export async function surfaceOf(name: string): Promise<Surface> {
  const read = await readDocument(pathOf(name));
  if (!read.ok || read.value.kind !== 'surface') throw new Error(`${name} is no surface`);
  return read.value.surface;
}

function pathOf(name: string): string {
  return new URL(`../../../../surfaces/${name}.json`, import.meta.url).pathname;
}

/** A recorded kernel as it would be without one MSR in KVM_GET_MSR_INDEX_LIST. */
export async function surfaceWithoutMsr(name: string, index: string): Promise<Surface> {
  const surface = await surfaceOf(name);
  const { msr } = surface.sections;
  if (msr?.outcome !== 'measured') throw new Error(`${name} has no list of MSRs`);
  const data = withoutIndex(msr.data, index);
  if (JSON.stringify(data) === JSON.stringify(msr.data)) throw new Error(`${name} does not list ${index}`);
  return { ...surface, sections: { ...surface.sections, msr: { outcome: 'measured', data } } };
}

/** Rows of that index, and the index itself, out of all lists. */
function withoutIndex(json: Json, index: string): Json {
  if (Array.isArray(json)) {
    const rows = json as readonly Json[];
    return rows.filter((row) => row !== index && indexOf(row) !== index).map((row) => withoutIndex(row, index));
  }
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, withoutIndex(value, index)]));
}

function indexOf(json: Json): Json {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
    ? ((json as { index?: Json }).index ?? null)
    : null;
}

/** A recorded QEMU's surface, as its file has it. */
export function vmmFile(version: string, architecture: Architecture): string {
  return readFileSync(pathOf(`vmm/qemu-${version}/${architecture}`), 'utf8');
}
