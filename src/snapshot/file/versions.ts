/**
 * The versions of the format: which sections a file has beside `memory`, and what they hold. A version is a row here;
 * the container (`layout.ts`) is the same for all. This Evenkeel reads every version of the list, and writes the newest
 * or, for a host that is to be rolled back to, any other of it: "read N-1, write N-1" is a list of two.
 */
import {
  contractSchema,
  documentError,
  parseJson,
  planSchema,
  savedStateSchema,
  snapshotMetadataSchema,
  snapshotSourceSchema,
  stringify,
  surfaceText,
  toDocument,
  validate,
} from '../../format/index.ts';
import type { DocumentError } from '../../format/index.ts';
import { err, ok } from '../../model/index.ts';
import type { Contract, Json, Result, Surface } from '../../model/index.ts';
import type { SnapshotParts } from './snapshot.ts';

/** A section's JSON, UTF-8. */
export interface JsonSection {
  readonly name: string;
  readonly json: Uint8Array;
}

export type JsonSections = ReadonlyMap<string, Uint8Array>;

export interface SnapshotVersion {
  readonly version: number;
  /** In the order in which they are written; `memory` comes behind. */
  encode(parts: SnapshotParts): readonly JsonSection[];
  /** `path` is for errors. A section that the version does not have is an error: nothing is passed over in silence. */
  decode(path: string, sections: JsonSections): Result<SnapshotParts, DocumentError>;
}

export const VERSION_1: SnapshotVersion = {
  version: 1,
  encode: ({ metadata, source, contract, surface, plan, state }) => [
    jsonSection('metadata', snapshotMetadataSchema.encode(metadata)),
    jsonSection('source', snapshotSourceSchema.encode(source)),
    jsonSection('contract', contractSchema.encode(contract)),
    ...(surface === null ? [] : [{ name: 'surface', json: Buffer.from(surfaceText(surface)) }]),
    ...(plan === null ? [] : [jsonSection('plan', planSchema.encode(plan))]),
    jsonSection('state', savedStateSchema.encode(state)),
  ],
  decode(path, sections) {
    const stray = [...sections.keys()].find((name) => !SECTIONS_1.has(name));
    if (stray !== undefined) return err(inSection(path, stray, 'wrong-format', 'no snapshot of this version has it'));
    const metadata = part(path, sections, 'metadata', (json) => validate(path, snapshotMetadataSchema, json));
    if (!metadata.ok) return metadata;
    const source = part(path, sections, 'source', (json) => validate(path, snapshotSourceSchema, json));
    if (!source.ok) return source;
    const contract = part(path, sections, 'contract', (json) => contractOf(path, json));
    if (!contract.ok) return contract;
    const surface = optionalPart(path, sections, 'surface', (json) => surfaceOf(path, json));
    if (!surface.ok) return surface;
    const plan = optionalPart(path, sections, 'plan', (json) => validate(path, planSchema, json));
    if (!plan.ok) return plan;
    const state = part(path, sections, 'state', (json) => validate(path, savedStateSchema, json));
    if (!state.ok) return state;
    return consistent(path, {
      metadata: metadata.value,
      source: source.value,
      contract: contract.value,
      surface: surface.value,
      plan: plan.value,
      state: state.value,
    });
  },
};

const SECTIONS_1: ReadonlySet<string> = new Set(['metadata', 'source', 'contract', 'surface', 'plan', 'state']);

/** Ascending. */
export const VERSIONS: readonly SnapshotVersion[] = [VERSION_1];

/** An error with its place in a section of the file. */
export function inSection(
  path: string,
  section: string,
  code: DocumentError['code'],
  message: string,
  pointer: string | null = null,
): DocumentError {
  return documentError(code, path, message, { kind: 'section', section, pointer });
}

/** What a schema encoded is JSON, which its type does not say. */
function jsonSection(name: string, encoded: unknown): JsonSection {
  return { name, json: Buffer.from(stringify(encoded as Json)) };
}

type Decode<T> = (json: Json) => Result<T, DocumentError>;

function part<T>(path: string, sections: JsonSections, name: string, decode: Decode<T>): Result<T, DocumentError> {
  const bytes = sections.get(name);
  if (bytes === undefined) return err(inSection(path, name, 'invalid', 'the file does not have it'));
  const json = parseJson(path, bytes);
  const decoded = json.ok ? decode(json.value) : json;
  return decoded.ok ? decoded : err(placed(decoded.error, name));
}

function optionalPart<T>(
  path: string,
  sections: JsonSections,
  name: string,
  decode: Decode<T>,
): Result<T | null, DocumentError> {
  return sections.has(name) ? part(path, sections, name, decode) : ok(null);
}

/** The same error, said of a section of the file and not of a file of its own. */
function placed({ code, path, place, message }: DocumentError, section: string): DocumentError {
  const pointer = place?.kind === 'pointer' ? place.pointer : null;
  const where = place?.kind === 'text' ? `line ${place.line}, column ${place.column}: ` : '';
  return inSection(path, section, code, `${where}${message}`, pointer);
}

/** By way of `toDocument`, which knows the versions of contracts and surfaces. */
function contractOf(path: string, json: Json): Result<Contract, DocumentError> {
  const document = toDocument(path, json);
  if (!document.ok) return document;
  if (document.value.kind === 'contract') return ok(document.value.contract);
  return err(documentError('wrong-format', path, 'a contract is wanted here'));
}

function surfaceOf(path: string, json: Json): Result<Surface, DocumentError> {
  const document = toDocument(path, json);
  if (!document.ok) return document;
  if (document.value.kind === 'surface') return ok(document.value.surface);
  return err(documentError('wrong-format', path, 'a surface is wanted here'));
}

/** Parts of two machines make none. */
function consistent(path: string, parts: SnapshotParts): Result<SnapshotParts, DocumentError> {
  const { source, contract, surface, plan, state } = parts;
  const said = { contract, state, ...(surface === null ? {} : { surface }), ...(plan === null ? {} : { plan }) };
  for (const [section, { architecture }] of Object.entries(said)) {
    if (architecture === source.architecture) continue;
    const message = `it is of ${architecture}, and the guest was saved on ${source.architecture}`;
    return err(inSection(path, section, 'invalid', message, '/architecture'));
  }
  if (surface !== null && surface.fingerprint !== source.fingerprint) {
    return err(inSection(path, 'surface', 'invalid', 'it is not that of the source', '/fingerprint'));
  }
  return ok(parts);
}
