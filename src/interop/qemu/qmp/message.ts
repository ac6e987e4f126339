/**
 * What a QMP server sends, one JSON object a line (docs/interop/qmp-spec.rst of QEMU, section 2): a greeting first, then
 * answers with the id of their command, and events at any time.
 */
import { err, ok } from '../../../model/index.ts';
import type { Json, Result } from '../../../model/index.ts';

export interface QemuVersion {
  readonly major: number;
  readonly minor: number;
  readonly micro: number;
  /** What the distribution calls it, or empty: `Debian 1:7.2+dfsg-7+deb12u18`. */
  readonly package: string;
}

export interface QmpEvent {
  /** `STOP`, `MIGRATION`, … */
  readonly event: string;
  readonly data: Json;
}

export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: QemuVersion }
  | { readonly kind: 'event'; readonly event: QmpEvent }
  | { readonly kind: 'return'; readonly id: number | null; readonly value: Json }
  | { readonly kind: 'error'; readonly id: number | null; readonly class: string; readonly message: string };

export type JsonObject = { readonly [key: string]: Json };

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One line as a message, or what is wrong with it. */
export function parseMessage(line: Buffer): Result<QmpMessage, string> {
  const json = parseExact(line.toString('utf8'));
  if (!isObject(json)) return err(`"${line.toString('utf8', 0, 60).trim()}" is no QMP message`);
  const id = typeof json['id'] === 'number' ? json['id'] : null;
  if ('return' in json) return ok({ kind: 'return', id, value: json['return'] ?? null });
  if (isObject(json['error'])) {
    const { class: kind, desc } = json['error'];
    return ok({ kind: 'error', id, class: asText(kind, 'GenericError'), message: asText(desc, 'no description') });
  }
  if (typeof json['event'] === 'string') {
    return ok({ kind: 'event', event: { event: json['event'], data: json['data'] ?? null } });
  }
  const version = isObject(json['QMP']) ? versionOf(json['QMP']['version']) : null;
  if (version !== null) return ok({ kind: 'greeting', version });
  return err('a message that is neither greeting, answer, error nor event');
}

/** The version as the greeting and query-version give it; null where it is none. */
export function versionOf(json: Json | undefined): QemuVersion | null {
  if (!isObject(json) || !isObject(json['qemu'])) return null;
  const { major, minor, micro } = json['qemu'];
  if (typeof major !== 'number' || typeof minor !== 'number' || typeof micro !== 'number') return null;
  const said = asText(json['package'], '').trim();
  return { major, minor, micro, package: said.replace(/^\((.*)\)$/, '$1') };
}

/** A number that could be beyond 2^53. */
const LONG = /\d{16}/;

/**
 * QEMU writes 64-bit integers as JSON numbers. Those that a double cannot hold become texts with the decimal digits; all
 * others stay numbers. Null where the text is no JSON.
 */
function parseExact(text: string): Json {
  try {
    return (LONG.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)) as Json;
  } catch {
    return null;
  }
}

/** A reviver is handed the text of each scalar as well (ECMAScript 2026, JSON.parse source text access). */
function keepDigits(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  return typeof value === 'number' && /^-?\d+$/.test(source) && !Number.isSafeInteger(value) ? source : value;
}

function asText(value: Json | undefined, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
