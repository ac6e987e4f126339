/** Documents from files: bytes, text, JSON, format, schema; the first thing that is wrong ends it, with its place. */
import type { z } from 'zod';
import { CONTRACT_FORMAT, SURFACE_FORMAT, VERDICT_FORMAT, VMM_SURFACE_FORMAT, err, ok } from '../model/index.ts';
import type { Contract, Json, Result, Surface, VmmSurface } from '../model/index.ts';
import { readBytes } from './bytes.ts';
import { contractSchema } from './contract.ts';
import { documentError, pointerOf } from './error.ts';
import type { DocumentError } from './error.ts';
import { lineAndColumn, scan } from './scan.ts';
import { SECTION_RULES } from './sections/index.ts';
import { surfaceSchema } from './surface.ts';
import { toVmmSurface } from './vmm-surface.ts';

export type Document =
  | { readonly kind: 'surface'; readonly surface: Surface }
  | { readonly kind: 'contract'; readonly contract: Contract }
  | { readonly kind: 'vmm-surface'; readonly surface: VmmSurface }
  /** JSON that names no format: perhaps a capture of another program, which `interop` may know by its shape. */
  | { readonly kind: 'foreign'; readonly json: Json }
  /** XML, which no document of ours is. */
  | { readonly kind: 'xml'; readonly text: string };

export async function readDocument(path: string, limit?: number): Promise<Result<Document, DocumentError>> {
  const bytes = await readBytes(path, limit);
  if (!bytes.ok) return bytes;
  const text = decode(path, bytes.value);
  if (!text.ok) return text;
  if (isXml(text.value)) return ok({ kind: 'xml', text: text.value });
  const json = parseJson(path, bytes.value);
  return json.ok ? toDocument(path, json.value) : json;
}

/** XML, or the output of a terminal with XML of libvirt's in it, prompts and all. */
function isXml(text: string): boolean {
  const start = text.trimStart();
  if (start.startsWith('<')) return true;
  return !/^[{[]/.test(start) && /<(domain|domainCapabilities|capabilities|cpudata|cpu|mode)[\s>]/.test(text);
}

/** JSON, told what is wrong with it by line and column; keys that are there twice are wrong. */
export function parseJson(path: string, bytes: Uint8Array): Result<Json, DocumentError> {
  const decoded = decode(path, bytes);
  if (!decoded.ok) return decoded;
  const text = decoded.value;
  if (text.trim() === '') return err(documentError('empty', path, 'the file is empty'));
  const fault = scan(text);
  if (fault === null) return ok(JSON.parse(text) as Json);
  if (fault.kind === 'duplicate-key') {
    const { line } = lineAndColumn(text, fault.offset);
    const place = { kind: 'pointer', pointer: pointerOf(fault.path) } as const;
    return err(documentError('duplicate-key', path, `${fault.message} (again in line ${line})`, place));
  }
  const place = { kind: 'text', ...lineAndColumn(text, fault.offset) } as const;
  return err(documentError('syntax', path, `this is not JSON: ${fault.message}`, place));
}

function decode(path: string, bytes: Uint8Array): Result<string, DocumentError> {
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return err(documentError('encoding', path, 'this is not text in UTF-8'));
  }
}

export function toDocument(path: string, json: Json): Result<Document, DocumentError> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return err(documentError('wrong-format', path, 'a surface or a contract is a JSON object', at([])));
  }
  const format = 'format' in json ? json['format'] : undefined;
  switch (format) {
    case undefined:
      return ok({ kind: 'foreign', json });
    case SURFACE_FORMAT: {
      const surface = validate(path, surfaceSchema, json);
      if (!surface.ok) return surface;
      const faulty = checkSections(path, surface.value);
      return faulty === null ? ok({ kind: 'surface', surface: surface.value }) : err(faulty);
    }
    case CONTRACT_FORMAT: {
      const contract = validate(path, contractSchema, json);
      return contract.ok ? ok({ kind: 'contract', contract: contract.value }) : contract;
    }
    case VMM_SURFACE_FORMAT: {
      const surface = toVmmSurface(path, json);
      return surface.ok ? ok({ kind: 'vmm-surface', surface: surface.value }) : surface;
    }
    default:
      return err(foreignFormat(path, format));
  }
}

function foreignFormat(path: string, format: Json): DocumentError {
  const place = at(['format']);
  if (typeof format !== 'string') return documentError('wrong-format', path, 'expected the name of a format', place);
  for (const known of [SURFACE_FORMAT, CONTRACT_FORMAT, VERDICT_FORMAT, VMM_SURFACE_FORMAT]) {
    const [name, version] = known.split('/');
    const match = /^(.*)\/([1-9][0-9]*)$/.exec(format);
    if (match?.[1] !== name || Number(match?.[2]) <= Number(version)) continue;
    const message = `${format} was written by a newer Evenkeel; this one reads ${known}`;
    return documentError('newer-format', path, message, place);
  }
  return documentError('wrong-format', path, `"${format}" is neither a surface nor a contract`, place);
}

function checkSections(path: string, surface: Surface): DocumentError | null {
  for (const [name, section] of Object.entries(surface.sections)) {
    const rules = SECTION_RULES[surface.architecture];
    // A file may name a section `constructor`: what objects inherit is no rule.
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined || section.outcome !== 'measured') continue;
    const complaint = rule(section.data);
    if (complaint === null) continue;
    return documentError('invalid', path, complaint.message, at(['sections', name, 'data', ...complaint.path]));
  }
  return null;
}

/** The first thing that a schema has against it, with its place. */
export function validate<T>(path: string, schema: z.ZodType<T>, json: Json): Result<T, DocumentError> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const [issue, ...others] = parsed.error.issues;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return err(documentError('invalid', path, `${issue?.message ?? 'invalid'}${more}`, at(issue?.path ?? [])));
}

function at(path: readonly PropertyKey[]): { readonly kind: 'pointer'; readonly pointer: string } {
  return { kind: 'pointer', pointer: pointerOf(path) };
}
