/** Why a document could not be read or written, as a value: a stable code, which file, where in it, and what to do. */

export type DocumentCode =
  /** There is no such file. */
  | 'missing'
  | 'directory'
  /** The system refuses: permission, I/O error. */
  | 'unreadable'
  | 'too-large'
  /** Somebody wrote to it while it was read. */
  | 'changed'
  | 'empty'
  /** Not UTF-8. */
  | 'encoding'
  | 'syntax'
  | 'duplicate-key'
  /** Another format than the one wanted. */
  | 'wrong-format'
  /** A format of ours, of a version that does not exist yet. */
  | 'newer-format'
  /** A type, a range or a uniqueness rule does not hold. */
  | 'invalid'
  /** A file in sections that ends before it should. */
  | 'truncated'
  /** A checksum does not fit what it is of. */
  | 'damaged'
  | 'unwritable';

/** A JSON pointer (RFC 6901) where the text could be parsed, else line and column, from 1. */
export type Place =
  | { readonly kind: 'pointer'; readonly pointer: string }
  | { readonly kind: 'text'; readonly line: number; readonly column: number }
  /** Of a file in sections; `pointer` into the section's JSON, where it is any. */
  | { readonly kind: 'section'; readonly section: string; readonly pointer: string | null };

export interface DocumentError {
  readonly code: DocumentCode;
  /** As the user gave it; `-` is the standard input. */
  readonly path: string;
  readonly place: Place | null;
  readonly message: string;
}

export function documentError(
  code: DocumentCode,
  path: string,
  message: string,
  place: Place | null = null,
): DocumentError {
  return { code, path, place, message };
}

/** One line, as compilers write it: `a.json:3:14: …`, `a.json: /sections/cpuid: …` or `a.snapshot: section state: …`. */
export function describeDocumentError(error: DocumentError): string {
  const path = error.path === '-' ? 'standard input' : error.path;
  switch (error.place?.kind) {
    case undefined:
      return `${path}: ${error.message}`;
    case 'text':
      return `${path}:${error.place.line}:${error.place.column}: ${error.message}`;
    case 'pointer':
      return `${path}: ${error.place.pointer === '' ? 'the whole document' : error.place.pointer}: ${error.message}`;
    case 'section':
      return `${path}: section ${error.place.section}${error.place.pointer ?? ''}: ${error.message}`;
  }
}

/** A JSON pointer (RFC 6901, section 3) of a path of keys and indices. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
