/**
 * A window over a source that moves forward only. Two buffers take turns: while one is taken apart, the next piece of a file
 * is read into the other. Of a pipe nothing is read before it is needed: a reader that gives up must not wait for a writer
 * that has stopped.
 *
 * What is asked for at once is small (headers, names); pages are passed over and device state is copied out piece by piece,
 * so that memory does not grow with the stream.
 */
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import { systemErrorName } from './source.ts';
import type { ByteSource } from './source.ts';

/** Bytes read at once: small enough for the processor's cache, large enough that calls do not count. */
const CHUNK: number = 512 * 1024;

/** The most that `has` can be asked for: what is left of one buffer is put in front of the next one. */
export const MOST_AT_ONCE: number = 4096;

type Piece = { readonly buffer: Uint8Array; readonly read: number } | { readonly errno: string };

export class Input {
  /** Valid from `at` to `end`. */
  buffer: Uint8Array;
  at: number = MOST_AT_ONCE;
  end: number = MOST_AT_ONCE;
  readonly #source: ByteSource;
  readonly #chunk: number;
  #spare: Uint8Array;
  /** Position in the source of what is read next. */
  #position = 0;
  #ahead: Promise<Piece> | null = null;
  #ended = false;
  #errno: string | null = null;

  constructor(source: ByteSource, chunk: number = Math.min(CHUNK, Math.max(source.size ?? CHUNK, 1))) {
    this.#source = source;
    this.#chunk = chunk;
    this.buffer = new Uint8Array(MOST_AT_ONCE + chunk);
    this.#spare = new Uint8Array(MOST_AT_ONCE + chunk);
  }

  /** Of the next byte, from the start of the source. */
  get offset(): number {
    return this.#position - (this.end - this.at);
  }

  get available(): number {
    return this.end - this.at;
  }

  /** Whether `bytes` more are there. */
  async has(bytes: number): Promise<boolean> {
    while (this.end - this.at < bytes) {
      if (!(await this.#more())) return false;
    }
    return true;
  }

  /** Passes over bytes; false where the source ends before. In a file, far places are gone to. */
  async skip(bytes: number): Promise<boolean> {
    let left = bytes;
    while (left > this.end - this.at) {
      left -= this.end - this.at;
      this.at = this.end;
      const { size } = this.#source;
      if (size !== null && left > 2 * this.#chunk) {
        await this.#ahead;
        this.#ahead = null;
        if (this.#position + left > size) return false;
        this.#position += left;
        left = 0;
      }
      if (left > 0 && !(await this.#more())) return false;
    }
    this.at += left;
    return true;
  }

  u8(): number {
    return this.buffer[this.at++] ?? 0;
  }

  u16(): number {
    return this.u8() * 0x100 + this.u8();
  }

  u32(): number {
    return this.u16() * 0x1_0000 + this.u16();
  }

  /** Above 2^53 no longer exact, and above every limit. */
  u64(): number {
    return this.u32() * 0x1_0000_0000 + this.u32();
  }

  /** A copy. */
  take(bytes: number): Uint8Array {
    const taken = this.buffer.slice(this.at, this.at + bytes);
    this.at += bytes;
    return taken;
  }

  /** Says of what is missing why: the source ended in the middle of `what`, or could not be read. */
  missing(what: string): StreamError {
    const end = this.#position;
    if (this.#errno !== null) return streamError('unreadable', end, `it cannot be read on: ${this.#errno}`);
    return streamError('truncated', end, `the stream ends here, in ${what}`);
  }

  /** What the system said, where the end was not the end. */
  failed(): StreamError | null {
    return this.#errno === null ? null : this.missing('');
  }

  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const piece = await (this.#ahead ?? this.#read());
    this.#ahead = null;
    if ('errno' in piece || piece.read === 0) {
      this.#ended = true;
      if ('errno' in piece) this.#errno = piece.errno;
      return false;
    }
    const rest = this.buffer.subarray(this.at, this.end);
    piece.buffer.set(rest, MOST_AT_ONCE - rest.length);
    this.#spare = this.buffer;
    this.buffer = piece.buffer;
    this.at = MOST_AT_ONCE - rest.length;
    this.end = MOST_AT_ONCE + piece.read;
    this.#position += piece.read;
    if (this.#source.size !== null && this.#position < this.#source.size) this.#ahead = this.#read();
    return true;
  }

  async #read(): Promise<Piece> {
    const buffer = this.#spare;
    try {
      const into = buffer.subarray(MOST_AT_ONCE, MOST_AT_ONCE + this.#chunk);
      return { buffer, read: await this.#source.read(into, this.#position) };
    } catch (error) {
      return { errno: systemErrorName(error) };
    }
  }
}
