/** What a JSON pointer (RFC 6901) points to; undefined where it leads nowhere. */
import type { Json } from '../../src/model/index.ts';

export function resolve(json: Json | undefined, pointer: string): Json | undefined {
  let at = json;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null) return undefined;
    at = new Map<string, Json>(Object.entries(at)).get(key);
  }
  return at;
}
