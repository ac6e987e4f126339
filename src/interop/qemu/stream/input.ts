/**
 * A window over a source that moves forward only. What is asked for at once is small (headers, names); pages are passed over
 * and device state is copied out piece by piece, so that memory does not grow with the stream.
 */
import { streamError } from './error.ts';
import type { StreamError } from './error.ts';
import { systemErrorName } from './source.ts';
import type { ByteSource } from './source.ts';

/** Bytes read at once: small enough for the processor's second cache, large enough that calls do not count. */
const CHUNK: number = 256 * 1024;

/** The most that `has` can be asked for: what is left of the window is put in front of what is read next. */
export const MOST_AT_ONCE: number = 4096;

export class Input {
  /** Valid from `at` to `end`. */
  readonly buffer: Uint8Array;
  at: number = MOST_AT_ONCE;
  end: number = MOST_AT_ONCE;
  readonly #source: ByteSource;
  /** Position in the source of what is read next. */
  #position = 0;
  #ended = false;
  #errno: string | null = null;

  constructor(source: ByteSource) {
    this.#source = source;
    const { size } = source;
    this.buffer = new Uint8Array(MOST_AT_ONCE + (size === null ? CHUNK : Math.min(CHUNK, Math.max(size, 1))));
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
      if (size !== null && left > CHUNK) {
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
    const { buffer, at, end } = this;
    const rest = end - at;
    buffer.copyWithin(MOST_AT_ONCE - rest, at, end);
    this.at = MOST_AT_ONCE - rest;
    this.end = MOST_AT_ONCE;
    let read = 0;
    try {
      read = await this.#source.read(buffer.subarray(MOST_AT_ONCE), this.#position);
    } catch (error) {
      this.#errno = systemErrorName(error);
    }
    this.#position += read;
    this.end += read;
    this.#ended = read === 0;
    return read > 0;
  }
}
