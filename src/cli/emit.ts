/** A document to where the person wants it: standard output, or a file written whole. */
import { stringify, writeWhole } from '../format/index.ts';
import type { Json } from '../model/index.ts';
import { inputFailure } from './input.ts';
import type { Failure } from './exit.ts';
import type { Terminal } from './terminal.ts';

/** Null when it is written. `-` is standard output too. */
export function emit(terminal: Terminal, text: string, write: string | undefined): Failure | null {
  if (write === undefined || write === '-') {
    terminal.out(text);
    return null;
  }
  const written = writeWhole(write, text);
  return written.ok ? null : inputFailure(written.error);
}

/** The text of what a published schema encoded: that is JSON, which the schema's type does not say. */
export function documentText(encoded: unknown): string {
  return stringify(encoded as Json);
}
