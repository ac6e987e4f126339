/** Why a migration stream could not be read. */

export type StreamCode =
  /** It begins with something else. */
  | 'not-a-stream'
  /** It ends in the middle of something. */
  | 'truncated'
  /** It says something that no QEMU says. */
  | 'malformed'
  /** A part that can only be read by who knows its program: named, with its place. */
  | 'unsupported'
  /** More than a stream of any guest holds; reading on would cost memory without bound. */
  | 'limit'
  /** The system could not read it. */
  | 'unreadable';

export interface StreamError {
  readonly code: StreamCode;
  /** Bytes from the start of the file. */
  readonly offset: number;
  readonly message: string;
}

export function streamError(code: StreamCode, offset: number, message: string): StreamError {
  return { code, offset, message };
}

/** `offset 0x1c (28): …`. */
export function describeStreamError({ offset, message }: StreamError): string {
  return `offset 0x${offset.toString(16)}: ${message}`;
}
