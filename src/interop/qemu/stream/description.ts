/**
 * The description (`vmdesc`) that QEMU writes behind its sections since 2.2: JSON, with each section's fields in the order
 * of the stream, their types and their sizes (`vmsd_desc_field_start` in migration/vmstate.c). It is data of the stream as
 * everything else is, and checked as it is read.
 */
import { err, ok } from '../../../model/index.ts';
import type { Json, Result } from '../../../model/index.ts';
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import { MAXIMUM_DESCRIPTION, MAXIMUM_DESCRIPTION_DEPTH, MAXIMUM_DESCRIPTION_NODES } from './limits.ts';
import { u32At } from './section-header.ts';
import { PART } from './wire.ts';

export interface Description {
  /** Of the JSON. */
  readonly offset: number;
  readonly bytes: number;
  /** Null where it does not say. */
  readonly pageSize: number | null;
  /** By `deviceKey`; what is in them is looked at when a section is taken apart. */
  readonly devices: ReadonlyMap<string, JsonObject>;
}

export type JsonObject = { readonly [key: string]: Json };

export function deviceKey(id: string, instance: number): string {
  return `${instance} ${id}`;
}

/** Type byte and length stand before the JSON. */
const HEADER = 5;

/**
 * Where the description's type byte stands, searched from the end: its text has no control characters, so the last one of
 * the stream is in its header. -1 where there is none.
 */
export function findDescription(bytes: Uint8Array): number {
  let control = bytes.length - 1;
  while (control >= 0 && (bytes[control] ?? 0) >= 0x20) control--;
  for (let at = control; at >= 0 && at > control - HEADER; at--) {
    if (bytes[at] !== PART.description || u32At(bytes, at + 1) !== bytes.length - at - HEADER) continue;
    return at;
  }
  return -1;
}

/** `at`: of its type byte; `offset`: of that in the stream. */
export function readDescription(bytes: Uint8Array, at: number, offset: number): Result<Description, StreamError> {
  const begin = at + HEADER;
  const length = bytes.length - begin;
  const place = offset + HEADER;
  if (length > MAXIMUM_DESCRIPTION) return err(streamError('limit', place, `a description of ${length} bytes`));
  const shape = shapeFault(bytes, begin, place);
  if (shape !== null) return err(shape);
  let json: Json;
  try {
    json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + begin, length).toString('utf8')) as Json;
  } catch {
    return err(streamError('malformed', place, 'the description at the end is no JSON'));
  }
  if (!isObject(json) || !Array.isArray(json['devices'])) {
    return err(streamError('malformed', place, 'the description at the end has no list of devices'));
  }
  const devices = new Map<string, JsonObject>();
  for (const device of json['devices'] as readonly Json[]) {
    if (!isObject(device) || typeof device['name'] !== 'string' || typeof device['instance_id'] !== 'number') {
      return err(streamError('malformed', place, 'the description at the end has a device without a name'));
    }
    // In JSON the instance is signed: `json_writer_int64` of an `int` in 5.2.
    devices.set(deviceKey(device['name'], device['instance_id'] >>> 0), device);
  }
  const pageSize = typeof json['page_size'] === 'number' ? json['page_size'] : null;
  return ok({ offset: place, bytes: length, pageSize, devices });
}

/** JSON.parse would take whatever depth and number of values the text has, and memory for each. */
function shapeFault(bytes: Uint8Array, begin: number, place: number): StreamError | null {
  let depth = 0;
  let nodes = 0;
  let inText = false;
  for (let at = begin; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inText) {
      if (byte === BACKSLASH) at++;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth++;
      nodes++;
      if (depth > MAXIMUM_DESCRIPTION_DEPTH || nodes > MAXIMUM_DESCRIPTION_NODES) {
        const what = depth > MAXIMUM_DESCRIPTION_DEPTH ? `${depth} levels deep` : `of more than ${nodes - 1} fields`;
        return streamError('limit', place + at - begin, `a description ${what}`);
      }
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth--;
  }
  return null;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
