/** Device state that is kept until the description at the end says how it is to be read. */
import { MAXIMUM_DESCRIPTION, MAXIMUM_DEVICE_STATE } from './limits.ts';

/** Parts of a stream that follow each other without a gap. */
export interface Run {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Grows to what it is given and not past what all runs of a stream may take together. */
export class Keeper {
  readonly runs: Run[] = [];
  #begin = 0;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #total = 0;

  /** Where the run ends that is being kept. */
  get end(): number {
    return this.#begin + this.#length;
  }

  /** False where it is too much. The bytes are copied: what is behind them is a window that moves on. */
  keep(offset: number, bytes: Uint8Array): boolean {
    this.#total += bytes.length;
    if (this.#total > MAXIMUM_DEVICE_STATE + MAXIMUM_DESCRIPTION) return false;
    if (offset !== this.end) this.#finish(offset);
    if (bytes.length > 0) this.#pieces.push(bytes.slice());
    this.#length += bytes.length;
    return true;
  }

  finish(): readonly Run[] {
    this.#finish(0);
    return this.runs;
  }

  #finish(next: number): void {
    if (this.#length > 0) this.runs.push({ offset: this.#begin, bytes: Buffer.concat(this.#pieces) });
    this.#begin = next;
    this.#pieces = [];
    this.#length = 0;
  }
}
