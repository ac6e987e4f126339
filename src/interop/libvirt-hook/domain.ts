/**
 * Of a domain's XML the two facts that the hook needs. Not a parser of XML: libvirt waits for the answer, and what it
 * hands over is well-formed; whatever is not as libvirt writes it gives null, never a guess.
 */

export interface Domain {
  /** `kvm`, `qemu`, … */
  readonly type: string;
  /** Lower case. */
  readonly uuid: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** `<domain type='…'>` and the `<uuid>` that is its child; a `<uuid>` in metadata belongs to somebody else. */
export function readDomain(xml: string): Domain | null {
  let type: string | null = null;
  let depth = 0;
  for (let at = xml.indexOf('<'); at !== -1; at = xml.indexOf('<', at)) {
    const passed = skipped(xml, at);
    if (passed !== null) {
      at = passed;
      continue;
    }
    const end = endOfTag(xml, at);
    const tag = xml.slice(at + 1, end);
    if (end === -1 || tag.startsWith('!')) return null;
    at = end + 1;
    if (tag.startsWith('/')) {
      depth--;
      continue;
    }
    const name = /^[^\s/]*/.exec(tag)?.[0] ?? '';
    if (depth === 0) {
      if (name !== 'domain' || type !== null) return null;
      type = /\stype\s*=\s*(["'])(.*?)\1/.exec(tag)?.[2] ?? null;
      if (type === null) return null;
    } else if (depth === 1 && name === 'uuid') {
      const uuid = xml
        .slice(at, Math.max(at, xml.indexOf('<', at)))
        .trim()
        .toLowerCase();
      return type !== null && isUuid(uuid) ? { type, uuid } : null;
    }
    if (!tag.endsWith('/')) depth++;
  }
  return null;
}

/** What is no element. */
const PASSAGES: readonly (readonly [begin: string, end: string])[] = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
];

/** Behind a comment, CDATA or processing instruction that begins here; null where none does. */
function skipped(xml: string, at: number): number | null {
  const passage = PASSAGES.find(([begin]) => xml.startsWith(begin, at));
  if (passage === undefined) return null;
  const end = xml.indexOf(passage[1], at);
  return end === -1 ? xml.length : end + passage[1].length;
}

/** The `>` that ends the tag; one within an attribute's quotes does not. */
function endOfTag(xml: string, at: number): number {
  let quote = '';
  for (let index = at; index < xml.length; index++) {
    const character = xml.charAt(index);
    if (quote === '') {
      if (character === '>') return index;
      if (character === '"' || character === "'") quote = character;
    } else if (character === quote) quote = '';
  }
  return -1;
}
