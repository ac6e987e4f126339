/**
 * Jobs that real QEMUs do inside of a lab machine: one is started, runs a guest that it loads itself or that comes as a
 * migration stream, and is asked for a stream again. Plain JSON; a request holds many, for a machine takes seconds to boot.
 */
import type { Architecture, Hex, Json } from '../model/index.ts';

/** Bytes on their way: deflated (RFC 1951), then base64. Most of a small guest's memory is zeros. */
export type Packed = string;

export interface QemuGuest {
  /** Guest-physical. */
  readonly base: Hex;
  /** Bytes. */
  readonly length: number;
  /** Where the guest counts its rounds, 64 bits. */
  readonly rounds: Hex;
}

export interface QemuCommand {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, Json>>;
}

export type QemuJob = {
  readonly name: string;
  /** As its programs are called on the disk: `10.0`. */
  readonly version: string;
  /** Beside those that every job has (`qemu-process.ts`). */
  readonly arguments: readonly string[];
  /** Files that stand in `FILES` while QEMU runs: by name, which of the request's blobs each is. */
  readonly files: Readonly<Record<string, string>>;
  /** Null: QEMU is started, asked, and ended. */
  readonly guest: QemuGuest | null;
  /** A migration stream: which blob; null where the guest begins here. */
  readonly stream: string | null;
  /** How many rounds the guest does here. */
  readonly rounds: number;
  /** Asked of QEMU while it stands still: before the stream goes out, or where there is no guest at once. */
  readonly ask: readonly QemuCommand[];
  /** Whether it is migrated out in the end. */
  readonly save: boolean;
};

export type QemuRequest = {
  readonly kind: 'qemu';
  readonly architecture: Architecture;
  /** By a name that the asker chose; several jobs need the same. */
  readonly blobs: Readonly<Record<string, Packed>>;
  readonly jobs: readonly QemuJob[];
};

/** How far a job came. `start`: QEMU answers; `receive`: the stream is loaded; `run`: the guest did its rounds. */
export const QEMU_STAGES = ['start', 'receive', 'run', 'ask', 'save'] as const;
export type QemuStage = (typeof QEMU_STAGES)[number];

/** What came of a job. */
export type QemuJobDone = {
  /** The stage in which it ended early, and how, in words; null where it went to its end. */
  readonly failure: { readonly stage: QemuStage; readonly text: string } | null;
  /** What QEMU wrote to its standard error, line by line. */
  readonly said: readonly string[];
  /** `exit code 1`, where QEMU ended by itself. */
  readonly ended: string | null;
  /** The guest's memory when it was stopped: whoever asked reads the witness's report in it. */
  readonly memory: Packed | null;
  readonly answers: readonly Json[];
  readonly stream: Packed | null;
  readonly streamBytes: number | null;
  readonly milliseconds: Readonly<Partial<Record<QemuStage, number>>>;
};

/** Where a job's files stand inside of the machine, and where the disk with the programs is. */
export const FILES = '/tmp';
export const QEMU_DISK = '/qemu';
