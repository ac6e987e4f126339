/** What a QMP session goes over, and its limits. */
import type { Readable, Writable } from 'node:stream';
import type { QmpEvent } from './message.ts';

/** What QMP goes over: a socket is both, a child's standard streams are one each. */
export interface QmpStreams {
  /** From QEMU. */
  readonly readable: Readable;
  /** To QEMU. */
  readonly writable: Writable;
}

export interface QmpOptions {
  /** For a command that names no time of its own, and for the greeting. */
  readonly milliseconds?: number;
  /** Bytes of one message. The largest of a QEMU 11.1, query-machines with its properties, has less than one million. */
  readonly lineLimit?: number;
  /** Each event as it comes, before anybody who waits for it. */
  readonly onEvent?: (event: QmpEvent) => void;
}

export const DEFAULTS: { readonly milliseconds: number; readonly lineLimit: number } = {
  milliseconds: 10_000,
  lineLimit: 32 * 1024 * 1024,
};
